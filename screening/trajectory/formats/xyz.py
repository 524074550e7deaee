"""The family of XYZ: plain, extended (ASE, GPUMD, CP2K), CP2K's positions, i-PI and LAMMPS.

They differ in the comment line alone, and in what it says of cell, time and units:

- extended XYZ: `Lattice`, `Properties`; `Time` in fs is GPUMD's and CP2K's, `time_fs` and `time_ps` name their unit
- CP2K: `i = 10, time = 5.000, E = -123.4`, in fs and hartree
- i-PI: `# CELL(abcABC): ... Step: 10 Bead: 0 positions{angstrom} cell{atomic_unit}`, in bohr where no unit is written
- LAMMPS: `Atoms. Timestep: 100`; its extended XYZ has `Timestep=50 Time=0.1`, with the time in the unit of the run, ps
  or fs, which it does not name, so that only the step counts
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import TextIO

import numpy as np
from pymatgen.core import Element

from ewald.constants import HARTREE_eV, MD_TIME_fs
from ewald.errors import UserError
from screening.trajectory.formats.frame import Floats, Frame, Frames, cell_of_parameters
from screening.trajectory.formats.hints import LENGTH_UNITS_A, Hints
from screening.trajectory.formats.opening import Source, frame_rows, row_words
from screening.trajectory.temperature import masses_of, temperature_of

_NUMBER = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eEdD][-+]?\d+)?"
_LATTICE = re.compile(r'Lattice\s*=\s*["{]([^"}]+)["}]', re.IGNORECASE)
_PROPERTIES = re.compile(r"Properties\s*=\s*\"?([^\s\"]+)", re.IGNORECASE)
_PBC = re.compile(r'pbc\s*=\s*"?\[?\s*([TFtf10])\w*[\s,]+([TFtf10])\w*[\s,]+([TFtf10])', re.IGNORECASE)
_ENERGY = re.compile(rf"(?:^|\s)energy=({_NUMBER})", re.IGNORECASE)
_CP2K = re.compile(rf"i\s*=\s*(\d+),\s*time\s*=\s*({_NUMBER}),\s*E\s*=\s*({_NUMBER})")
_IPI = re.compile(r"CELL[\[({](abcABC|H|GENH)[\])}]:?\s*((?:" + _NUMBER + r"\s+)+)")
_IPI_UNIT = re.compile(r"(positions|x_centroid|position|cell)\s*\{(\w+)\}")
_STEP = re.compile(r"(?:^|\s)(?:step|timestep|frame_step|md_step)\s*[:=]\s*(\d+)", re.IGNORECASE)
_TIME = re.compile(rf"(?:^|\s)(Time|time_fs|time_ps)\s*=\s*\"?({_NUMBER})")
_LAMMPS = re.compile(r"\s*Timestep=\d+\b")
_TIME_UNIT_FS = {"Time": 1.0, "time_fs": 1.0, "time_ps": 1000.0}
_IPI_LENGTHS = {"angstrom": "angstrom", "atomic_unit": "bohr", "bohr": "bohr", "nanometer": "nm"}


@dataclass(frozen=True)
class _Comment:
    """What a comment line says: columns, unit, cell, time."""

    symbol_at: int = 0
    by_number: bool = False
    velocity_at: int | None = None
    momenta: bool = False
    position_at: int = 1
    unwrapped: bool = False
    unit: str | None = None
    cell_A: Floats | None = None
    step: int | None = None
    time_fs: float | None = None
    potential_eV: float | None = None


def is_xyz(head: str) -> bool:
    """Whether a file that begins so is of the family: a number of ions alone, a comment, a row that names an ion."""
    lines = head.lstrip().splitlines()
    return len(lines) > 2 and lines[0].strip().isdigit() and len(lines[2].split()) >= 4


def read_xyz(source: Source, hints: Hints) -> Frames:
    """Read any of the family."""
    handle = source.text()
    frames = _frames(handle, source.path, hints)
    first = next(frames, None)
    if first is None:
        raise UserError("holds no frames", file=source.path)
    labels, frame = first
    numbers = np.array([hints.elements.number(label, source.path) for label in labels], dtype=np.int64)

    def rest() -> Iterator[Frame]:
        for at, (others, later) in enumerate(chain([(labels, frame)], frames)):
            if others != labels:
                again = [hints.elements.number(label, source.path) for label in others]
                if not np.array_equal(again, numbers):
                    raise UserError(f"frame {at} holds other ions than the first", file=source.path)
            yield later

    return Frames(numbers, rest())


def _frames(handle: TextIO, path: Path, hints: Hints) -> Iterator[tuple[list[str], Frame]]:
    at, before, masses = 0, [""], np.empty(0)
    while line := handle.readline():
        if not line.strip():
            continue
        count = int(line)
        if count < 1:
            raise UserError(f"frame {at} has no ions", file=path)
        said = _read_comment(handle.readline(), path, hints)
        words = row_words(frame_rows(handle, count, at, path), at, path, least=4)
        width = len(words) // count
        if said.position_at + 3 > width:
            raise UserError(f"frame {at} has fewer columns than its comment line says", file=path)
        axes = [words[said.position_at + axis :: width] for axis in range(3)]
        positions = np.array(axes, dtype=float).T * hints.length_A(path, said.unit)
        cell = said.cell_A
        if cell is None and hints.cells_A is not None:
            cell = _cell_of_step(hints, said.step, at, path)
        labels = words[said.symbol_at :: width]
        if said.by_number:
            labels = [Element.from_Z(int(label)).symbol for label in labels]
        temperature = None
        if said.velocity_at is not None and said.velocity_at + 3 <= width:
            moving = np.array([words[said.velocity_at + axis :: width] for axis in range(3)], dtype=float).T
            if labels != before:
                before = labels
                masses = masses_of(np.array([hints.elements.number(label, path) for label in labels], dtype=np.int64))
            # Momenta are in ASE's unit, velocities in A/fs as GPUMD writes them.
            temperature = temperature_of(moving / (masses[:, None] * MD_TIME_fs) if said.momenta else moving, masses)
        yield (
            labels,
            Frame(positions, cell, said.step, said.time_fs, said.potential_eV, said.unwrapped, temperature),
        )
        at += 1


def _cell_of_step(hints: Hints, step: int | None, at: int, path: Path) -> Floats:
    cells = hints.cells_A or {}
    if step is None or step not in cells:
        raise UserError(
            f"frame {at} is of a step that the file of cells does not hold", file=path, value=f"step {step}"
        )
    return cells[step]


def _read_comment(comment: str, path: Path, hints: Hints) -> _Comment:
    """Take all that the comment line says."""
    if ipi := _IPI.search(comment):
        return _read_ipi(comment, ipi, path)
    cell = None
    if lattice := _LATTICE.search(comment):
        cell = np.array(lattice[1].split(), dtype=float).reshape(3, 3) * hints.length_A(path)
    if (pbc := _PBC.search(comment)) and len({word.upper() in {"T", "1"} for word in pbc.groups()}) == 2:
        raise UserError("is not periodic in all three directions", file=path, value=" ".join(pbc.groups()))
    if cp2k := _CP2K.search(comment):
        energy = float(cp2k[3]) * HARTREE_eV
        return _Comment(cell_A=cell, step=int(cp2k[1]), time_fs=float(cp2k[2]), potential_eV=energy)
    step, found = _STEP.search(comment), _ENERGY.search(comment)
    time = None if _LAMMPS.match(comment) else _TIME.search(comment)
    return replace(
        _columns(comment, timed=time is not None),
        cell_A=cell,
        step=int(step[1]) if step else None,
        time_fs=float(time[2]) * _TIME_UNIT_FS[time[1]] if time else None,
        potential_eV=float(found[1]) if found else None,
    )


def _read_ipi(comment: str, found: re.Match[str], path: Path) -> _Comment:
    """Take i-PI's cell and units; a quantity without a unit is in atomic units, as i-PI reads it."""
    units = dict(_IPI_UNIT.findall(comment))
    for name in ("position", "x_centroid"):
        if name in units:
            units["positions"] = units.pop(name)
    unknown = set(units.values()) - set(_IPI_LENGTHS)
    if unknown:
        raise UserError("is not a unit of length that IonSieve knows", file=path, value=unknown.pop())
    values = np.array(found[2].split(), dtype=float)
    if len(values) != (6 if found[1] == "abcABC" else 9):
        raise UserError("its cell has another number of entries than its name says", file=path, value=found[0].strip())
    per_unit = LENGTH_UNITS_A[_IPI_LENGTHS[units.get("cell", "atomic_unit")]]
    # i-PI keeps the vectors as columns of its matrix.
    cell = cell_of_parameters(values[:3], values[3:]) if len(values) == 6 else values.reshape(3, 3).T
    step = _STEP.search(comment)
    return _Comment(
        unit=_IPI_LENGTHS[units.get("positions", "atomic_unit")],
        cell_A=cell * per_unit,
        step=int(step[1]) if step else None,
    )


def _columns(comment: str, *, timed: bool) -> _Comment:
    """Return the columns that the properties of extended XYZ name; those of plain XYZ without any."""
    match = _PROPERTIES.search(comment)
    if match is None:
        return _Comment()
    at, found = 0, {}
    words = match[1].split(":")
    for name, width in zip(words[::3], words[2::3], strict=False):
        found[name.lower()] = at
        at += int(width)
    unwrapped = found.get("unwrapped_position", found.get("unwrapped_pos"))
    by_number = "species" not in found and "z" in found
    # GPUMD, which writes Time, has velocities in A/fs; what others mean by vel is not known.
    velocities = found.get("vel") if timed else None
    return _Comment(
        symbol_at=found["z"] if by_number else found.get("species", 0),
        by_number=by_number,
        position_at=found.get("pos", 1) if unwrapped is None else unwrapped,
        unwrapped=unwrapped is not None,
        velocity_at=found.get("momenta", velocities),
        momenta="momenta" in found,
    )


def read_cells(path: Path) -> dict[int, Floats]:
    """Read CP2K's `.cell` file: cell by step.

    Raises
    ------
    UserError
        When it is none.
    """
    cells = {}
    with Source(path).text() as handle:
        head = handle.readline()
        if not head.lstrip().startswith("#") or "Ax [Angstrom]" not in head:
            raise UserError("is not a .cell file of CP2K", file=path)
        for line in handle:
            words = line.split()
            if len(words) < 11:
                raise UserError("is truncated", file=path, value=line.strip()[:40])
            cells[int(words[0])] = np.array(words[2:11], dtype=float).reshape(3, 3)
    return cells
