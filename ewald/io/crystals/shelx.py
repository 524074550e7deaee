"""Instruction files of SHELX (``.ins``, ``.res``), also as AIRSS writes them, as the data block of a CIF.

G. M. Sheldrick, Acta Cryst. C 71, 3 (2015), and the SHELXL manual: numbers of 10 and more are fixed or tied to a free
variable, and the occupancy of an atom on a special position is divided by the order of its site symmetry.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ewald.errors import StructureError
from ewald.io.crystals.cif_blocks import CifBlock
from ewald.io.crystals.cif_values import number
from ewald.io.crystals.symmetry import Operations, completed, copies_of, operation

_IS_SHELX = re.compile(r"^CELL(?:\s+[-+.\d]+){7}\s*$.*?^SFAC\s+[A-Z]", re.IGNORECASE | re.MULTILINE | re.DOTALL)
_CELL = ("length_a", "length_b", "length_c", "angle_alpha", "angle_beta", "angle_gamma")
# LATT 1 to 7.
_CENTRINGS = {
    1: (),
    2: ((1 / 2, 1 / 2, 1 / 2),),
    3: ((2 / 3, 1 / 3, 1 / 3), (1 / 3, 2 / 3, 2 / 3)),
    4: ((0, 1 / 2, 1 / 2), (1 / 2, 0, 1 / 2), (1 / 2, 1 / 2, 0)),
    5: ((0, 1 / 2, 1 / 2),),
    6: ((1 / 2, 0, 1 / 2),),
    7: ((1 / 2, 1 / 2, 0),),
}
# Instructions with numbers behind them, as atoms have them.
_NO_ATOMS = re.compile(
    "ABIN|ACTA|AFIX|ANIS|ANSC|ANSR|BASF|BIND|BLOC|BOND|BUMP|CGLS|CHIV|CONF|CONN|DAMP|DANG|DEFS|DELU|DFIX|DISP|EADP|EQIV|"
    "EXTI|EXYZ|FLAT|FMAP|FREE|GRID|HFIX|HTAB|ISOR|LAUE|LIST|MERG|MORE|MOVE|MPLA|NCSY|NEUT|OMIT|PLAN|PRIG|RESI|RIGU|RTAB|"
    "SADI|SAME|SHEL|SIMU|SIZE|SPEC|STIR|SUMP|SWAT|TEMP|TIME|TWIN|TWST|UNIT|WGHT|WIGL|WPDB|XNPD|ZERR|Q[0-9]+"
)
# Numbers beyond this are fixed or tied to a variable.
_MOST_FREE = 5.0


def is_shelx(text: str) -> bool:
    """Whether a text has the cell and the elements of an instruction file."""
    return _IS_SHELX.search(text) is not None


@dataclass
class _Instructions:
    """What the instructions say before anything is made of it; an atom has its words and those of its PART."""

    cell: list[str] = field(default_factory=list)
    centring: int = 1
    listed: list[str] = field(default_factory=lambda: ["X, Y, Z"])
    elements: list[str] = field(default_factory=list)
    variables: list[float] = field(default_factory=list)
    atoms: list[tuple[list[str], list[str]]] = field(default_factory=list)


def shelx_block(text: str, file: Path) -> CifBlock:
    r"""Return what an instruction file holds under the names that CIFs have for it.

    Parameters
    ----------
    text
        The file.
    file
        For messages.

    Raises
    ------
    StructureError
        If an atom has no element, a number is tied to a variable that is not there, or an operation is none.

    Examples
    --------
    >>> text = "CELL 0.71 5 5 5 90 90 90\nLATT 1\nSFAC NA\nNA1 1 0 0 0 10.5\nEND"
    >>> shelx_block(text, Path("a.res")).values["_atom_site_occupancy"]  # it lies on an inversion centre
    ['1.000000']
    """
    from pymatgen.core import Lattice

    said = _instructions(text)
    block = CifBlock("SHELX", {f"_cell_{name}": [word] for name, word in zip(_CELL, said.cell, strict=True)})
    lattice = Lattice.from_parameters(*map(number, said.cell)).matrix
    operations = _operations(said.listed, said.centring, file)
    group, _ = completed(operations)
    block.values["_space_group_symop_operation_xyz"] = [_text(*one) for one in zip(*operations, strict=True)]
    names = ("label", "type_symbol", "fract_x", "fract_y", "fract_z", "occupancy", "disorder_group")
    columns: dict[str, list[str]] = {f"_atom_site_{name}": [] for name in names}
    for words, part in said.atoms:
        element = _element(words, said.elements, file)
        values = [*words[2:5], part[1] if len(part) > 1 else (words[5:6] or ["11"])[0]]
        *position, share = [_untied(number(word), said.variables, words[0], file) for word in values]
        # The share counts once for each operation that leaves the site alone.
        alone = len(group[0]) / len(copies_of(np.array(position), group, lattice))
        row = (words[0], element, *(f"{value:.6f}" for value in (*position, share * alone)), part[0])
        for column, value in zip(columns.values(), row, strict=True):
            column.append(value)
    block.values |= columns
    return block


def _instructions(text: str) -> _Instructions:
    said = _Instructions()
    part = ["0"]
    for words in _lines(text):
        name, rest = words[0].upper().split("_")[0], words[1:]
        if name in {"HKLF", "END"}:
            break
        if name == "CELL":
            said.cell = rest[1:7]
        elif name == "LATT" and rest:
            said.centring = int(number(rest[0]))
        elif name == "SYMM":
            said.listed.append(" ".join(rest))
        elif name == "SFAC":
            # With scattering factors, one element alone.
            said.elements += [one for one in rest if re.fullmatch(r"\$?[A-Za-z]{1,2}(\d*[+-])?", one)]
        elif name == "FVAR":
            said.variables += [number(word) for word in rest]
        elif name == "PART" and rest:
            part = rest
        elif len(rest) >= 4 and rest[0].isdigit() and not _NO_ATOMS.fullmatch(name):
            said.atoms.append((words, part))
    return said


def _lines(text: str) -> Iterator[list[str]]:
    """Yield the words of each instruction, whose lines may be continued after ``=``, without comments."""
    joined = re.sub(r"=[ \t]*(?:![^\n]*)?\n", " ", text)
    skipped = False
    for line in joined.split("\n"):
        words = line.split("!")[0].split()
        if not words or words[0].upper() in {"REM", "TITL"}:
            continue
        # The atoms of a fragment are a drawing of what is fitted.
        skipped = (skipped or words[0].upper() == "FRAG") and words[0].upper() != "FEND"
        if not skipped:
            yield words


def _element(words: list[str], elements: list[str], file: Path) -> str:
    kind = int(words[1])
    if not 1 <= kind <= len(elements):
        raise StructureError(
            "is no element of SFAC", file=file, field=f"atom {words[0]}", value=words[1], fix="correct the number"
        )
    return elements[kind - 1].lstrip("$")


def _untied(value: float, variables: list[float], atom: str, file: Path) -> float:
    """Return what a number means: m times 10 more than p is p times the free variable m, and 10 more is fixed."""
    if not abs(value) > _MOST_FREE:
        return value
    variable = round(abs(value) / 10)
    share = abs(value) - 10 * variable
    if variable == 1:
        return float(np.copysign(1, value)) * share
    if variable > len(variables):
        raise StructureError(
            f"is tied to free variable {variable}, and FVAR has {len(variables)}",
            file=file,
            field=f"atom {atom}",
            value=value,
            fix="give the variable, or the number itself",
        )
    return share * (variables[variable - 1] if value > 0 else 1 - variables[variable - 1])


def _operations(listed: list[str], centring: int, file: Path) -> Operations:
    """All operations: those listed, with the inversion where LATT is positive, and the centring."""
    if abs(centring) not in _CENTRINGS:
        raise StructureError(
            "is no lattice type", file=file, field="LATT", value=centring, fix="give 1 to 7, or -1 to -7"
        )
    found = [operation(text, "SYMM") for text in listed]
    if centring > 0:
        found += [(-rotation, -translation) for rotation, translation in found]
    shifts = [np.zeros(3), *map(np.array, _CENTRINGS[abs(centring)])]
    rotations = np.array([rotation for _ in shifts for rotation, _ in found])
    return rotations, np.array([shift + translation for shift in shifts for _, translation in found])


def _text(rotation: NDArray[np.float64], translation: NDArray[np.float64]) -> str:
    """Write an operation as CIFs have it."""
    parts = []
    for row, shift in zip(np.rint(rotation).astype(int).tolist(), translation.tolist(), strict=True):
        terms = "".join(f"{n:+d}{axis}"[0] + axis for n, axis in zip(row, "xyz", strict=True) if n)
        parts.append(f"{terms}+{Fraction(shift % 1).limit_denominator(24)}")
    return ",".join(parts)
