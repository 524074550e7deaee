"""Reading a trajectory, whoever wrote it."""

from collections.abc import Sequence
from pathlib import Path

from ewald.errors import UserError
from screening.trajectory.segments import read_segments
from screening.trajectory.trajectory import Trajectory


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
    from screening.trajectory.formats import read_external

    paths = [Path(path)] if isinstance(path, Path | str) else [Path(item) for item in path]
    if not paths:
        raise UserError("no trajectory was given", fix="name a file")
    for item in paths:
        if not item.is_file():
            raise UserError("no such file", file=item)
        if item.stat().st_size == 0:
            raise UserError("is empty", file=item, fix="name a file with frames")
    if all(item.suffix == ".npz" for item in paths):
        return read_segments(paths)
    return read_external(paths, timestep_fs=timestep_fs, every=every)
