"""Crystal files as they are published: which block, which atoms, and whether anything got lost.

pymatgen reads the file. Its structure is compared with what the rows of the file say, element by element; where it
leaves something out (hydrogen on a site shared with oxygen, deuterium, sites whose occupancies add up to slightly more
than 1), the sites are put together here from the same rows. What is there is then compared with the formula that the
file states.
"""

import math
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ewald.errors import StructureError
from ewald.io.crystals.cif_text import cif_text
from ewald.io.crystals.symmetry import Operations, copies_of, near, operations_by_name, operations_of_setting

if TYPE_CHECKING:
    from pymatgen.core import Lattice, Structure

_COORDINATES = tuple(f"_atom_site_fract_{axis}" for axis in "xyz")
_UNKNOWN = frozenset({"?", ".", ""})
_ISOTOPES = {"D": "H", "T": "H"}
_VACANCIES = frozenset({"vac", "va", "vc", "vacancy", "x"})
# Oxygen of water and of hydroxide, whose hydrogens have no coordinates.
_IMPLICIT_HYDROGEN = re.compile(r"wat|o-h|oh2?\b", re.IGNORECASE)
# Occupancies of one site that add up to at most this are rounded numbers.
_MOST_OCCUPANCY = 1.05
_SAME_AMOUNT = 0.005
_SAME_FORMULA = 0.05


@dataclass(frozen=True)
class _Atom:
    """One row of a CIF."""

    label: str
    element: str
    charge: float | None
    occupancy: float
    frac: tuple[float, float, float]
    multiplicity: int | None = None


def read_cif(
    file: Path, block: str | None = None, *, ignore_formula: bool = False, command_line: bool = True
) -> "Structure":
    """Read a CIF; ``structure.properties["notes"]`` says what is to be known about it.

    Parameters
    ----------
    file
        The file.
    block
        Name of the data block; by default the first with atoms.
    ignore_formula
        Go on where the sites lack an element of the file's formula.
    command_line
        Whether messages propose options of ``ewald``, or the fields of a campaign.

    Raises
    ------
    StructureError
        If no block has atoms, coordinates are missing, or an element of the formula has no sites.
    """
    from pymatgen.io.cif import CifParser

    parser = CifParser.from_str(cif_text(file), occupancy_tolerance=1.0)
    name, notes = _chosen(parser.as_dict(), block, file, "--block" if command_line else "block")
    data = parser.as_dict()[name]
    atoms, more = _atoms(data, file)
    notes += more
    lattice = parser.get_lattice(parser._cif.data[name])  # the block in the form that pymatgen's own functions take
    positions, multiplicities = [np.array(atom.frac) for atom in atoms], [atom.multiplicity for atom in atoms]
    operations, more = operations_of_setting(data, lattice.matrix, positions, multiplicities)
    notes += more
    found = None
    if operations is None:
        operations = [(op.rotation_matrix, op.translation_vector) for op in parser.get_symops(parser._cif.data[name])]
        if len(operations) == 1 and (named := operations_by_name(data)) is not None:
            operations = named
        with suppress(ValueError, KeyError, TypeError, AttributeError):
            found = next(iter(_of_block(parser, name)), None)
    own = _structure(lattice, operations, atoms, file)
    structure = found if found is not None and _same(found, own) else own
    go_on = None if ignore_formula else "--ignore-formula" if command_line else "ignore_formula: true"
    notes += _beside_formula(structure, data, file, go_on)
    structure.properties["notes"] = tuple(notes)
    return structure


def _of_block(parser: Any, name: str) -> "list[Structure]":
    """Read one block as pymatgen does, whatever the others are."""
    from pymatgen.io.cif import CifParser

    text = str(parser._cif.data[name])  # what was read, the other blocks left out
    return list(CifParser.from_str(text, occupancy_tolerance=1.0).parse_structures(primitive=False))


def _chosen(blocks: Mapping[str, Any], asked: str | None, file: Path, option: str) -> tuple[str, list[str]]:
    """Name the block to read: the one asked for, else the first with atoms."""
    usable = [name for name, data in blocks.items() if not _placeholder(data)]
    if asked is not None:
        named = [name for name in blocks if asked in {name, name.removeprefix("data_")}]
        if len(named) != 1 or named[0] not in usable:
            raise StructureError(
                "no such data block with atoms",
                file=file,
                field="block",
                value=asked,
                fix=f"one of {', '.join(usable)}",
            )
        return named[0], []
    if not usable:
        raise StructureError(
            "cannot be read as a structure: no data block has atoms", file=file, fix="give a CIF of a structure"
        )
    if len(usable) == 1:
        return usable[0], []
    names = ", ".join(usable)
    return usable[0], [
        f"WARNING: the file has {len(usable)} structures ({names}); {usable[0]} is read, {option} reads another"
    ]


def _placeholder(data: Mapping[str, Any]) -> bool:
    """Whether a block has no atoms, or none with a coordinate."""
    rows = data.get(_COORDINATES[0])
    if rows is None or "_cell_length_a" not in data or str(data["_cell_length_a"]) in _UNKNOWN:
        return True
    return all(str(text) in _UNKNOWN for text in ([rows] if isinstance(rows, str) else rows))


def _column(data: Mapping[str, Any], name: str, rows: int) -> list[str] | None:
    values = data.get(name)
    if values is None:
        return None
    listed = [values] if isinstance(values, str) else list(map(str, values))
    return listed if len(listed) == rows else None


def _number(text: str) -> float:
    """Read a number with or without its uncertainty; not a number where it is none."""
    try:
        return float(re.sub(r"\(\d*\)", "", text))
    except ValueError:
        return math.nan


def _atoms(data: Mapping[str, Any], file: Path) -> tuple[list[_Atom], list[str]]:
    labels = data.get("_atom_site_label") or data.get("_atom_site_type_symbol") or []
    labels = [labels] if isinstance(labels, str) else list(map(str, labels))
    rows = len(labels)
    symbols = _column(data, "_atom_site_type_symbol", rows) or labels
    occupancies = _column(data, "_atom_site_occupancy", rows) or ["1"] * rows
    kinds = _column(data, "_atom_site_calc_flag", rows) or [""] * rows
    hydrogens = _column(data, "_atom_site_attached_hydrogens", rows) or ["0"] * rows
    columns = [_column(data, name, rows) or ["?"] * rows for name in _COORDINATES]
    copies = _column(data, "_atom_site_symmetry_multiplicity", rows) or ["?"] * rows
    states = _states(data)
    formula = _formula(data)
    atoms, notes = [], []
    isotopes: dict[str, str] = {}
    for row, label in enumerate(labels):
        if kinds[row] == "dum":
            notes.append(f"dummy atom {label} is left out")
            continue
        if symbols[row].lower() in _VACANCIES:
            continue
        frac = tuple(_number(columns[axis][row]) for axis in range(3))
        for axis, value in enumerate(frac):
            if not math.isfinite(value):
                raise StructureError(
                    "not a finite number",
                    file=file,
                    field=f"{_COORDINATES[axis]}, atom {label}",
                    value=columns[axis][row],
                    fix="give the atom a coordinate, or remove it",
                )
        element = _element(symbols[row], formula)
        if element is None:
            raise StructureError(
                "is no element", file=file, field=f"atom {label}", value=symbols[row], fix="correct its type symbol"
            )
        if re.fullmatch(r"\d*[DT]\d*[+-]?|\d+[A-Za-z]+.*", symbols[row]):
            isotopes.setdefault(symbols[row], element)
        occupancy = 1.0 if occupancies[row] in _UNKNOWN else _number(occupancies[row])
        if not occupancy >= 0:
            raise StructureError("not an occupancy", file=file, field=f"atom {label}", value=occupancies[row])
        if (_number(hydrogens[row]) or 0) > 0 or _IMPLICIT_HYDROGEN.match(symbols[row]):
            notes.append(f"WARNING: hydrogens at {label} have no coordinates in the file")
        if occupancy > 0:
            charge = states.get(symbols[row], _charge(symbols[row]))
            multiplicity = int(copies[row]) if copies[row].isdigit() else None
            atoms.append(_Atom(label, element, charge, occupancy, (frac[0], frac[1], frac[2]), multiplicity))
    notes += [f"{symbol} is read as {element}" for symbol, element in isotopes.items()]
    return atoms, notes


def _states(data: Mapping[str, Any]) -> dict[str, float]:
    symbols, numbers = data.get("_atom_type_symbol"), data.get("_atom_type_oxidation_number")
    if symbols is None or numbers is None or isinstance(symbols, str) or isinstance(numbers, str):
        return {}
    found = {str(one): _number(str(value)) for one, value in zip(symbols, numbers, strict=False)}
    return {one: value for one, value in found.items() if math.isfinite(value)}


def _charge(symbol: str) -> float | None:
    """Charge that a type symbol or label carries, as Fe3+ or O2-."""
    match = re.fullmatch(r"[A-Za-z]{1,2}(\d*\.?\d*)([+-])", symbol)
    if match is None:
        return None
    return float(match[1] or 1) * (1 if match[2] == "+" else -1)


def _element(symbol: str, formula: Mapping[str, float]) -> str | None:
    """Find the element that a type symbol or label begins with; isotopes and upper case are understood."""
    from pymatgen.core import Element

    letters = re.match(r"\d*([A-Za-z]{1,2})", symbol)
    if letters is None:
        return None
    two, one = letters[1].capitalize(), letters[1][0].upper()
    plain = len(letters[1]) == 2 and letters[1][1].islower()
    choices = [name for name in (two, one) if name in _ISOTOPES or Element.is_valid_symbol(name)]
    if not plain and len(choices) == 2 and formula and one in formula and two not in formula:
        choices.reverse()
    return _ISOTOPES.get(choices[0], choices[0]) if choices else None


def _formula(data: Mapping[str, Any]) -> dict[str, float]:
    """Read the formula sum of a block; empty where there is none."""
    text = data.get("_chemical_formula_sum")
    if not isinstance(text, str) or text.strip() in _UNKNOWN:
        return {}
    found: dict[str, float] = {}
    for symbol, number in re.findall(r"([A-Z][a-z]?)([\d.]*)", text):
        element = _ISOTOPES.get(symbol, symbol)
        found[element] = found.get(element, 0.0) + (_number(number) if number else 1.0)
    return {} if any(not math.isfinite(number) for number in found.values()) else found


def _structure(lattice: "Lattice", operations: Operations, atoms: Sequence[_Atom], file: Path) -> "Structure":
    """Put the sites together from the rows: images of every atom, atoms of one position on one site."""
    from pymatgen.core import Species, Structure

    positions: list[NDArray[np.float64]] = []
    contents: list[dict[Any, float]] = []
    labels: list[str] = []
    charged = all(atom.charge is not None for atom in atoms) and any(atom.charge for atom in atoms)
    for atom in atoms:
        species = Species(atom.element, atom.charge) if charged else atom.element
        images = copies_of(np.array(atom.frac), operations, lattice.matrix)
        shared = [near(images[0], position, lattice.matrix) for position in positions]
        if any(shared):
            members = [k for k, p in enumerate(positions) if any(near(image, p, lattice.matrix) for image in images)]
            for k in members:
                contents[k][species] = contents[k].get(species, 0.0) + atom.occupancy
            continue
        positions += images
        contents += [{species: atom.occupancy} for _ in images]
        labels += [atom.label] * len(images)
    for content, label in zip(contents, labels, strict=True):
        total = sum(content.values())
        if total > _MOST_OCCUPANCY:
            names = ", ".join(f"{one} {value:g}" for one, value in content.items())
            raise StructureError(
                f"occupancies of the site add up to {total:.4g}, more than one ion ({names})",
                file=file,
                field=f"atom {label}",
                fix="correct the occupancies: every position holds one ion at most",
            )
        if total > 1:
            content.update({one: value / total for one, value in content.items()})
    return Structure(lattice, contents, np.array(positions), labels=labels)


def _same(found: "Structure", own: "Structure") -> bool:
    """Whether two structures have the same amounts of all elements, and none lacks charges that the other has."""
    if any(hasattr(one, "oxi_state") for one in own.composition) and not any(
        getattr(one, "oxi_state", None) for one in found.composition
    ):
        return False
    one, other = found.composition.get_el_amt_dict(), own.composition.get_el_amt_dict()
    return all(abs(one.get(e, 0) - other.get(e, 0)) <= _SAME_AMOUNT * max(one.get(e, 0), 1) for e in {*one, *other})


def _beside_formula(structure: "Structure", data: Mapping[str, Any], file: Path, go_on: str | None) -> list[str]:
    """Compare the sites with the formula that the file states."""
    stated = _formula(data)
    there = {str(one): float(n) for one, n in structure.composition.get_el_amt_dict().items()}
    if not stated:
        return []
    missing = [element for element in stated if element not in there]
    if missing and go_on is not None:
        raise StructureError(
            f"the formula {data['_chemical_formula_sum']} has {', '.join(missing)}, and no site of the file has",
            file=file,
            field="_chemical_formula_sum",
            fix=f"add the atoms, or {go_on} to go on without them",
        )
    notes = (
        [f"WARNING: {', '.join(missing)} of the formula is left out: the file has no sites for it"] if missing else []
    )
    total, whole = sum(stated.values()), sum(there.values())
    change = sum(abs(there.get(e, 0) / whole - stated.get(e, 0) / total) for e in {*there, *stated})
    if change > _SAME_FORMULA and not missing:
        notes.append(
            f"WARNING: the sites hold {structure.composition.reduced_formula}, the file's formula is "
            f"{data['_chemical_formula_sum']} ({change:.1%} apart)"
        )
    return notes
