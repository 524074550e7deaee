"""Begin and end of an MD segment, the same for every engine; its record comes last and is believed only if it fits."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pymatgen.core import Structure

from ewald.errors import CheckpointError
from ewald.files.checked_json import read_checked, write_checked
from ewald.files.checksum import file_sha256
from screening.hashed import hashed
from screening.trajectory.segment_file import FrameList, partial_path, record_path, segment_path, state_path
from screening.value import content_hash
from workflows.engines.checkpoint import read_arrays, write_arrays
from workflows.engines.engine import MDSegment, MDSegmentJob

#: A temperature this many times the target, and 1000 K more, is an explosion.
_MAX_TEMPERATURE_FACTOR = 10.0


def run_key(structure: Structure, job: MDSegmentJob, energy_key: str, *more: object) -> str:
    """Hash what all segments of one run have in common; a checkpoint of another run is refused by it.

    Parameters
    ----------
    structure, job, energy_key
        Start and settings of the run; folder, index, steps and walltime of the job do not count.
    more
        Settings of the engine that change a trajectory but no energy, such as masses.
    """
    return content_hash(
        [site.specie.Z for site in structure],
        structure.lattice.matrix.tolist(),
        hashed(job, exclude={"folder", "index", "steps", "walltime_s"}),
        energy_key,
        *more,
    )


def check_key(found: str, expected: str, path: Path) -> None:
    """Refuse a file of another run."""
    if found != expected:
        raise CheckpointError(
            "belongs to an MD run with other settings or another structure", file=path, fix="use a new folder"
        )


def check_attempt(attempt: Path, key: str) -> None:
    """Refuse the folder of an attempt that was made for another run; one without a key had not begun."""
    file = attempt / "key"
    if file.exists():
        check_key(file.read_text(encoding="utf-8"), key, attempt)


def no_frames(structure: Structure, job: MDSegmentJob) -> FrameList:
    """Return the list that takes the frames of a segment, still empty."""
    return FrameList(
        cell_A=np.array(structure.lattice.matrix),
        numbers=np.array([site.specie.Z for site in structure], dtype=np.int64),
        target_temperature_K=job.temperature_K,
        timestep_fs=job.timestep_fs,
    )


def exploded(temperature_K: float, job: MDSegmentJob) -> bool:
    """Tell whether a temperature, or what is no number, is that of a crystal that flies apart."""
    return not temperature_K < _MAX_TEMPERATURE_FACTOR * job.temperature_K + 1000


def previous_state(job: MDSegmentJob, key: str) -> dict[str, NDArray[Any]]:
    """Return the state in which the segment before this one ended.

    Parameters
    ----------
    job
        Segment of an MD run, not the first.
    key
        Hash of everything that the run depends on.

    Raises
    ------
    CheckpointError
        When there is none, or it is damaged or of another run.
    """
    path = state_path(job.folder, job.index - 1)
    if not path.exists():
        raise CheckpointError("the segment before this one is not finished", file=path, fix="run the segments in order")
    arrays = read_arrays(path)
    check_key(str(arrays["key"]), key, path)
    return arrays


def summarise(
    job: MDSegmentJob,
    frames: FrameList,
    steps: int,
    *,
    path: Path,
    sha256: str,
    ended: str,
    core_seconds: float,
    warnings: list[str],
) -> MDSegment:
    """Return what was seen in a segment so far.

    Parameters
    ----------
    job, frames, steps
        The segment, its frames and MD steps so far.
    path, sha256
        File that holds them, and its checksum.
    ended
        "complete", "walltime" or "signal".
    core_seconds
        Seconds times cores that it took.
    warnings
        What a person should know.
    """
    return MDSegment(
        index=job.index,
        path=path,
        sha256=sha256,
        frames=len(frames.step),
        steps=steps,
        complete=ended == "complete",
        mean_temperature_K=float(np.mean(frames.temperature_K)) if frames.step else 0.0,
        energy_drift_meV_atom_ps=frames.drift_meV_atom_ps(),
        core_seconds=core_seconds,
        ended=ended,
        warnings=tuple(warnings),
    )


def interrupt_segment(
    job: MDSegmentJob,
    key: str,
    frames: FrameList,
    steps: int,
    *,
    ended: str,
    core_seconds: float,
    warnings: list[str],
) -> MDSegment:
    """Write the frames of a segment that goes on later from the folders of its attempts.

    Parameters
    ----------
    job, key, frames, steps
        The segment, the key of its run (:func:`run_key`), its frames and MD steps so far.
    ended, core_seconds, warnings
        As for :func:`summarise`.
    """
    path = partial_path(job.folder, job.index)
    sha256 = write_arrays(path, {**frames.arrays(), "key": np.array(key)})
    return summarise(
        job, frames, steps, path=path, sha256=sha256, ended=ended, core_seconds=core_seconds, warnings=warnings
    )


def finish_segment(
    job: MDSegmentJob,
    key: str,
    frames: FrameList,
    state: Mapping[str, NDArray[Any]],
    *,
    core_seconds: float,
    warnings: list[str],
) -> MDSegment:
    """Write end state, trajectory and then the record of a complete segment, and remove what it had written before.

    Parameters
    ----------
    job, key, frames
        The segment, the key of its run (:func:`run_key`), and all its frames.
    state
        What the next segment goes on from, see :func:`previous_state`.
    core_seconds, warnings
        As for :func:`summarise`.
    """
    write_arrays(state_path(job.folder, job.index), {**state, "key": np.array(key)})
    path = segment_path(job.folder, job.index)
    sha256 = write_arrays(path, frames.arrays())
    segment = summarise(
        job,
        frames,
        job.steps,
        path=path,
        sha256=sha256,
        ended="complete",
        core_seconds=core_seconds,
        warnings=warnings,
    )
    write_checked(record_path(job.folder, job.index), {"key": key, "segment": segment.to_document()})
    partial_path(job.folder, job.index).unlink(missing_ok=True)
    return segment


def finished_segment(job: MDSegmentJob, key: str) -> MDSegment | None:
    """Return the record of a segment that is whole; refuse one whose trajectory was changed since.

    Parameters
    ----------
    job
        Segment of an MD run.
    key
        Hash of everything that the run depends on.

    Raises
    ------
    CheckpointError
        When the record or the trajectory is damaged or of another run.
    """
    path = record_path(job.folder, job.index)
    if not path.exists():
        return None
    record = read_checked(path)
    if record is None:
        raise CheckpointError("damaged record of a segment", file=path, fix="remove it and run again")
    segment = MDSegment.from_document(record["segment"])
    check_key(str(record["key"]), key, path)
    trajectory = segment_path(job.folder, job.index)
    if segment.steps != job.steps:
        raise CheckpointError(
            f"this segment was run with {segment.steps} steps, not {job.steps}", file=path, fix="use a new folder"
        )
    if not trajectory.exists() or file_sha256(trajectory) != segment.sha256:
        raise CheckpointError(
            "the trajectory of a finished segment is missing or was changed",
            file=trajectory,
            fix=f"remove {path.name}: the segment is then run again from the end of the one before",
        )
    return segment.model_copy(update={"path": trajectory})
