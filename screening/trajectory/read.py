"""Reading a trajectory, whoever wrote it."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import Any

from ewald.errors import UserError
from screening.trajectory.segments import read_segments
from screening.trajectory.trajectory import Trajectory


def read_trajectory(
    path: Any,
    *,
    timestep_fs: float | None = None,
    every: int | None = None,
    elements: str | Sequence[str] | Mapping[str, str] | None = None,
    structure: Any = None,
    length_unit: str | None = None,
    cell_file: Path | str | None = None,
    frames: str | None = None,
) -> Trajectory:
    """Read a trajectory of any kind, or the parts of one.

    Compression (gzip, xz, bzip2) and format are told by content. Parts are put in order by the times or steps that they
    hold, else by the numbers in their names where these differ in nothing else, else as given.

    Parameters
    ----------
    path
        MD segments (`.npz`), any format of the documentation's table, or the parts of one run; or an object: an
        MDAnalysis universe, a list of ASE's `Atoms` or of pymatgen's `Structure`, a `Trajectory` of pymatgen.
    timestep_fs, every
        MD time step, and steps between stored frames, where the file does not say; what contradicts it is refused.
    elements
        Of types or names: `Li,P,S,Cl` (types 1 to 4), `OW=O,1=Li`, or `Li24,P4,S20,Cl4` (all ions in order).
    structure
        Structure file or object that gives the cell and the elements where the trajectory has none.
    length_unit
        `angstrom`, `bohr` or `nm`, where the file does not say and it is not angstrom.
    cell_file
        CP2K's `.cell` file, for a run with a changing cell; found by itself beside `NAME-pos-1.xyz`.
    frames
        `START:STOP`: only these of the stored frames, counted from 0 through all parts; STOP is not included. Several
        with commas between are joined: `:200,300:` leaves out what a run gave up that was started again.

    Raises
    ------
    UserError
        When a file is missing, empty, damaged, of unequal frames, or cannot be understood without doubt.
    """
    from screening.trajectory.assemble import ALL_FRAMES, FrameRange, assemble
    from screening.trajectory.formats.hints import LENGTH_UNITS_A, Elements, Hints
    from screening.trajectory.reference import read_reference

    if length_unit is not None and length_unit not in LENGTH_UNITS_A:
        raise UserError(
            "is not a known unit of length", field="length_unit", value=length_unit, fix=", ".join(LENGTH_UNITS_A)
        )
    said = Elements.parse(elements)
    reference = None if structure is None else read_reference(structure, said)
    hints = Hints(said, reference, length_unit)
    wanted = ALL_FRAMES if frames is None else FrameRange.parse(frames)
    paths = _paths(path)
    if paths is not None and all(item.suffix == ".npz" for item in paths):
        whole = read_segments(paths)
        if len(wanted.ranges) > 1:
            raise UserError("takes one range of MD segments", field="frames", value=frames)
        return whole if wanted == ALL_FRAMES else whole.between(*wanted.ranges[0])
    parts = (
        [_object_part(path, hints)]
        if paths is None
        else _parts(paths, hints, None if cell_file is None else Path(cell_file))
    )
    found = assemble(parts, hints, timestep_fs=timestep_fs, every=every, wanted=wanted)
    return found if paths is not None else replace(found, sources=())


def _paths(path: Any) -> list[Path] | None:
    """Return existing files; None for an object."""
    if isinstance(path, Path | str):
        paths = [Path(path)]
    elif isinstance(path, Sequence) and all(isinstance(item, Path | str) for item in path):
        paths = [Path(item) for item in path]
    else:
        return None
    if not paths:
        raise UserError("no trajectory was given", fix="name a file")
    for item in paths:
        if item.is_dir():
            raise UserError("is a folder", file=item, fix="name the trajectory in it")
        if not item.is_file():
            raise UserError("no such file", file=item)
        if item.stat().st_size == 0:
            raise UserError("is empty", file=item, fix="name a file with frames")
    resolved = [item.resolve() for item in paths]
    if twice := [item for item, real in zip(paths, resolved, strict=True) if resolved.count(real) > 1]:
        raise UserError("is given twice", file=twice[0])
    return paths


def _object_part(found: Any, hints: Any) -> Any:
    from screening.trajectory.assemble import Part
    from screening.trajectory.objects import frames_of_object

    frames = frames_of_object(found, hints)
    if frames is None:
        fix = "give a file, a universe or a list of frames"
        raise UserError("is not a trajectory", value=type(found).__name__, fix=fix)
    return Part(Path("the trajectory"), frames)


def _parts(paths: Sequence[Path], hints: Any, cell_file: Path | None) -> list[Any]:
    """Open the files of a run, in order."""
    from screening.trajectory.assemble import Part
    from screening.trajectory.formats.detect import read_frames
    from screening.trajectory.formats.xyz import read_cells

    def part(path: Path) -> Part:
        beside = cell_file or _cell_file_of(path)
        return Part(path, read_frames(path, hints if beside is None else replace(hints, cells_A=read_cells(beside))))

    parts = [part(path) for path in natural_order(paths)]
    return _by_start(parts) if len(parts) > 1 else parts


def _cell_file_of(path: Path) -> Path | None:
    """Return CP2K's `NAME-1.cell` beside `NAME-pos-1.xyz`."""
    match = re.fullmatch(r"(.+)-pos-(\d+)\.xyz", path.name)
    beside = path.with_name(f"{match[1]}-{match[2]}.cell") if match else None
    return beside if beside is not None and beside.is_file() else None


def natural_order(paths: Sequence[Path]) -> list[Path]:
    """Put files in the order of the numbers in their names, where they differ in nothing else; else leave them.

    Examples
    --------
    >>> [path.name for path in natural_order([Path("run-10.xyz"), Path("run-2.xyz")])]
    ['run-2.xyz', 'run-10.xyz']
    """
    keys = [re.split(r"(\d+)", str(path)) for path in paths]
    if len({tuple(key[::2]) for key in keys}) > 1:
        return list(paths)
    return [path for _, path in sorted(zip([[int(n) for n in key[1::2]] for key in keys], paths, strict=True))]


def _by_start(parts: list[Any]) -> list[Any]:
    """Put parts in the order of the time or step of their first frames, where all differ."""
    opened, starts = [], []
    for part in parts:
        frames: Iterator[Any] = part.frames.frames
        first = next(frames, None)
        if first is None:
            raise UserError("holds no frames", file=part.path)
        starts.append(first.time_fs if first.time_fs is not None else first.step)
        opened.append(replace(part, frames=replace(part.frames, frames=chain([first], frames))))
    if None in starts or len(set(starts)) < len(starts):
        return opened
    return [opened[i] for i in sorted(range(len(starts)), key=starts.__getitem__)]
