"""LAMMPS: dumps of style atom and custom, and data files for what a dump leaves out.

Positions may be scaled or not (`xs`, `x`), wrapped or not (`x`, `xu`), with image flags (`ix`) or without. The frame
knows its step, and its time and units where `dump_modify time yes units yes` wrote them. Units `metal` and `real` both
measure length in angstrom and differ in time alone; `lj` has no length at all and is refused.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import TextIO

import numpy as np
from numpy.typing import NDArray
from pymatgen.core import Element

from ewald.constants import BOHR_A
from ewald.errors import UserError
from screening.trajectory.formats.frame import Floats, Frame, Frames
from screening.trajectory.formats.hints import Elements, Hints, Reference
from screening.trajectory.formats.opening import Source, frame_rows, row_words

_TIME_FS = {"metal": 1000.0, "real": 1.0, "electron": 1.0, "si": 1e15, "cgs": 1e15, "micro": 1e9, "nano": 1e6}
_LENGTH_A = {"metal": 1.0, "real": 1.0, "electron": BOHR_A, "si": 1e10, "cgs": 1e8, "micro": 1e4, "nano": 10.0}

_KINDS = (("xu", "yu", "zu"), ("xsu", "ysu", "zsu"), ("x", "y", "z"), ("xs", "ys", "zs"))
_KINDS_OF_IONS = ("element", "type", "typelabel")
_IMAGES = ("ix", "iy", "iz")

_LAYOUTS = {"atomic": (1, 2), "charge": (1, 3), "molecular": (2, 3), "bond": (2, 3), "angle": (2, 3), "full": (2, 4)}
"""Columns of type and x in the Atoms section of a data file."""

_MASS_TOLERANCE = 0.05
"""Masses are written with two digits and more: so near is the element meant, in atomic mass units."""


@dataclass
class _Block:
    """One frame as the dump gives it."""

    step: int
    rows: dict[str, list[str]]
    cell: Floats
    origin: Floats
    units: str | None
    time: float | None

    def column(self, name: str) -> Floats:
        return np.array(self.rows[name], dtype=float)

    def columns(self, names: Sequence[str]) -> Floats:
        return np.array([self.rows[name] for name in names], dtype=float).T


@dataclass(frozen=True)
class DumpFrame:
    """Columns of one frame, ions in order of their ids.

    Attributes
    ----------
    step
        Step of the run.
    cell, origin
        Vectors (3, 3) as rows, and where they begin, in the dump's unit of length.
    values
        (N, C), the columns asked for.
    """

    step: int
    cell: Floats
    origin: Floats
    values: Floats


def dump_frames(handle: TextIO, columns: Sequence[str], path: Path) -> Iterator[DumpFrame]:
    """Yield the frames of a dump with ids, as they are written.

    Parameters
    ----------
    handle
        The dump's text.
    columns
        Names of the columns wanted.
    path
        For messages.

    Raises
    ------
    UserError
        When a frame is cut off.
    """
    for block in _blocks(handle, path):
        order = np.argsort(np.array(block.rows["id"], dtype=np.int64), kind="stable")
        yield DumpFrame(block.step, block.cell, block.origin, block.columns(columns)[order])


def is_dump(head: str) -> bool:
    """Whether a file that begins so is a dump."""
    return head.lstrip().startswith("ITEM:")


def read_dump(source: Source, hints: Hints) -> Frames:
    """Read a dump; ions are put in order of their `id` where it is written."""
    blocks = _blocks(source.text(), source.path)
    first = next(blocks, None)
    if first is None:
        raise UserError("holds no frames", file=source.path)
    order = _Order(first, source.path)
    numbers = _numbers(first, source.path, hints)[order.of_first]

    def frames() -> Iterator[Frame]:
        for block in chain([first], blocks):
            yield _frame(block, order.of(block), source.path, hints)

    return Frames(numbers, frames())


class _Order:
    """Puts the ions of every frame in the order of their ids, and refuses other ions than the first frame's."""

    def __init__(self, first: _Block, path: Path) -> None:
        self.path, self.count = path, len(next(iter(first.rows.values())))
        self.names, self.ids = first.rows.keys(), first.rows.get("id")
        self.of_first = self._sorted(first)
        self.kinds = [np.array(first.rows[name])[self.of_first] for name in _KINDS_OF_IONS if name in first.rows]

    def _sorted(self, block: _Block) -> NDArray[np.int64]:
        if "id" not in block.rows:
            return np.arange(self.count)
        ids = np.array(block.rows["id"], dtype=np.int64)
        order = np.argsort(ids, kind="stable")
        if (np.diff(ids[order]) == 0).any():
            raise UserError(f"the frame of step {block.step} holds an id twice", file=self.path)
        return order

    def of(self, block: _Block) -> NDArray[np.int64]:
        if block.rows.keys() != self.names or len(next(iter(block.rows.values()))) != self.count:
            raise UserError(f"the frame of step {block.step} holds other ions than the first", file=self.path)
        if block.rows.get("id") == self.ids:
            order = self.of_first
        else:
            order = self._sorted(block)
            before = np.sort(np.array(self.ids or [], dtype=np.int64))
            if not np.array_equal(np.array(block.rows.get("id", []), dtype=np.int64)[order], before):
                raise UserError(f"the frame of step {block.step} holds other ions than the first", file=self.path)
        kinds = [np.array(block.rows[name])[order] for name in _KINDS_OF_IONS if name in block.rows]
        if len(kinds) != len(self.kinds) or any(
            not np.array_equal(a, b) for a, b in zip(kinds, self.kinds, strict=True)
        ):
            raise UserError(f"the frame of step {block.step} holds other ions than the first", file=self.path)
        return order


def _frame(block: _Block, order: NDArray[np.int64], path: Path, hints: Hints) -> Frame:
    kind = next((names for names in _KINDS if all(name in block.rows for name in names)), None)
    if kind is None:
        raise UserError("has no positions", file=path, value=" ".join(block.rows), fix="dump x y z or xu yu zu")
    if block.units is not None and block.units not in _TIME_FS:
        raise UserError("has no lengths in angstrom", file=path, value=f"units {block.units}")
    unit = _LENGTH_A[block.units] if block.units else hints.length_A(path)
    if block.units and hints.length_unit is not None:
        hints.length_A(path, "angstrom")
    cell = block.cell * unit
    read = block.columns(kind)[order]
    positions = read @ cell if "s" in kind[0] else (read - block.origin) * unit
    unwrapped = "u" in kind[0]
    if not unwrapped and all(name in block.rows for name in _IMAGES):
        positions = positions + block.columns(_IMAGES)[order] @ cell
        unwrapped = True
    time_fs = block.time * _TIME_FS[block.units] if block.time is not None and block.units else None
    return Frame(positions, cell, block.step, time_fs, unwrapped=unwrapped)


def _numbers(block: _Block, path: Path, hints: Hints) -> NDArray[np.int64]:
    """Return the elements: as written, by the user's word, by the data file, by mass, else none."""
    rows, said = block.rows, hints.elements
    types = rows.get("type", rows.get("typelabel"))
    if "element" in rows and not _placeholders(rows["element"], types):
        return np.array([said.number(label, path) for label in rows["element"]], dtype=np.int64)
    if types is not None:
        known = hints.structure.types if hints.structure is not None else {}
        if not said.by_type and not said.by_label and known:
            said = Elements(by_label=known)
        elif not said.by_type and not said.by_label and "mass" in rows:
            masses = dict(zip(types, rows["mass"], strict=True))
            said = Elements(by_label={kind: element_of_mass(float(mass), path) for kind, mass in masses.items()})
        if "mass" in rows:
            _check_masses(dict(zip(types, rows["mass"], strict=True)), said, path)
        return np.array([said.number(kind, path) for kind in types], dtype=np.int64)
    if "mass" in rows:
        return np.array([Element(element_of_mass(float(m), path)).Z for m in rows["mass"]], dtype=np.int64)
    numbers = hints.ordered_numbers(len(next(iter(rows.values()))), path)
    if "id" not in rows:
        raise UserError(
            "has neither ids nor types, so that its ions cannot be distinguished", file=path, fix="dump them"
        )
    unsorted = np.argsort(np.argsort(np.array(rows["id"], dtype=np.int64)))
    return numbers[unsorted]


def _check_masses(masses: Mapping[str, str], said: Elements, path: Path) -> None:
    """Refuse elements given by the user that do not have the masses of their types in the file."""
    for kind, mass in masses.items():
        element = Element.from_Z(said.number(kind, path))
        # Isotopes stay nearest to their own element; helium is not among ions.
        others = (other for other in Element if other.symbol not in {"D", "T", "He"})
        if min(others, key=lambda other: abs(float(other.atomic_mass) - float(mass))) is not element:
            raise UserError(
                f"has a mass of {float(mass):g} in the file, and --elements says {element.symbol}, of "
                f"{float(element.atomic_mass):.2f}",
                file=path,
                value=f"type {kind}",
                fix="give the elements in the order of the types",
            )


def _placeholders(elements: list[str], types: list[str] | None) -> bool:
    """Whether the column holds LAMMPS' default, carbon for every type, or a type again."""
    return types is not None and len(set(types)) > 1 and len(set(elements)) == 1


def element_of_mass(mass: float, path: Path) -> str:
    """Return the element of an atomic mass.

    Raises
    ------
    UserError
        When no element has it.
    """
    near = min(Element, key=lambda element: abs(float(element.atomic_mass) - mass))
    if abs(float(near.atomic_mass) - mass) > _MASS_TOLERANCE or near.symbol in {"D", "T"}:
        if abs(mass - 2.014) < _MASS_TOLERANCE:
            return "H"
        raise UserError("is not the mass of any element", file=path, value=mass, fix="give --elements")
    return near.symbol


def _blocks(handle: TextIO, path: Path) -> Iterator[_Block]:
    units: str | None = None
    time: float | None = None
    step, count, bounds = 0, 0, ("", np.empty(0))
    at = 0
    while line := handle.readline():
        if not line.strip():
            continue
        if not line.startswith("ITEM:"):
            raise UserError(f"frame {at} has a row too many", file=path, value=line.strip()[:40])
        name = line[5:].strip()
        if name == "UNITS":
            units = handle.readline().strip()
        elif name == "TIME":
            time = float(handle.readline())
        elif name == "TIMESTEP":
            step = int(handle.readline())
        elif name == "NUMBER OF ATOMS":
            count = int(handle.readline())
        elif name.startswith("BOX BOUNDS"):
            rows = [handle.readline().split() for _ in range(3)]
            bounds = (name[len("BOX BOUNDS") :], np.array(rows, dtype=float))
        elif name.startswith("ATOMS"):
            columns = name.split()[1:]
            if count < 1 or bounds[1].size == 0 or len(columns) < 3:
                raise UserError(f"frame {at} lacks its ions, cell or columns", file=path)
            words = row_words(frame_rows(handle, count, at, path), at, path)
            if len(words) != count * len(columns):
                raise UserError(f"frame {at} has other columns than it says", file=path)
            rows_by_name = {column: words[i :: len(columns)] for i, column in enumerate(columns)}
            cell, origin = _cell(*bounds, path)
            yield _Block(step, rows_by_name, cell, origin, units, time)
            at += 1


def _cell(name: str, bounds: Floats, path: Path) -> tuple[Floats, Floats]:
    """Return vectors and origin; bounds of a tilted cell are those of the box around it."""
    flags = [word for word in name.split() if re.fullmatch("[pfsm]{2}", word)]
    if any(flag != "pp" for flag in flags):
        raise UserError("is not periodic in all three directions", file=path, value=" ".join(flags))
    if "abc" in name.split():
        return bounds[:, :3].copy(), bounds[:, 3].copy()
    low, high = bounds[:, 0].copy(), bounds[:, 1].copy()
    xy, xz, yz = bounds[:, 2] if bounds.shape[1] > 2 else (0.0, 0.0, 0.0)
    low[0] -= min(0.0, xy, xz, xy + xz)
    high[0] -= max(0.0, xy, xz, xy + xz)
    low[1] -= min(0.0, yz)
    high[1] -= max(0.0, yz)
    x, y, z = high - low
    return np.array([[x, 0, 0], [xy, y, 0], [xz, yz, z]]), low


def is_data(head: str) -> bool:
    """Whether a file that begins so is a LAMMPS data file."""
    return re.search(r"^\s*\d+\s+atom types", head, re.MULTILINE) is not None


def read_data(source: Source, elements: Elements) -> Reference:
    """Read a data file: the elements of its types by the user's word, by the comments of `Masses`, or by mass.

    Parameters
    ----------
    source
        The file.
    elements
        What the user says.
    """
    with source.text() as handle:
        text = handle.read()
    path = source.path
    sections = re.split(r"^\s*([A-Z][A-Za-z ]*?)\s*(?:#\s*(\w+)\s*)?$", text, flags=re.MULTILINE)
    found = {
        name.strip(): (style, body)
        for name, style, body in zip(sections[1::3], sections[2::3], sections[3::3], strict=False)
    }
    if "Atoms" not in found:
        raise UserError("has no Atoms section", file=path)
    types = _types(found.get("Masses", (None, ""))[1], elements, path)
    style, body = found["Atoms"]
    rows = np.array([line.split("#")[0].split() for line in body.strip().splitlines() if line.strip()])
    kind_at, first = _layout(style, rows, path)
    rows = rows[np.argsort(rows[:, 0].astype(int))]
    numbers = np.array([Elements(by_label=types).number(kind, path) for kind in rows[:, kind_at]], dtype=np.int64)
    cell, origin = _data_cell(sections[0], path)
    return Reference(numbers, cell, rows[:, first : first + 3].astype(float) - origin, types, str(path))


def _layout(style: str | None, rows: NDArray[np.str_], path: Path) -> tuple[int, int]:
    """Return the columns of type and x, which depend on the atom style."""
    if style not in _LAYOUTS:
        width = rows.shape[1] if rows.ndim == 2 else 0
        whole = width in {6, 9} and not any("." in word or "e" in word for word in rows[:, 2])
        style = {5: "atomic", 8: "atomic", 6: "charge", 9: "charge", 7: "full", 10: "full"}.get(width)
        style = "molecular" if whole else style
    if style is None:
        raise UserError("has an Atoms section of an unknown style", file=path, fix="write the style: Atoms # charge")
    return _LAYOUTS[style]


def _types(masses: str, elements: Elements, path: Path) -> dict[str, str]:
    types = {str(i + 1): element for i, element in enumerate(elements.by_type)}
    if types:
        rows = [line.partition("#")[0].split() for line in masses.strip().splitlines()]
        known = {row[0]: row[1] for row in rows if len(row) >= 2 and row[0] in types}
        _check_masses(known, elements, path)
        return types
    for line in masses.strip().splitlines():
        row, _, comment = line.partition("#")
        words = row.split()
        if len(words) >= 2:
            label = comment.split()[0] if comment.split() else ""
            types[words[0]] = label if Element.is_valid_symbol(label) else element_of_mass(float(words[1]), path)
    return types


def _data_cell(head: str, path: Path) -> tuple[Floats, Floats]:
    bounds = [re.search(rf"(\S+)\s+(\S+)\s+{axis}lo\s+{axis}hi", head) for axis in "xyz"]
    if not all(bounds):
        raise UserError("has no cell", file=path)
    low, high = np.array([[float(m[1]), float(m[2])] for m in bounds if m]).T
    tilt = re.search(r"(\S+)\s+(\S+)\s+(\S+)\s+xy\s+xz\s+yz", head)
    xy, xz, yz = (float(word) for word in tilt.groups()) if tilt else (0.0, 0.0, 0.0)
    x, y, z = high - low
    return np.array([[x, 0, 0], [xy, y, 0], [xz, yz, z]]), low
