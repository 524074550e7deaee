"""A structure from a file of whatever format and name."""

import json
import re
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ewald.errors import StructureError
from ewald.io.crystals.cif_text import cif_text
from ewald.io.crystals.crystal_file import read_blocks, read_cif
from ewald.io.crystals.shelx import is_shelx, shelx_block

if TYPE_CHECKING:
    from pymatgen.core import Structure

_CIF = re.compile(r"^\s*data_.*?^\s*_(?:cell|atom_site)[_.]", re.IGNORECASE | re.MULTILINE | re.DOTALL)
_NUMBER = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eEdD][-+]?\d+)?"
_SCALE = re.compile(rf"\s*(?:{_NUMBER}\s+){{0,2}}{_NUMBER}\s*(?:[!#].*)?")
_NUMBERS = re.compile(r"\s*(?:[-+]?\d*\.?\d+(?:[eEdD][-+]?\d+)?\s+){2}[-+]?\d*\.?\d+")
# Fractional coordinates beyond this are no fractions, if most are.
_OUTSIDE = 1.75
# Rows of a site that several species share are as near as this.
_SAME_POSITION_A = 0.01
_LATTICE = re.compile(r'Lattice\s*=\s*"([^"]*)"', re.IGNORECASE)
# ASE writes what the sites of a kind hold so.
_KINDS = re.compile(r'occupancy\s*=\s*"_JSON (\{.*?\})"(?=\s|$)')
_PROPERTIES = re.compile(r'Properties\s*=\s*"?([\w:]+)"?', re.IGNORECASE)


def read_any(
    file: Path, block: str | None = None, *, ignore_formula: bool = False, command_line: bool = True
) -> "Structure":
    """Read a structure, told apart by what is in the file rather than by its name.

    Parameters
    ----------
    file
        CIF, POSCAR, extended XYZ, SHELX, each also compressed, or whatever else pymatgen reads.
    block, ignore_formula, command_line
        Of a CIF: see :func:`ewald.io.crystals.crystal_file.read_cif`.

    Raises
    ------
    StructureError
        If a CIF, POSCAR or XYZ file cannot be understood.
    """
    text = cif_text(file)
    _refuse_no_text(text, file)
    if Path(file.name.removesuffix(".gz")).suffix.lower() in {".cif", ".mcif"} or _CIF.search(text):
        return read_cif(file, block, ignore_formula=ignore_formula, command_line=command_line)
    if is_shelx(text):
        return read_blocks([shelx_block(text, file)], file)
    lines = text.splitlines()
    if len(lines) > 5 and _SCALE.fullmatch(lines[1]) and all(_NUMBERS.match(line) for line in lines[2:5]):
        return _poscar(text, file)
    if len(lines) > 2 and lines[0].strip().isdigit():
        return _xyz(lines, file)
    if text.lstrip()[0] in "{[":
        return _json(json.loads(text), file)
    return _other(file)


def _refuse_no_text(text: str, file: Path) -> None:
    """Refuse a file that is empty or holds a document of another kind."""
    start = text[:400].lstrip().lower()
    kinds = {
        "<!doctype html": "a web page",
        "<html": "a web page",
        "%pdf": "a PDF document",
        "pk\x03\x04": "a ZIP archive",
    }
    kind = "empty" if not start else next((kind for mark, kind in kinds.items() if start.startswith(mark)), None)
    if kind is not None:
        raise StructureError(
            f"cannot be read as a structure: it is {kind}", file=file, fix="download or write it again"
        )


def _json(document: Any, file: Path) -> "Structure":
    """Make the structure of a JSON document: pymatgen's, alone or in an entry, such as those of Materials Project."""
    from pymatgen.core import Structure

    if isinstance(document, list) and len(document) != 1:
        raise StructureError(
            f"the JSON document is a list of {len(document)}",
            file=file,
            fix="write one structure into a file of its own",
        )
    if isinstance(document, list):
        return _json(document[0], file)
    if isinstance(document, dict) and {"lattice", "sites"} <= document.keys():
        return Structure.from_dict(document)
    if isinstance(document, dict) and "structure" in document:
        return _json(document["structure"], file)
    raise StructureError(
        "cannot be read as a structure: it is no JSON file of pymatgen",
        file=file,
        fix="convert it to CIF or POSCAR, for example by ase convert",
    )


def _other(file: Path) -> "Structure":
    """Read one of the formats that pymatgen knows by their names."""
    from pymatgen.core import Structure

    try:
        return Structure.from_file(str(file))
    except (ImportError, ValueError, KeyError) as error:
        if not isinstance(error, ValueError) or "Unrecognized" in str(error):
            raise StructureError(
                "cannot be read as a structure: it is no CIF, POSCAR, extended XYZ or SHELX file, nor by its name "
                "an XSF, CSSR or JSON file of pymatgen",
                file=file,
                fix="convert it to CIF or POSCAR, for example by ase convert",
            ) from error
        raise


def _poscar(text: str, file: Path) -> "Structure":
    """Read a POSCAR; one that names no elements would else be of hydrogen, helium, ..."""
    from pymatgen.io.vasp import Poscar

    if len(re.split("[!#]", text.splitlines()[1])[0].split()) > 1:
        raise StructureError(
            "the POSCAR has three scaling factors", file=file, field="line 2", fix="scale the vectors, and write 1.0"
        )
    _refuse_shares(text, file)
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        structure = Poscar.from_str(_with_plain_head(text)).structure
    if any("cannot be determined" in str(one.message) for one in said):
        raise StructureError(
            "the POSCAR does not name its elements", file=file, field="line 6", fix="write them there, such as Li P S"
        )
    far = np.abs(structure.frac_coords).max(axis=1)
    if sum(far > _OUTSIDE) > sum(far > 0) / 2:
        raise StructureError(
            f"{sum(far > _OUTSIDE)} of {len(far)} atoms lie far outside the cell: these coordinates look like angstrom",
            file=file,
            fix="write Cartesian instead of Direct if they are, else move the atoms into the cell",
        )
    return structure


def _refuse_shares(text: str, file: Path) -> None:
    """Refuse numbers of atoms that are not whole."""
    for k, line in enumerate(text.splitlines()[5:7], start=6):
        numbers = re.fullmatch(r"\s*[\d.]+(\s+[\d.]+)*\s*", line)
        if numbers and "." in line:
            raise StructureError(
                "the numbers of atoms of a POSCAR are whole",
                file=file,
                field=f"line {k}",
                value=line.strip(),
                fix="list every site, and say what sites hold with --occupancy Li=1/2",
            )
        if numbers:
            return


def _with_plain_head(text: str) -> str:
    """Take comments and Fortran's exponents out of the scale and the vectors, and leave what follows the positions.

    Where the scale is a volume (a negative number), the factor takes its place, which Cartesian positions need too.
    """
    lines = text.split("\n")
    scale = _plain_number(re.split("[!#]", lines[1])[0])
    vectors = [[_plain_number(word) for word in line.split()[:3]] for line in lines[2:5]]
    if scale < 0:
        scale = float((-scale / abs(np.linalg.det(vectors))) ** (1 / 3))
    lines[1:5] = [repr(scale), *(" ".join(map(repr, row)) for row in vectors)]
    for k in range(5, min(7, len(lines))):
        lines[k] = lines[k].split("!")[0]
    return "\n".join(lines[: _end_of_positions(lines)])


def _end_of_positions(lines: list[str]) -> int:
    """Find where the positions of a POSCAR end: velocities, predictors and densities may stand behind them."""
    numbers = next((k for k in (5, 6) if re.fullmatch(r"\s*\d+(\s+\d+)*\s*", lines[k])), None)
    if numbers is None:
        return len(lines)
    selective = lines[numbers + 1].lstrip()[:1] in {"s", "S"}
    return numbers + 2 + selective + sum(map(int, lines[numbers].split()))


def _plain_number(text: str) -> float:
    return float(text.lower().replace("d", "e"))


def _xyz(lines: list[str], file: Path) -> "Structure":
    """Read the first frame of an extended XYZ file."""
    from pymatgen.core import Element, Lattice, Structure

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
    named = next((name for name in ("species", "z", "numbers") if name in columns), None)
    if named is None or "pos" not in columns:
        raise StructureError(
            "has no column of elements or of positions",
            file=file,
            field="Properties in line 2",
            value=":".join(name_type_width),
            fix="write species:S:1:pos:R:3 for lines of an element and three coordinates",
        )
    rows = [line.split() for line in lines[2 : 2 + int(lines[0])]]
    if len(rows) < int(lines[0]) or any(len(row) < place for row in rows):
        raise StructureError(
            f"announces {lines[0].strip()} atoms of {place} columns, and does not have them all",
            file=file,
            field="line 1",
            fix="complete the file",
        )
    first = columns["pos"]
    positions = np.array([[float(value) for value in row[first : first + 3]] for row in rows])
    vectors = np.array(cell[1].split(), dtype=float).reshape(3, 3)
    if not (np.isfinite(positions).all() and np.isfinite(vectors).all()):
        raise StructureError("a position or the cell is not a finite number", file=file, fix="give finite numbers")
    lattice = Lattice(vectors)
    elements = [row[columns[named]] for row in rows]
    names = [Element.from_Z(int(n)).symbol if n.isdigit() else n for n in elements]
    shares = [float(row[columns["occupancy"]]) if "occupancy" in columns else 1.0 for row in rows]
    contents = [{name: share} for name, share in zip(names, shares, strict=True)]
    kinds = _KINDS.search(lines[1])
    if kinds is not None and "spacegroup_kinds" in columns:
        known = json.loads(kinds[1].replace('\\"', '"'))
        contents = [known[row[columns["spacegroup_kinds"]]] for row in rows]
    structure = Structure(lattice, contents, positions, coords_are_cartesian=True)
    if not structure.is_ordered:
        # Each species of a shared site may have a row of its own.
        structure.merge_sites(_SAME_POSITION_A, mode="sum")
    return structure
