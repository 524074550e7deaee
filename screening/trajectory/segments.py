"""Joining the MD segments of one run into a trajectory.

Every engine writes the same segment files. What does not fit together is refused, because one doubled or missing
frame shifts every displacement that spans it.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ewald.errors import UserError
from ewald.files.checksum import file_sha256
from ewald.files.npz import DamagedArchiveError, read_npz
from screening.trajectory.segment_file import FORMAT_VERSION
from screening.trajectory.store import PositionStore
from screening.trajectory.trajectory import Floats, Trajectory

_KEYS = ("step", "time_fs", "positions_A", "cell_A", "numbers")


def read_segments(paths: Sequence[Path | str], checksums: Mapping[str, str] | None = None) -> Trajectory:
    """Join the segments of one MD run.

    Parameters
    ----------
    paths
        Segment files in order.
    checksums
        SHA-256 by path (as given in `paths`) or by file name; a file that differs is refused.

    Raises
    ------
    UserError
        When a file is missing, damaged, of another run or format, or when a frame is doubled or missing.
    """
    if not paths:
        raise UserError("no segment files were given", fix="name the segment-*.npz files of one run")
    files = [Path(path) for path in paths]
    first = _read_segment(files[0], _checksum_of(files[0], checksums))
    # Segments are in double precision: the positions of one of them at a time.
    store = PositionStore(len(first["numbers"]))
    store.extend(first.pop("positions_A"))
    segments = [first]
    for path in files[1:]:
        segment = _read_segment(path, _checksum_of(path, checksums))
        _check_same_run(segment, first, path)
        store.extend(segment.pop("positions_A"))
        segments.append(segment)
    step = np.concatenate([segment["step"] for segment in segments])
    time_fs = np.concatenate([segment["time_fs"] for segment in segments])
    _check_steps(step, [len(segment["step"]) for segment in segments], files)
    intervals = np.diff(time_fs)
    frame_fs = float(np.median(intervals)) if len(intervals) else 1.0
    if len(intervals) and not np.allclose(intervals, frame_fs, rtol=1e-6, atol=1e-6):
        raise UserError("the times of the frames are not equally spaced", file=files[0])
    return Trajectory(
        positions_A=store.take(),
        cell_A=np.asarray(first["cell_A"], dtype=float),
        numbers=np.asarray(first["numbers"], dtype=np.int64),
        frame_fs=frame_fs,
        potential_eV=_joined(segments, "potential_eV"),
        temperature_K=_joined(segments, "temperature_K"),
        target_temperature_K=float(first["target_temperature_K"]) if "target_temperature_K" in first else None,
        sources=tuple(str(path) for path in files),
    )


def _check_same_run(segment: Mapping[str, np.ndarray], first: Mapping[str, np.ndarray], path: Path) -> None:
    if not np.array_equal(segment["numbers"], first["numbers"]):
        raise UserError("holds other ions than the first segment", file=path, fix="give segments of one run only")
    if not np.allclose(segment["cell_A"], first["cell_A"], atol=1e-6):
        raise UserError("has another cell than the first segment", file=path, fix="give segments of one run only")


def _checksum_of(path: Path, checksums: Mapping[str, str] | None) -> str | None:
    if checksums is None:
        return None
    return checksums.get(str(path), checksums.get(path.name))


def _read_segment(path: Path, sha256: str | None) -> dict[str, np.ndarray]:
    if not path.is_file():
        raise UserError("no such file", file=path)
    if sha256 is not None and file_sha256(path) != sha256:
        raise UserError(
            "does not match its recorded checksum", file=path, fix="`ionsieve recover` finds and repeats lost work"
        )
    try:
        segment = read_npz(path)
    except DamagedArchiveError as error:
        raise UserError(f"is not a readable segment: {error}", file=path, fix="repeat that segment") from None
    missing = [key for key in _KEYS if key not in segment]
    if missing:
        raise UserError(f"is not an MD segment: it lacks {', '.join(missing)}", file=path)
    version = int(segment.get("format_version", np.array(1)))
    if version != FORMAT_VERSION:
        raise UserError("this version of IonSieve reads format 1", file=path, field="format_version", value=version)
    frames = len(segment["step"])
    if frames == 0:
        raise UserError("holds no frames", file=path, fix="leave it out")
    if segment["positions_A"].shape != (frames, len(segment["numbers"]), 3) or len(segment["time_fs"]) != frames:
        raise UserError("its arrays do not fit together", file=path, fix="repeat that segment")
    return segment


def _check_steps(step: NDArray[np.int64], lengths: list[int], files: list[Path]) -> None:
    intervals = np.diff(step)
    if not len(intervals):
        return
    every = int(np.bincount(intervals[intervals > 0]).argmax()) if (intervals > 0).any() else 0
    wrong = np.flatnonzero(intervals != every) if every else np.arange(1)
    if not len(wrong):
        return
    at = int(wrong[0]) + 1
    path = files[int(np.searchsorted(np.cumsum(lengths), at, side="right"))]
    kind = "duplicated" if intervals[at - 1] <= 0 else "missing" if intervals[at - 1] > every else "too many"
    raise UserError(
        f"frames are {kind}: step {step[at]} follows step {step[at - 1]}, but frames are {every} steps apart",
        file=path,
        fix="give every segment of the run once and in order",
    )


def _joined(segments: list[dict[str, np.ndarray]], key: str) -> Floats | None:
    if any(key not in segment for segment in segments):
        return None
    values = np.concatenate([np.asarray(segment[key], dtype=float).ravel() for segment in segments])
    return values if len(values) == sum(len(segment["step"]) for segment in segments) else None
