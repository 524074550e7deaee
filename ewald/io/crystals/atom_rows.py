"""The rows of a CIF's atoms: element, charge, occupancy, position or Wyckoff letter."""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ewald.errors import StructureError
from ewald.io.crystals.cif_blocks import UNKNOWN, CifBlock
from ewald.io.crystals.cif_values import coordinate, decimals, number, occupancy
from ewald.io.crystals.elements import charge_of, element_of_symbol, hides_hydrogen, is_isotope, is_vacancy

FRACTIONAL = tuple(f"_atom_site_fract_{axis}" for axis in "xyz")
CARTESIAN = tuple(f"_atom_site_cartn_{axis}" for axis in "xyz")
WYCKOFF = ("_atom_site_wyckoff_symbol", "_atom_site_wyckoff_letter", "_atom_site_wyckoff")
# Data names of the turn from Cartesian to fractional coordinates, or back, as the CIF and mmCIF dictionaries have them.
_TURNS = (
    ("_atom_sites_fract_tran", "vector_{}", "matrix_{}{}", False),
    ("_atom_sites_fract_transf", "vector[{}]", "matrix[{}][{}]", False),
    ("_atom_sites_cartn_tran", "vector_{}", "matrix_{}{}", True),
    ("_atom_sites_cartn_transf", "vector[{}]", "matrix[{}][{}]", True),
)
# Fractional coordinates beyond this are looked at twice.
_OUTSIDE = 1.75
_MULTIPLICITY = ("_atom_site_symmetry_multiplicity", "_atom_site_site_symmetry_multiplicity")


@dataclass(frozen=True)
class AtomRow:
    """One row.

    Attributes
    ----------
    label, element, charge, occupancy
        What is there; the charge is None where the file gives none.
    position
        Fractional coordinates; None where the row has a Wyckoff letter instead.
    digits
        Decimals of the coordinates in the file.
    wyckoff, multiplicity
        As the file says.
    disorder
        Assembly (may be empty) and group of an atom that is one of several alternatives.
    """

    label: str
    element: str
    charge: float | None
    occupancy: float
    position: NDArray[np.float64] | None
    digits: int
    wyckoff: str = ""
    multiplicity: int | None = None
    disorder: tuple[str, str] | None = None


def has_atoms(block: CifBlock) -> bool:
    """Whether a block has a cell, and an atom with a coordinate or a Wyckoff letter."""
    if not block.first("_cell_length_a"):
        return False
    return any(block.first(name) for name in (*FRACTIONAL, *CARTESIAN, *WYCKOFF))


def atom_rows(
    block: CifBlock, lattice: NDArray[np.float64], formula: Mapping[str, float], file: Path, *, go_on: str | None
) -> tuple[list[AtomRow], list[str]]:
    """Read the rows, and what is to be said of them.

    Parameters
    ----------
    block
        The data block.
    lattice
        Cell vectors as rows, in angstrom.
    formula
        Elements of the file's formula; may be empty.
    file
        For messages.
    go_on
        The option that goes on without hydrogens that have no coordinates; None where it was given.

    Raises
    ------
    StructureError
        If a row has no element, no position, or an occupancy that is none.
    """
    labels = block.values.get("_atom_site_label") or block.values.get("_atom_site_type_symbol") or []
    count = len(labels)
    types = block.column("_atom_site_type_symbol", count)
    occupancies = block.column("_atom_site_occupancy", count)
    kinds = block.column("_atom_site_calc_flag", count)
    letters = next((block.values[name] for name in WYCKOFF if len(block.values.get(name, [])) == count), ["?"] * count)
    copies = next((block.values[n] for n in _MULTIPLICITY if len(block.values.get(n, [])) == count), ["?"] * count)
    hydrogens = block.column("_atom_site_attached_hydrogens", count)
    disorder = _disorder(block, count)
    states = _states(block)
    place = _Places(block, count, lattice, file)
    rows, notes, bare = [], list[str](), list[str]()
    isotopes: dict[str, str] = {}
    for k, label in enumerate(labels):
        symbol, from_label = (label, True) if types[k] in UNKNOWN else (types[k], False)
        symbol = re.sub(r"\s+", "", symbol)
        share = 1.0 if occupancies[k] in UNKNOWN else occupancy(occupancies[k])
        if kinds[k] == "dum":
            notes.append(f"dummy atom {label} is left out")
            continue
        if not share >= 0:
            raise StructureError(
                "not an occupancy", file=file, field=f"atom {label}", value=occupancies[k], fix="give 0 to 1"
            )
        if share == 0 or is_vacancy(symbol, formula):
            continue
        element = element_of_symbol(symbol, formula, label=from_label)
        if element is None:
            raise StructureError(
                "is not an element",
                file=file,
                field=f"atom {label}",
                value=symbol,
                fix="correct its type symbol; of several elements on a site, each has a row and an occupancy",
            )
        if is_isotope(symbol):
            isotopes.setdefault(symbol, element)
        if number(hydrogens[k]) > 0 or hides_hydrogen(symbol):
            bare.append(label)
        letter = "" if letters[k] in UNKNOWN else re.sub(r"[^A-Za-z]", "", letters[k])
        multiplicity = re.match(r"\d+", letters[k] if copies[k] in UNKNOWN else copies[k])
        rows.append(
            AtomRow(
                label,
                element,
                _charge(symbol, label, element, states),
                share,
                place.of_row(k, label, letter),
                place.digits(k),
                letter,
                int(multiplicity[0]) or None if multiplicity else None,
                disorder[k],
            )
        )
    notes += [*_other_occupancies(block, count), *place.doubts(rows)]
    notes += [f"{symbol} is read as {element}" for symbol, element in isotopes.items()]
    if bare and not any(row.element == "H" for row in rows):
        notes.append(_missing_hydrogens(bare, file, go_on))
    return rows, notes


def _other_occupancies(block: CifBlock, rows: int) -> list[str]:
    """Say that a column is not read whose name is not that of the dictionary, where occupancies may be in it."""
    if "_atom_site_occupancy" in block.values:
        return []
    names = [n for n, column in block.values.items() if re.match("_atom_site_.*occ", n) and len(column) == rows]
    return [f"WARNING: every site is taken as full: occupancies belong to _atom_site_occupancy, not {n}" for n in names]


def _disorder(block: CifBlock, rows: int) -> list[tuple[str, str] | None]:
    """Assembly and group of each row; None where it is no alternative."""
    groups = block.column("_atom_site_disorder_group", rows)
    assemblies = block.column("_atom_site_disorder_assembly", rows)
    return [
        None if group in UNKNOWN or group == "0" else ("" if assembly in UNKNOWN else assembly, group)
        for assembly, group in zip(assemblies, groups, strict=True)
    ]


def _missing_hydrogens(labels: list[str], file: Path, go_on: str | None) -> str:
    shown = ", ".join(dict.fromkeys(labels))
    if go_on is not None:
        raise StructureError(
            f"the hydrogens at {shown} have no coordinates in the file",
            file=file,
            field="hydrogen",
            fix=f"add the atoms, or {go_on} to continue without them",
        )
    return f"WARNING: hydrogens at {shown} have no coordinates in the file and are left out"


def _states(block: CifBlock) -> dict[str, float]:
    """Oxidation numbers that the file lists, by what it lists them for: type symbols, labels or elements."""
    symbols = block.values.get("_atom_type_symbol", [])
    given = block.column("_atom_type_oxidation_number", len(symbols))
    found = {one: number(value) for one, value in zip(symbols, given, strict=True)}
    # A type symbol that carries a charge is one as well.
    found |= {one: q for one in symbols if not math.isfinite(found[one]) and (q := charge_of(one)) is not None}
    return {one: value for one, value in found.items() if math.isfinite(value)}


def _charge(symbol: str, label: str, element: str, states: Mapping[str, float]) -> float | None:
    for name in (symbol, label, element):
        if name in states:
            return states[name]
    own = charge_of(symbol)
    if own is not None:
        return own
    # A charge that the file lists for one type of this element only is that of all its atoms.
    listed = {q for name, q in states.items() if element_of_symbol(name, {}, label=True) == element}
    return listed.pop() if len(listed) == 1 and charge_of(label) is None else charge_of(label)


class _Places:
    """Fractional coordinates of the rows: as given, or from Cartesian ones."""

    def __init__(self, block: CifBlock, rows: int, lattice: NDArray[np.float64], file: Path) -> None:
        fractional = any(block.first(name) for name in FRACTIONAL)
        self._names = FRACTIONAL if fractional or not block.first(*CARTESIAN) else CARTESIAN
        self._texts = [block.column(name, rows) for name in self._names]
        self._file = file
        self._turn = np.eye(3), np.zeros(3)
        if self._names is CARTESIAN:
            self._turn = _to_fractional(block, lattice, file)

    def doubts(self, rows: Sequence[AtomRow]) -> list[str]:
        """Refuse coordinates most of which look like those of the other kind, and say that some do.

        Raises
        ------
        StructureError
            If most fractional coordinates look like lengths, or all lengths like fractions.
        """
        placed = [(row.label, row.position) for row in rows if row.position is not None]
        placed = [(label, place) for label, place in placed if np.abs(place).max() > 0]
        if self._names is CARTESIAN:
            self._refuse_fractions([label for label, _ in placed])
            return []
        far = [(label, place) for label, place in placed if np.abs(place).max() > _OUTSIDE]
        if len(far) > len(placed) / 2:
            label, place = far[0]
            raise StructureError(
                f"{len(far)} of {len(placed)} atoms off the origin lie far outside the cell: "
                "these coordinates look like angstrom",
                file=self._file,
                field=f"{FRACTIONAL[int(np.abs(place).argmax())]}, atom {label}",
                value=round(float(place[np.abs(place).argmax()]), 4),
                fix="name the columns _atom_site_Cartn_x, y and z, or divide by the cell lengths",
            )
        if not far:
            return []
        shown = ", ".join(dict.fromkeys(label for label, _ in far))
        belong = "coordinates in angstrom belong to _atom_site_Cartn_x, y and z"
        return [f"WARNING: {shown} lie far outside the cell: {belong}"]

    def _refuse_fractions(self, labels: Sequence[str]) -> None:
        values = np.array([[number(text) for text in column] for column in self._texts])
        if len(labels) > 1 and np.abs(values[np.isfinite(values)]).max(initial=0.0) <= 1:
            raise StructureError(
                "no atom is farther than 1 A from the origin along any axis: these coordinates look like fractions",
                file=self._file,
                field=CARTESIAN[0],
                fix="name the columns _atom_site_fract_x, y and z",
            )

    def digits(self, row: int) -> int:
        return max(decimals(text[row]) for text in self._texts) if self._names is FRACTIONAL else 4

    def of_row(self, row: int, label: str, letter: str) -> NDArray[np.float64] | None:
        """Return the position; None where the row has none but a Wyckoff letter."""
        read = coordinate if self._names is FRACTIONAL else number
        values = np.array([read(text[row]) for text in self._texts])
        if np.isfinite(values).all():
            matrix, shift = self._turn
            return np.asarray(matrix @ values + shift)
        axis = int(np.flatnonzero(~np.isfinite(values))[0])
        if letter and all(text[row] in UNKNOWN for text in self._texts):
            return None
        raise StructureError(
            "not a finite number",
            file=self._file,
            field=f"{self._names[axis]}, atom {label}",
            value=self._texts[axis][row],
            fix="give the atom a coordinate, or remove it",
        )


def _to_fractional(
    block: CifBlock, lattice: NDArray[np.float64], file: Path
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Matrix and shift from Cartesian to fractional coordinates."""
    for stem, row, entry, inverse in _TURNS:
        entries = [number(block.first(f"{stem}_{entry.format(i, j)}")) for i in "123" for j in "123"]
        shift = np.array([number(block.first(f"{stem}_{row.format(i)}") or "0") for i in "123"])
        if np.isfinite(entries).all() and np.isfinite(shift).all():
            matrix = np.array(entries).reshape(3, 3)
            return (np.linalg.inv(matrix), -np.linalg.inv(matrix) @ shift) if inverse else (matrix, shift)
    lengths = np.linalg.norm(lattice, axis=1)
    if np.abs(lattice @ lattice.T - np.diag(lengths**2)).max() > 1e-6 * lengths.max() ** 2:
        raise StructureError(
            "Cartesian coordinates in a cell that is not rectangular need _atom_sites_fract_tran_matrix",
            file=file,
            field=CARTESIAN[0],
            fix="give the matrix, or fractional coordinates",
        )
    return np.diag(1 / lengths), np.zeros(3)
