"""A structure from a file of whatever format and name."""

import re
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ewald.errors import StructureError
from ewald.io.crystals.cif_text import cif_text
from ewald.io.crystals.crystal_file import read_cif

if TYPE_CHECKING:
    from pymatgen.core import Structure

_CIF = re.compile(r"^\s*data_.*?^\s*_(?:cell|atom_site)[_.]", re.IGNORECASE | re.MULTILINE | re.DOTALL)
_NUMBERS = re.compile(r"\s*(?:[-+]?\d*\.?\d+(?:[eEdD][-+]?\d+)?\s+){2}[-+]?\d*\.?\d+")
_LATTICE = re.compile(r'Lattice\s*=\s*"([^"]*)"', re.IGNORECASE)
_PROPERTIES = re.compile(r'Properties\s*=\s*"?([\w:]+)"?', re.IGNORECASE)


def read_any(
    file: Path, block: str | None = None, *, ignore_formula: bool = False, command_line: bool = True
) -> "Structure":
    """Read a structure, told apart by what is in the file rather than by its name.

    Parameters
    ----------
    file
        CIF, POSCAR, extended XYZ or whatever else pymatgen reads.
    block, ignore_formula, command_line
        Of a CIF: see :func:`ewald.io.crystals.crystal_file.read_cif`.

    Raises
    ------
    StructureError
        If a CIF, POSCAR or XYZ file cannot be understood.
    """
    from pymatgen.core import Structure

    text = cif_text(file)
    if file.suffix.lower() in {".cif", ".mcif"} or _CIF.search(text):
        return read_cif(file, block, ignore_formula=ignore_formula, command_line=command_line)
    lines = text.splitlines()
    if len(lines) > 5 and all(_NUMBERS.match(line) for line in lines[2:5]) and not _NUMBERS.match(lines[1]):
        return _poscar(text, file)
    if len(lines) > 2 and lines[0].strip().isdigit():
        return _xyz(lines, file)
    return Structure.from_file(str(file))


def _poscar(text: str, file: Path) -> "Structure":
    """Read a POSCAR; one that names no elements would else be of hydrogen, helium, ..."""
    from pymatgen.io.vasp import Poscar

    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        structure = Poscar.from_str(text).structure
    if any("cannot be determined" in str(one.message) for one in said):
        raise StructureError(
            "the POSCAR does not name its elements", file=file, field="line 6", fix="write them there, such as Li P S"
        )
    return structure


def _xyz(lines: list[str], file: Path) -> "Structure":
    """Read the first frame of an extended XYZ file."""
    from pymatgen.core import Lattice, Structure

    cell = _LATTICE.search(lines[1])
    if cell is None:
        raise StructureError(
            "the XYZ file has no cell", file=file, field="line 2", fix='write Lattice="..." there, or give a CIF'
        )
    found = _PROPERTIES.search(lines[1])
    columns: dict[str, int] = {}
    place = 0
    name_type_width = (found[1] if found else "species:S:1:pos:R:3").split(":")
    for name, width in zip(name_type_width[::3], name_type_width[2::3], strict=True):
        columns[name.lower()] = place
        place += int(width)
    rows = [line.split() for line in lines[2 : 2 + int(lines[0])]]
    first = columns["pos"]
    positions = np.array([[float(value) for value in row[first : first + 3]] for row in rows])
    lattice = Lattice(np.array(cell[1].split(), dtype=float).reshape(3, 3))
    return Structure(lattice, [row[columns["species"]] for row in rows], positions, coords_are_cartesian=True)
