"""The end of an MD segment, the same for every engine: its record, written last and believed only when it fits."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pymatgen.core import Structure

from ewald.errors import CheckpointError
from ewald.files.checked_json import read_checked, write_checked
from ewald.files.checksum import file_sha256
from screening.hashed import hashed
from screening.trajectory.segment_file import FrameList, record_path, segment_path, state_path
from screening.value import content_hash
from workflows.engines.checkpoint import read_arrays, write_arrays
from workflows.engines.engine import MDSegment, MDSegmentJob


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


def previous_state(job: MDSegmentJob, key: str) -> dict[str, NDArray[Any]]:
    """Return the state in which the segment before this one ended.

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


def finish_segment(
    job: MDSegmentJob, key: str, frames: FrameList, *, core_seconds: float, warnings: list[str]
) -> MDSegment:
    """Write the trajectory and then the record of a complete segment; its end state must be on disk already.

    Parameters
    ----------
    job, key, frames
        The segment, the key of its run (:func:`run_key`), and all its frames.
    core_seconds, warnings
        As for :func:`summarise`.
    """
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
    return segment


def finished_segment(job: MDSegmentJob, key: str) -> MDSegment | None:
    """Return the record of a segment that is whole; refuse one whose trajectory was changed since.

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
