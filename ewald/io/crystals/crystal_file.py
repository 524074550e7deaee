"""Crystal files as they are published: which block, which atoms, and whether anything got lost.

The file is read here, row by row, so that nothing is left out without a word: hydrogen on a site shared with oxygen,
deuterium, sites whose occupancies add up to slightly more than 1, positions that only have a Wyckoff letter. What is
there is then compared with the formula that the file states.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ewald.errors import StructureError
from ewald.io.crystals.atom_rows import AtomRow, atom_rows, has_atoms
from ewald.io.crystals.cell import LIKELY_VOLUME_A3, lattice_of, volume_doubts
from ewald.io.crystals.cif_blocks import CifBlock, cif_blocks
from ewald.io.crystals.cif_text import cif_text
from ewald.io.crystals.disorder import alternatives_of
from ewald.io.crystals.formula import beside_formula, formula_of
from ewald.io.crystals.group_names import settings_of, symbol_of
from ewald.io.crystals.symmetry import (
    ONE_SITE_A,
    Operations,
    copies_of,
    hall_of_operations,
    operations_of,
)
from ewald.io.crystals.wyckoff_position import fixed_positions
from ewald.ions import ion_name
from ewald.numbers import first_few

if TYPE_CHECKING:
    from pymatgen.core import Structure

# Occupancies of one site that add up to at most this are rounded numbers.
_MOST_OCCUPANCY = 1.05
# Where they add up to more than this many ions, they look like percent.
_PERCENT = 10
# So near to one another, two occupancies are the same.
_SAME_OCCUPANCY = 0.02
# So many labels are named in one message.
_MOST_SHOWN = 6
# Sites farther apart are two, however few digits their coordinates have.
_FARTHEST_A = 0.15


def read_cif(
    file: Path, block: str | None = None, *, ignore_formula: bool = False, command_line: bool = True
) -> "Structure":
    """Read a CIF; ``structure.properties["notes"]`` says what is to be known about it.

    ``structure.properties["alternatives"]`` has the sites that exclude one another by their disorder groups; see
    :func:`ewald.io.crystals.disorder.alternatives_of`.

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
        If no block has atoms, positions are missing, or an element of the formula has no sites.
    """
    return read_blocks(
        cif_blocks(cif_text(file)), file, block, ignore_formula=ignore_formula, command_line=command_line
    )


def read_blocks(
    blocks: Sequence[CifBlock],
    file: Path,
    block: str | None = None,
    *,
    ignore_formula: bool = False,
    command_line: bool = True,
) -> "Structure":
    """Make a structure of the data blocks of a file; see :func:`read_cif`."""
    chosen, notes = _chosen(blocks, block, file, "--block" if command_line else "block")
    go_on = None if ignore_formula else "--ignore-formula" if command_line else "ignore_formula: true"
    lattice = lattice_of(chosen, settings_of(chosen), file)
    rows, more = atom_rows(chosen, lattice, formula_of(chosen), file, go_on=go_on)
    digit_A = _digit_A(rows, lattice)
    if not rows:
        raise StructureError("every occupancy is zero", file=file, field="_atom_site_occupancy", fix="give 0 to 1")
    operations, said = operations_of(chosen, lattice, rows, digit_A)
    rows, doubled = _listed_once(_placed(rows, operations, symbol_of(chosen), file))
    structure, counted = _structure(lattice, operations, rows, digit_A, file)
    there = {str(one): float(n) for one, n in structure.composition.get_el_amt_dict().items()}
    alternatives, grouped = alternatives_of(rows, operations, lattice, np.asarray(structure.frac_coords))
    notes += [
        *_modulated(chosen),
        *volume_doubts(lattice, sum(there.values()), file),
        *grouped,
        *more,
        *doubled,
        *said,
        *counted,
    ]
    notes += beside_formula(chosen, there, structure.composition.reduced_formula, file, go_on=go_on)
    structure.properties["notes"] = tuple(notes)
    if alternatives:
        structure.properties["alternatives"] = alternatives
    return structure


def _chosen(blocks: Sequence[CifBlock], asked: str | None, file: Path, option: str) -> tuple[CifBlock, list[str]]:
    """Find the block to read: the one asked for, else the first with atoms."""
    usable = [block for block in blocks if has_atoms(block)]
    names = ", ".join(block.name for block in usable)
    if asked is not None:
        bare = asked.removeprefix("data_")
        named = [block for block in usable if bare == block.name] or [
            block for block in usable if bare.lower() == block.name.lower()
        ]
        if len(named) != 1:
            raise StructureError(
                "no data block of this name has atoms", file=file, field="block", value=asked, fix=f"one of {names}"
            )
        return named[0], []
    if not usable:
        raise _no_atoms(blocks, file)
    if len(usable) == 1:
        return usable[0], []
    first = usable[0].name
    return usable[0], [
        f"WARNING: the file has {len(usable)} structures ({names}); {first} is read, {option} reads another"
    ]


def _modulated(block: CifBlock) -> list[str]:
    """Say that a modulated crystal is read without its modulation."""
    names = ("_cell_modulation_dimension", "_space_group_ssg_name", "_space_group_ssg_name_it")
    if block.first(*names) in {"", "0"}:
        return []
    return ["WARNING: the file describes a modulated crystal; its average structure is read"]


def _other_shares(
    rows: Sequence[AtomRow], copies: Sequence[int], order: int, volume_A3: float, file: Path
) -> list[str]:
    """Refuse occupancies that are numbers of ions; refuse or doubt shares as FullProf has them.

    ``copies`` has the images of each row, ``order`` the operations, ``volume_A3`` the cell.
    """
    sums: dict[tuple[float, ...], tuple[float, float]] = {}
    for row, made in zip(rows, copies, strict=True):
        place = tuple(np.asarray(row.position).tolist())
        plain, of_general = sums.get(place, (0.0, 0.0))
        sums[place] = plain + row.occupancy, of_general + row.occupancy * order / made
    whole = all(row.occupancy == round(row.occupancy) for row in rows)
    most = max((row.occupancy / made for row, made in zip(rows, copies, strict=True)), default=0.0)
    if whole and most <= 1 < max((row.occupancy for row in rows), default=0.0):
        raise StructureError(
            "the occupancies look like numbers of ions in the cell",
            file=file,
            field="_atom_site_occupancy",
            fix="divide each by the multiplicity of its position",
        )
    full = [abs(of_general - 1) < _SAME_OCCUPANCY for _, of_general in sums.values()]
    special = sum(plain < of_general for plain, of_general in sums.values())
    beyond = any(of_general > 1 + _SAME_OCCUPANCY for _, of_general in sums.values())
    if special < 2 or beyond or sum(full) <= len(full) / 2:
        return []
    why = "occupancies look like FullProf's: multiplied by the position's copies over those of the general position"
    fix = "divide each by this ratio"
    if volume_A3 > LIKELY_VOLUME_A3[1] * sum(row.occupancy * made for row, made in zip(rows, copies, strict=True)):
        raise StructureError(f"the {why}", file=file, field="_atom_site_occupancy", fix=fix)
    return [f"WARNING: the {why}; if so, {fix}"]


def _no_atoms(blocks: Sequence[CifBlock], file: Path) -> StructureError:
    """Say why no block is a structure."""
    ragged = [(name, rest) for block in blocks for name, rest in block.ragged.items() if name.startswith("_atom_site_")]
    if ragged:
        name, rest = min(ragged)
        return StructureError(
            f"a row of atoms has too few or too many values: {rest[:60]!r} is left at the end",
            file=file,
            field=f"loop of {name}",
            fix="give every row a value for each column, ? for an unknown one, and remove what is not CIF",
        )
    if any("_cell_length_a" in block.values for block in blocks):
        why, fix = "no data block has atoms with coordinates and a cell", "give a CIF of a structure"
    else:
        why, fix = "no data block has atoms", "give a CIF of a structure"
    return StructureError(f"cannot be read as a structure: {why}", file=file, fix=fix)


def _digit_A(rows: Sequence[AtomRow], lattice: NDArray[np.float64]) -> float:
    """Distance within which positions are one, given how many digits the file has."""
    digits = max((row.digits for row in rows), default=0)
    if not digits:
        return ONE_SITE_A
    longest_A = float(np.linalg.norm(lattice, axis=1).max())
    return max(ONE_SITE_A, min(_FARTHEST_A, 1.5 * 10.0**-digits * longest_A))


def _placed(rows: Sequence[AtomRow], operations: Operations, symbol: str, file: Path) -> list[AtomRow]:
    """Give rows without coordinates the position of their Wyckoff letter."""
    if all(row.position is not None for row in rows):
        return list(rows)
    hall = hall_of_operations(operations)
    positions = {} if hall is None else fixed_positions(hall)
    placed = []
    for row in rows:
        known = positions.get(row.wyckoff if row.wyckoff == "A" else row.wyckoff.lower())
        if row.position is None and known is None:
            why = (
                "its position has free coordinates"
                if hall is not None
                else "the operations that the file lists are not a standard setting of a space group"
            )
            raise StructureError(
                f"has no coordinates, and its Wyckoff letter {row.wyckoff} does not give them: {why}",
                file=file,
                field=f"atom {row.label}{f' in {symbol}' if symbol else ''}",
                fix="give the atom a coordinate",
            )
        placed.append(row if row.position is not None or known is None else replace(row, position=np.array(known)))
    return placed


def _listed_once(rows: Sequence[AtomRow]) -> tuple[list[AtomRow], list[str]]:
    """Leave out rows that are listed twice, where their sites would else hold more than one ion; say so in any case."""
    once: dict[tuple[object, ...], AtomRow] = {}
    ions: dict[tuple[float, ...], float] = {}
    for row in rows:
        place = tuple(np.asarray(row.position).tolist())
        once.setdefault((row.label, row.element, row.charge, row.occupancy, row.disorder, place), row)
        ions[place] = ions.get(place, 0.0) + row.occupancy
    if len(once) == len(rows):
        return list(rows), []
    kept = {id(row) for row in once.values()}
    again = ", ".join(dict.fromkeys(row.label for row in rows if id(row) not in kept))
    if max(ions.values()) > _MOST_OCCUPANCY:
        return list(once.values()), [f"WARNING: rows of {again} are listed twice: they are read once"]
    return list(rows), [f"WARNING: rows of {again} are listed twice: their occupancies are added"]


def _structure(
    lattice: NDArray[np.float64], operations: Operations, rows: Sequence[AtomRow], digit_A: float, file: Path
) -> tuple["Structure", list[str]]:
    """Put the sites together: images of every atom, atoms of one position on one site."""
    from pymatgen.core import Lattice, Species, Structure

    positions = np.empty((0, 3))
    contents: list[dict[Any, float]] = []
    labels: list[list[str]] = []
    charged = _charges_make_sense(rows)
    said = _said_otherwise(rows, lattice, operations, digit_A)
    images_of = [copies_of(np.asarray(row.position), operations, lattice, digit_A) for row in rows]
    volume_A3 = abs(float(np.linalg.det(lattice)))
    notes = [] if charged else _unusual_charges(rows)
    notes += _other_shares(rows, [len(images) for images in images_of], len(operations[0]), volume_A3, file)
    doubts: dict[str, list[str]] = {}
    for row, images in zip(rows, images_of, strict=True):
        species = Species(row.element, row.charge) if charged and row.charge is not None else row.element
        occupancy = row.occupancy
        if row.label in said:
            occupancy, why = _merged(row, len(images), len(operations[0]))
            doubts.setdefault(why, []).append(row.label)
        away = images[:, None] - positions[None]
        same = np.linalg.norm((away - np.rint(away)) @ lattice, axis=2) < digit_A
        if same.any():
            for k in np.flatnonzero(same.any(axis=0)).tolist():
                contents[k][species] = contents[k].get(species, 0.0) + occupancy
                labels[k].append(row.label)
            continue
        positions = np.concatenate([positions, images])
        contents += [{species: occupancy} for _ in images]
        labels += [[row.label] for _ in images]
    for content, own in zip(contents, labels, strict=True):
        _fill(content, own, file)
    structure = Structure(Lattice(lattice), contents, positions, labels=[own[-1] for own in labels])
    return structure, notes + [
        why.format(first_few(list(dict.fromkeys(own)), _MOST_SHOWN)) for why, own in doubts.items()
    ]


def _fill(content: dict[Any, float], labels: Sequence[str], file: Path) -> None:
    """Scale occupancies that add up to slightly more than 1, and refuse more."""
    total = sum(content.values())
    if total > _MOST_OCCUPANCY:
        shown = ", ".join(f"{one} {value:g}" for one, value in content.items())
        names = ", ".join(dict.fromkeys(labels))
        why = f"rows {names} are one position by the symmetry of the file, and " if len(labels) > 1 else ""
        fix = f"correct the occupancies: {why}every position holds one ion at most"
        raise StructureError(
            f"occupancies of the site add up to {total:.4g}, more than one ion ({shown})",
            file=file,
            field=f"atom {labels[0]}",
            fix="these look like percent: divide the occupancies by 100" if total > _PERCENT else fix,
        )
    if total > 1:
        content.update({one: value / total for one, value in content.items()})


def _charges_make_sense(rows: Sequence[AtomRow]) -> bool:
    """Whether the charges of the file are used: not all are zero, and those of some rows alone are usual ones."""
    from pymatgen.core import Element

    given = [row for row in rows if row.charge is not None]
    if not any(row.charge for row in given):
        return False
    return len(given) == len(rows) or all(row.charge in Element(row.element).common_oxidation_states for row in given)


def _unusual_charges(rows: Sequence[AtomRow]) -> list[str]:
    """Say that charges of some rows are not used."""
    given = dict.fromkeys(ion_name(row.element, row.charge) for row in rows if row.charge)
    if not given:
        return []
    return [f"the charges of the file ({', '.join(given)}) are not used: only some atoms have one, of no usual value"]


def _said_otherwise(
    rows: Sequence[AtomRow], lattice: NDArray[np.float64], operations: Operations, digit_A: float
) -> set[str]:
    """Find the rows for which the file states other numbers of copies than its operations give.

    Some programs write the order of the site's symmetry where the standard has the multiplicity.
    """
    order = len(operations[0])
    given = [
        (row, row.multiplicity, len(copies_of(np.asarray(row.position), operations, lattice, digit_A)))
        for row in rows
        if row.multiplicity is not None
    ]
    if all(said * made == order for _, said, made in given):
        return set()
    return {row.label for row, said, made in given if said != made}


def _merged(row: AtomRow, made: int, order: int) -> tuple[float, str]:
    """Return the occupancy of sites on which several of the file's copies lie together, and what to say of the rows."""
    said = row.multiplicity or made
    together, rest = divmod(said, made)
    if rest or said > order or together * row.occupancy > _MOST_OCCUPANCY:
        return row.occupancy, f"WARNING: the file states {said} copies of {{}}, its operations give {made}"
    return together * row.occupancy, (
        f"the {said} copies of {{}} lie in groups of {together} on one position: {made} sites of occupancy "
        f"{together * row.occupancy:.4g}"
    )
