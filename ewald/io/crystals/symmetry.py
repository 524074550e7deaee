"""Which operations a crystal file means, and the positions they make of an atom.

Operations that the file lists are taken, else those of the group that it names. Groups with two origins, two sets of
axes or several unique axes have several settings; where the symbol does not say which, the cell, else the
multiplicities in the file decide, else the setting in which ions keep farther apart.
"""

import re
from collections.abc import Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray

from ewald.errors import StructureError
from ewald.io.crystals.atom_rows import AtomRow
from ewald.io.crystals.cell import distortion, primitive_vectors
from ewald.io.crystals.cif_blocks import CifBlock
from ewald.io.crystals.cif_values import coordinate
from ewald.io.crystals.group_names import (
    SYMBOL,
    choice_of,
    hall_symbol_of,
    number_of,
    settings_of,
    symbol_of,
    types,
)

#: Rotations (M, 3, 3) and translations (M, 3), on fractional coordinates.
Operations = tuple[NDArray[np.float64], NDArray[np.float64]]

_LISTED = ("_space_group_symop_operation_xyz", "_symmetry_equiv_pos_as_xyz", "_symmetry_equiv_pos_as_xyz_",
           "_space_group_symop_operation_xyz_")  # fmt: skip
_MAGNETIC = ("_space_group_symop_magn_operation.xyz", "_space_group_symop_magn_operation_xyz",
             "_space_group_symop.magn_operation_xyz")  # fmt: skip
_MAGNETIC_CENTRING = ("_space_group_symop_magn_centering.xyz", "_space_group_symop_magn_centering_xyz",
                      "_space_group_symop.magn_centering_xyz")  # fmt: skip
# The average structure of a modulated crystal has the first three coordinates of its operations.
_MODULATED = ("_space_group_symop_ssg_operation_algebraic",)
_TERM = re.compile(r"([+-]?)(\d*\.?\d*(?:/\d+)?)\*?([xyz]?)")
# Images of one atom nearer than this are one site, whose coordinates the file rounds.
ONE_SITE_A = 0.05
# Relative to the longest vector squared; more than this is another cell.
_SAME_CELL = 0.04
_IDENTITY: Operations = (np.eye(3)[None], np.zeros((1, 3)))


def operations_of(
    block: CifBlock, lattice: NDArray[np.float64], rows: Sequence[AtomRow], digit_A: float = ONE_SITE_A
) -> tuple[Operations, list[str]]:
    """Find the operations that a block means.

    Parameters
    ----------
    block
        The data block.
    lattice
        Cell vectors as rows, in angstrom.
    rows
        Its atoms.
    digit_A
        Images nearer than this are one site.

    Returns
    -------
    operations
        Rotations and translations.
    notes
        What was chosen or assumed, where the file does not say.

    Raises
    ------
    StructureError
        If the group that is named is none, operations are none or make no group, or the cell does not have them.
    """
    settings = settings_of(block)
    symbol = symbol_of(block)
    listed = _listed(block)
    if listed is not None:
        found, notes = _checked_list(listed, settings, lattice, symbol)
        if any(len(found[0]) < _order(hall) for hall in settings):
            return _beside_larger_group(block, (found, notes), lattice, rows, digit_A)
        return found, notes
    if not settings:
        named = symbol or hall_symbol_of(block)
        if named:
            raise StructureError(
                "is not a known space group, and the file lists no operations",
                field=SYMBOL if symbol else "Hall symbol",
                value=named,
                fix="correct the symbol, or list the operations",
            )
        return _IDENTITY, ["WARNING: the file has neither a space group nor operations: P 1 is taken"]
    return _of_named(block, settings, lattice, rows, digit_A)


def _of_named(
    block: CifBlock, settings: Sequence[int], lattice: NDArray[np.float64], rows: Sequence[AtomRow], digit_A: float
) -> tuple[Operations, list[str]]:
    """Take the operations of the group that the file names."""
    symbol, notes = symbol_of(block), _contradiction(block, settings)
    fitting = [hall for hall in settings if distortion(operations_of_hall(hall)[0], lattice) < _SAME_CELL]
    if not fitting:
        primitive = _in_primitive_cell(settings, lattice)
        if primitive is None:
            raise _other_cell(symbol or f"number {types()[settings[0] - 1].number}")
        return primitive, [*notes, f"the cell of the file is the primitive one of {symbol}"]
    if len(fitting) == 1 or choice_of(block) or types()[fitting[0] - 1].choice not in {"1", "2"}:
        return operations_of_hall(fitting[0]), notes
    hall, why = _origin(fitting, lattice, rows, digit_A)
    note = f"the file does not say which origin of {symbol} it has: choice {types()[hall - 1].choice} is taken, {why}"
    return operations_of_hall(hall), [*notes, note]


def hall_of_operations(operations: Operations) -> int | None:
    """Find the setting that has exactly these operations."""
    keys = _keys(operations)
    return next((hall for hall in range(1, 531) if _order(hall) == len(keys) and _hall_keys(hall) == keys), None)


@cache
def operations_of_hall(hall: int) -> Operations:
    """Return the operations of a setting."""
    import spglib

    found = spglib.get_symmetry_from_database(hall)
    return np.asarray(found["rotations"], float), np.asarray(found["translations"], float)


def copies_of(
    frac: NDArray[np.float64],
    operations: Operations,
    lattice: NDArray[np.float64],
    one_site_A: float = ONE_SITE_A,
) -> NDArray[np.float64]:
    """Return the positions that symmetry makes of an atom, shape (m, 3); those nearly alike are one, at their mean.

    Parameters
    ----------
    frac
        Fractional coordinates.
    operations
        Rotations and translations.
    lattice
        Cell vectors as rows, in angstrom.
    one_site_A
        Images nearer than this are one.
    """
    images = _wrapped(operations[0] @ frac + operations[1])
    means = []
    while len(images):
        away = images - images[0]
        away -= np.rint(away)
        same = np.linalg.norm(away @ lattice, axis=1) < one_site_A
        means.append(images[0] + away[same].mean(axis=0))
        images = images[~same]
    return _wrapped(np.array(means))


def _wrapped(frac: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(frac - np.floor(frac + 1e-9))


def _listed(block: CifBlock) -> Operations | None:
    for names, centrings in ((_LISTED, ()), (_MAGNETIC, _MAGNETIC_CENTRING), (_MODULATED, ())):
        texts = next((block.values[name] for name in names if block.first(name)), None)
        if texts is None:
            continue
        if names is _MODULATED:
            texts = [_of_average(text) for text in texts]
        found = [operation(text, names[0]) for text in texts]
        more = next((block.values[name] for name in centrings if block.first(name)), ["x,y,z"])
        shifts = [operation(text, centrings[0])[1] for text in more] if centrings else [np.zeros(3)]
        rotations = np.array([rotation for _ in shifts for rotation, _ in found])
        return rotations, np.array([shift + translation for shift in shifts for _, translation in found])
    return None


def _of_average(text: str) -> str:
    """Return an operation such as ``-x1,x2,x3,-x4+1/2`` without the coordinates beyond the third."""
    parts = re.sub(r"\s+", "", text).split(",")[:3]
    return ",".join(re.sub(r"[xX]([123])", lambda found: "xyz"[int(found[1]) - 1], part) for part in parts)


def operation(text: str, field: str) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Read an operation such as ``-y, x-y, z+1/3``: rotation (3, 3) and translation (3,) on fractional coordinates.

    Parameters
    ----------
    text
        The operation.
    field
        Where it stands, for the error.

    Raises
    ------
    StructureError
        If it is none.
    """
    parts = re.sub(r"\s+", "", re.sub(r"^\s*\d+\s+", "", text)).lower().strip("'\"").split(",")
    rotation, translation = np.zeros((3, 3)), np.zeros(3)
    wrong = len(parts) not in {3, 4}  # a fourth reverses magnetic moments
    for axis, part in enumerate(parts[:3]):
        position = 0
        for term in _TERM.finditer(part):
            if not term[0] or term.start() != position:
                break
            position = term.end()
            factor = coordinate(term[2]) if term[2] else 1.0
            value = -factor if term[1] == "-" else factor
            if term[3]:
                rotation[axis, "xyz".index(term[3])] += value
            elif term[2]:
                translation[axis] += value
        wrong = wrong or not part or position != len(part)
    if wrong or abs(abs(np.linalg.det(rotation)) - 1) > 1e-6:
        raise StructureError("is not a symmetry operation", field=field, value=text, fix="write it as -y, x-y, z+1/3")
    # Thirds of a few digits.
    nearest = np.rint(translation * 24) / 24
    return rotation, np.where(np.abs(translation - nearest) < 2e-3, nearest, translation)


def _checked_list(
    listed: Operations, settings: Sequence[int], lattice: NDArray[np.float64], symbol: str
) -> tuple[Operations, list[str]]:
    """Complete operations that leave out what their group makes plain, and refuse those that make none."""
    keys = _keys(listed)
    if any(_hall_keys(hall) == keys for hall in settings) and distortion(listed[0], lattice) <= _SAME_CELL:
        return listed, []
    group, notes = completed(listed)
    of_group = _keys(group)
    turns = {key[:9] for key in of_group}
    if len(turns) > 1:
        lacking = [h for h in settings if of_group < _hall_keys(h) and turns == {key[:9] for key in _hall_keys(h)}]
        if lacking:
            note = f"the file lists {len(keys)} operations of {symbol} and leaves out its centring, which is added"
            return operations_of_hall(lacking[0]), [note]
    if distortion(group[0], lattice) > _SAME_CELL:
        raise _other_cell("the operations that it lists")
    return group, notes


def _beside_larger_group(
    block: CifBlock,
    found: tuple[Operations, list[str]],
    lattice: NDArray[np.float64],
    rows: Sequence[AtomRow],
    digit_A: float,
) -> tuple[Operations, list[str]]:
    """Decide for a file that lists fewer operations than the group has that it names.

    Those of the group are taken where the multiplicities in the file are the group's. Else those that it lists are,
    without a word where the group makes no atom that is not there.
    """
    listed, notes = found
    symbol = symbol_of(block) or hall_symbol_of(block) or f"number {number_of(block)}"
    named = f"the file lists {_how_many(listed)}, but names {symbol}"
    try:
        operations, more = _of_named(block, settings_of(block), lattice, rows, digit_A)
    except StructureError:
        return listed, [*notes, f"WARNING: {named}, which its cell does not have: what it lists is used"]
    placed = [(row, row.position) for row in rows if row.position is not None]
    made = [(row, copies_of(position, operations, lattice, digit_A)) for row, position in placed]
    own = [(row, copies_of(position, listed, lattice, digit_A)) for row, position in placed]
    if _all_there(made, own, lattice, digit_A):
        return listed, notes
    said = [(row.multiplicity, len(copies)) for row, copies in made if row.multiplicity]
    as_listed = all(row.multiplicity in {None, len(copies)} for row, copies in own)
    if said and not as_listed and all(one == copies for one, copies in said):
        return operations, [
            f"WARNING: {named} and the multiplicities of its positions: the operations of the group are used",
            *more,
        ]
    return listed, [*notes, f"WARNING: {named}: what it lists is used, so atoms that the group adds must be listed"]


def _how_many(operations: Operations) -> str:
    return "x,y,z as its only operation" if len(operations[0]) == 1 else f"{len(operations[0])} operations"


def _all_there(
    made: Sequence[tuple[AtomRow, NDArray[np.float64]]],
    own: Sequence[tuple[AtomRow, NDArray[np.float64]]],
    lattice: NDArray[np.float64],
    digit_A: float,
) -> bool:
    """Whether every position that a group makes of the rows is one of the same element that is there without it."""
    there = {
        element: np.concatenate([copies for row, copies in own if row.element == element])
        for element in {row.element for row, _ in own}
    }
    for row, wanted in made:
        away = wanted[:, None] - there[row.element][None]
        if np.linalg.norm((away - np.rint(away)) @ lattice, axis=2).min(axis=1).max() > digit_A:
            return False
    return True


def completed(listed: Operations) -> tuple[Operations, list[str]]:
    """Generate the group of operations, where some are left out; also return what to say of it.

    Raises
    ------
    StructureError
        If they make no group.
    """
    keys = _keys(listed)
    rotations, translations = np.concatenate([_IDENTITY[0], listed[0]]), np.concatenate([_IDENTITY[1], listed[1]])
    known = _keys((rotations, translations))
    while True:
        turned = np.einsum("aij,bjk->abik", rotations, rotations).reshape(-1, 3, 3)
        moved = (np.einsum("aij,bj->abi", rotations, translations) + translations[:, None]).reshape(-1, 3)
        _, first = np.unique(_key_rows((turned, moved)), axis=0, return_index=True)
        if len(first) == len(known):
            break
        if len(first) > 4 * 192:
            raise StructureError(
                "the symmetry operations in the file do not form a group", field=_LISTED[1], fix="correct them"
            )
        rotations, translations = turned[first], moved[first] - np.floor(moved[first] + 1e-6)
        known = _keys((rotations, translations))
    if known == keys:
        return listed, []
    note = (
        f"WARNING: the file lists {len(keys)} operations, which do not form a group: "
        f"the {len(known)} that they generate are used"
    )
    return (rotations, translations), [note]


def _key_rows(operations: Operations) -> NDArray[np.int64]:
    """Whole numbers that tell operations apart, lattice translations aside; shape (M, 12)."""
    shifts = np.rint(operations[1] * 480).astype(np.int64) % 480
    return np.concatenate([np.rint(operations[0]).astype(np.int64).reshape(-1, 9), shifts], axis=1)


def _keys(operations: Operations) -> frozenset[tuple[int, ...]]:
    return frozenset(map(tuple, _key_rows(operations).tolist()))


@cache
def _hall_keys(hall: int) -> frozenset[tuple[int, ...]]:
    return _keys(operations_of_hall(hall))


@cache
def _order(hall: int) -> int:
    return len(operations_of_hall(hall)[0])


def _in_primitive_cell(settings: Sequence[int], lattice: NDArray[np.float64]) -> Operations | None:
    """Return the operations of a centred group in terms of its primitive cell, where that is what the file has."""
    for hall in settings:
        vectors = primitive_vectors(types()[hall - 1].international_short[0])
        if vectors is None:
            continue
        rotations, translations = operations_of_hall(hall)
        to_usual = vectors.T  # fractional coordinates in the usual cell from those in the primitive one
        inverse = np.linalg.inv(to_usual)
        turned = inverse @ rotations @ to_usual
        if distortion(turned, lattice) > _SAME_CELL:
            continue
        found = (np.rint(turned), translations @ inverse.T)
        _, first = np.unique(_key_rows(found), axis=0, return_index=True)
        return found[0][first], found[1][first] - np.floor(found[1][first] + 1e-9)
    return None


def _origin(
    settings: Sequence[int], lattice: NDArray[np.float64], rows: Sequence[AtomRow], digit_A: float
) -> tuple[int, str]:
    """Choose the origin by the multiplicities in the file, else by distances."""
    placed = [row for row in rows if row.position is not None]
    made = {
        hall: [
            copies_of(row.position, operations_of_hall(hall), lattice, digit_A)
            for row in placed
            if row.position is not None
        ]
        for hall in settings
    }
    agreeing = [
        hall
        for hall, copies in made.items()
        if all(row.multiplicity in {None, len(own)} for row, own in zip(placed, copies, strict=True))
    ]
    if len(agreeing) == 1 and any(row.multiplicity for row in placed):
        return agreeing[0], "as the multiplicities in the file say"
    hall = max(sorted(made, reverse=True), key=lambda one: round(_shortest_A(made[one], lattice), 2))
    return hall, "in which ions keep farther apart"


def _shortest_A(rows: Sequence[NDArray[np.float64]], lattice: NDArray[np.float64]) -> float:
    """Shortest distance between different positions, in angstrom; positions of two rows on one spot do not count."""
    positions = np.concatenate(rows) if rows else np.empty((0, 3))
    away = positions[:, None] - positions[None]
    distance = np.linalg.norm((away - np.rint(away)) @ lattice, axis=2)
    return float(distance[distance > ONE_SITE_A].min(initial=np.inf))


def _contradiction(block: CifBlock, settings: Sequence[int]) -> list[str]:
    given = number_of(block)
    if given is None or not settings or types()[settings[0] - 1].number == given or not symbol_of(block):
        return []
    return [f"WARNING: the symbol {symbol_of(block)} is not a group of number {given}: the symbol is used"]


def _other_cell(group: str) -> StructureError:
    return StructureError(
        f"the cell does not have the symmetry of {group}",
        field="_cell_length_a to _cell_angle_gamma",
        fix="correct the cell or the space group; P 1 and all atoms of the cell are always right",
    )
