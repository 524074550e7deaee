"""A trajectory: unwrapped positions at equally spaced times, and how it is read back from MD segments.

Every engine writes the same segment files (see the reference of the format in the documentation); this module
joins them and refuses what does not fit together, because one doubled or missing frame shifts every displacement
that spans it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pymatgen.core import Element

from ewald.errors import UserError
from ewald.files.checksum import file_sha256
from ewald.files.npz import DamagedArchiveError, read_npz

Floats = NDArray[np.float64]

SEGMENT_FORMAT_VERSION = 1
_KEYS = ("step", "time_fs", "positions_A", "cell_A", "numbers")


@dataclass(frozen=True)
class Trajectory:
    """Unwrapped positions of all ions at equally spaced times in a fixed cell.

    Attributes
    ----------
    positions_A
        (F, N, 3) Cartesian, unwrapped, in angstrom.
    cell_A
        (3, 3), rows are the lattice vectors, in angstrom; None when the file had no cell.
    numbers
        (N,) atomic numbers.
    frame_fs
        Time between frames in fs.
    potential_eV, temperature_K
        (F,) each, or None where the source had none.
    target_temperature_K
        Temperature of the thermostat, where known.
    sources
        Files it came from.

    Raises
    ------
    UserError
        When the arrays do not fit together, hold NaN, or there are fewer than two frames.
    """

    positions_A: Floats
    cell_A: Floats | None
    numbers: NDArray[np.int64]
    frame_fs: float
    potential_eV: Floats | None = None
    temperature_K: Floats | None = None
    target_temperature_K: float | None = None
    sources: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        where = self.sources[0] if self.sources else None
        shape = self.positions_A.shape
        if len(shape) != 3 or shape[2] != 3 or shape[1] != len(self.numbers) or shape[1] == 0:
            raise UserError(f"positions of shape {shape} do not fit {len(self.numbers)} ions", file=where)
        if shape[0] < 2:
            raise UserError(
                f"has {shape[0]} frame(s); displacements need at least two",
                file=where,
                mend="store more frames or run longer",
            )
        if not np.isfinite(self.positions_A).all():
            frame = int(np.flatnonzero(~np.isfinite(self.positions_A).all(axis=(1, 2)))[0])
            raise UserError(f"frame {frame} holds positions that are not numbers", file=where, mend="repeat that run")
        if not (np.isfinite(self.frame_fs) and self.frame_fs > 0):
            raise UserError("the time between frames must be positive", file=where, value=self.frame_fs)
        if self.cell_A is not None and (not np.isfinite(self.cell_A).all() or abs(np.linalg.det(self.cell_A)) < 1e-6):
            raise UserError("the cell is not three independent vectors", file=where)

    @property
    def frames(self) -> int:
        """Number of frames."""
        return int(self.positions_A.shape[0])

    @property
    def volume_A3(self) -> float | None:
        """Volume of the cell in cubic angstrom."""
        return None if self.cell_A is None else float(abs(np.linalg.det(self.cell_A)))

    @property
    def length_ps(self) -> float:
        """Time from the first frame to the last, in ps."""
        return (self.frames - 1) * self.frame_fs / 1000

    @property
    def symbols(self) -> tuple[str, ...]:
        """Element symbols that occur, in order of atomic number."""
        return tuple(Element.from_Z(int(z)).symbol for z in np.unique(self.numbers))

    def indices(self, element: str) -> NDArray[np.int64]:
        """Return the indices of the ions of one element."""
        return np.flatnonzero(self.numbers == Element(element).Z)

    def after(self, frame: int) -> "Trajectory":
        """Return the part from `frame` on, without copying the positions."""
        return Trajectory(
            self.positions_A[frame:],
            self.cell_A,
            self.numbers,
            self.frame_fs,
            None if self.potential_eV is None else self.potential_eV[frame:],
            None if self.temperature_K is None else self.temperature_K[frame:],
            self.target_temperature_K,
            self.sources,
        )


def read_trajectory(
    path: Path | str | Sequence[Path | str], *, timestep_fs: float | None = None, every: int = 1
) -> Trajectory:
    """Read a trajectory of any kind, or the parts of one in order.

    Parameters
    ----------
    path
        MD segments (`.npz`), `XDATCAR`, extended XYZ (`.xyz`, `.extxyz`), or any format ASE reads.
    timestep_fs, every
        MD time step and steps between stored frames; segments know their own.

    Raises
    ------
    UserError
        When a file is missing, empty, damaged or of unequal frames, or the time between frames is unknown.
    """
    from screening.trajectory.formats import read_foreign

    paths = [Path(path)] if isinstance(path, Path | str) else [Path(item) for item in path]
    if not paths:
        raise UserError("no trajectory was given", mend="name a file")
    for item in paths:
        if not item.is_file():
            raise UserError("no such file", file=item)
        if item.stat().st_size == 0:
            raise UserError("is empty", file=item, mend="name a file with frames")
    if all(item.suffix == ".npz" for item in paths):
        return read_segments(paths)
    return read_foreign(paths, timestep_fs=timestep_fs, every=every)


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
        raise UserError("no segment files were given", mend="name the segment-*.npz files of one run")
    files = [Path(path) for path in paths]
    segments = [_read_segment(path, _checksum_of(path, checksums)) for path in files]
    first = segments[0]
    for path, segment in zip(files[1:], segments[1:], strict=True):
        if not np.array_equal(segment["numbers"], first["numbers"]):
            raise UserError("holds other ions than the first segment", file=path, mend="give segments of one run only")
        if not np.allclose(segment["cell_A"], first["cell_A"], atol=1e-6):
            raise UserError("has another cell than the first segment", file=path, mend="give segments of one run only")
    step = np.concatenate([segment["step"] for segment in segments])
    time_fs = np.concatenate([segment["time_fs"] for segment in segments])
    _check_steps(step, [len(segment["step"]) for segment in segments], files)
    intervals = np.diff(time_fs)
    frame_fs = float(np.median(intervals)) if len(intervals) else 1.0
    if len(intervals) and not np.allclose(intervals, frame_fs, rtol=1e-6, atol=1e-6):
        raise UserError("the times of the frames are not equally spaced", file=files[0])
    return Trajectory(
        positions_A=np.concatenate([segment.pop("positions_A") for segment in segments]),
        cell_A=np.asarray(first["cell_A"], dtype=float),
        numbers=np.asarray(first["numbers"], dtype=np.int64),
        frame_fs=frame_fs,
        potential_eV=_joined(segments, "potential_eV"),
        temperature_K=_joined(segments, "temperature_K"),
        target_temperature_K=float(first["target_temperature_K"]) if "target_temperature_K" in first else None,
        sources=tuple(str(path) for path in files),
    )


def _checksum_of(path: Path, checksums: Mapping[str, str] | None) -> str | None:
    if checksums is None:
        return None
    return checksums.get(str(path), checksums.get(path.name))


def _read_segment(path: Path, sha256: str | None) -> dict[str, np.ndarray]:
    if not path.is_file():
        raise UserError("no such file", file=path)
    if sha256 is not None and file_sha256(path) != sha256:
        raise UserError(
            "does not match its recorded checksum", file=path, mend="`ionsieve recover` finds and repeats lost work"
        )
    try:
        segment = read_npz(path)
    except DamagedArchiveError as error:
        raise UserError(f"is not a readable segment: {error}", file=path, mend="repeat that segment") from None
    missing = [key for key in _KEYS if key not in segment]
    if missing:
        raise UserError(f"is no MD segment, it lacks {', '.join(missing)}", file=path)
    version = int(segment.get("format_version", np.array(1)))
    if version != SEGMENT_FORMAT_VERSION:
        raise UserError("this version of IonSieve reads format 1", file=path, field="format_version", value=version)
    frames = len(segment["step"])
    if frames == 0:
        raise UserError("holds no frames", file=path, mend="leave it out")
    if segment["positions_A"].shape != (frames, len(segment["numbers"]), 3) or len(segment["time_fs"]) != frames:
        raise UserError("its arrays do not fit together", file=path, mend="repeat that segment")
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
    kind = "doubled" if intervals[at - 1] <= 0 else "missing" if intervals[at - 1] > every else "too many"
    raise UserError(
        f"frames are {kind}: step {step[at]} follows step {step[at - 1]}, but frames are {every} steps apart",
        file=path,
        mend="give every segment of the run once and in order",
    )


def _joined(segments: list[dict[str, np.ndarray]], key: str) -> Floats | None:
    if any(key not in segment for segment in segments):
        return None
    values = np.concatenate([np.asarray(segment[key], dtype=float).ravel() for segment in segments])
    return values if len(values) == sum(len(segment["step"]) for segment in segments) else None
