"""Which operations a crystal file means that only names its space group, and the positions they make of an atom.

Groups with two origins or two sets of axes have several settings; the symbol often does not say which. Then the
multiplicities in the file decide, else the setting in which ions keep farther apart. The operations are spglib's
(A. Togo, K. Shinohara, I. Tanaka, Sci. Technol. Adv. Mater. Meth. 4, 2384822 (2024)).
"""

import re
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ewald.errors import StructureError

Operations = list[tuple[NDArray[np.float64], NDArray[np.float64]]]

_LISTED = (
    "_symmetry_equiv_pos_as_xyz",
    "_symmetry_equiv_pos_as_xyz_",
    "_space_group_symop_operation_xyz",
    "_space_group_symop_operation_xyz_",
)
_SYMBOLS = ("_space_group_name_H-M_alt", "_symmetry_space_group_name_H-M", "_symmetry_space_group_name_H_M")
_NUMBERS = ("_space_group_IT_number", "_symmetry_Int_Tables_number")
_HALL = ("_space_group_name_Hall", "_symmetry_space_group_name_Hall")
_CODE = "_space_group_IT_coordinate_system_code"
# "F d -3 m :2", "R -3 c H", "F d -3 m S" and "F d -3 m (origin choice 2)".
_SETTING = re.compile(
    r"(?:\s*:\s*([12HRSZ])|\s+([HRSZ])|\s*\(?\s*origin(?:\s+choice)?\s*([12])\s*\)?)\s*$", re.IGNORECASE
)
_NAMES = {"S": "1", "Z": "2"}
# Images of one atom nearer than this are one site, whose coordinates the file rounds.
_ONE_SITE_A = 0.05


def operations_of_setting(
    data: Mapping[str, Any],
    lattice: NDArray[np.float64],
    positions: Sequence[NDArray[np.float64]],
    multiplicities: Sequence[int | None],
) -> tuple[Operations | None, list[str]]:
    """Find the operations of a file that names a group of several settings and lists no operations.

    Parameters
    ----------
    data
        The data block.
    lattice
        Cell vectors as rows, in angstrom.
    positions, multiplicities
        Fractional coordinates of each row, and the multiplicity that the file gives it.

    Returns
    -------
    operations
        Rotations and translations; None where the file lists operations, or its group has one setting.
    notes
        Which setting was chosen, where the file does not say.
    """
    symbol = next((str(data[tag]) for tag in _SYMBOLS if data.get(tag)), "")
    if any(data.get(tag) for tag in _LISTED):
        return None, []
    said = _SETTING.search(symbol)
    plain = _SETTING.sub("", symbol)
    settings = _settings(_number(plain, data))
    if len(settings) < 2:
        return None, []
    code = next((part for part in said.groups() if part), "") if said else str(data.get(_CODE, ""))
    choice = _NAMES.get(code.upper(), code.upper())
    if choice in settings:
        return _operations(settings[choice]), []
    if "H" in settings:
        return _operations(settings["R" if _is_rhombohedral(lattice) else "H"]), []
    found = {name: _operations(hall) for name, hall in settings.items()}
    made = {name: [copies_of(one, own, lattice) for one in positions] for name, own in found.items()}
    agreeing = [
        name
        for name, rows in made.items()
        if all(given is None or given == len(row) for row, given in zip(rows, multiplicities, strict=True))
    ]
    if len(agreeing) == 1 and any(multiplicities):
        chosen, why = agreeing[0], "as the multiplicities in the file say"
    else:
        chosen = max(sorted(made, reverse=True), key=lambda name: round(_shortest_A(made[name], lattice), 2))
        why = "in which ions keep farther apart"
    return found[chosen], [
        f"the file does not say which origin of {plain.strip()} it has: choice {chosen} is taken, {why}"
    ]


def operations_by_name(data: Mapping[str, Any]) -> Operations | None:
    """Find the operations of a group that a file names by a Hall symbol, an old or unusual symbol, or a number.

    None where the file lists operations, or names none or P 1.

    Raises
    ------
    StructureError
        If what is named is no space group.
    """
    if any(data.get(tag) for tag in _LISTED):
        return None
    symbol = next((str(data[tag]).strip() for tag in _SYMBOLS if data.get(tag)), "")
    hall = next((_bare(str(data[tag])) for tag in _HALL if data.get(tag)), "")
    for number, one in enumerate(_types(), start=1):
        if hall and _bare(one.hall_symbol) == hall:
            return _operations(number)
    found = _number(_SETTING.sub("", symbol), data)
    named = symbol if symbol not in {"?", "."} else ""
    if found is None and named:
        raise StructureError(
            "is no space group that is known, and the file lists no operations",
            field="_symmetry_space_group_name_H-M",
            value=symbol,
            fix="correct the symbol, or list the operations",
        )
    return None if found in {None, 1} else _operations(next(h for h, o in enumerate(_types(), 1) if o.number == found))


def copies_of(
    frac: NDArray[np.float64], operations: Operations, lattice: NDArray[np.float64]
) -> list[NDArray[np.float64]]:
    """Positions that symmetry makes of an atom; those nearly alike are one, at their mean.

    Parameters
    ----------
    frac
        Fractional coordinates.
    operations
        Rotations and translations.
    lattice
        Cell vectors as rows, in angstrom.
    """
    groups: list[list[NDArray[np.float64]]] = []
    for rotation, translation in operations:
        image = rotation @ frac + translation
        image -= np.floor(image + 1e-9)
        own = next((g for g in groups if near(image, g[0], lattice)), None)
        if own is None:
            groups.append([image])
        else:
            own.append(image - np.rint(image - own[0]))
    means = [np.mean(group, axis=0) for group in groups]
    return [mean - np.floor(mean + 1e-9) for mean in means]


def near(one: NDArray[np.float64], other: NDArray[np.float64], lattice: NDArray[np.float64]) -> bool:
    """Whether two fractional positions are one site; ``lattice`` has the cell vectors as rows, in angstrom."""
    difference = one - other
    difference -= np.rint(difference)
    return bool(np.linalg.norm(difference @ lattice) < _ONE_SITE_A)


def _bare(symbol: str) -> str:
    return re.sub(r"[\s_'\"]", "", symbol).lower()


@cache
def _types() -> list[Any]:
    import spglib

    return [spglib.get_spacegroup_type(hall) for hall in range(1, 531)]


def _number(symbol: str, data: Mapping[str, Any]) -> int | None:
    """Find the number of a space group by its symbol, else by the number that the file gives."""
    short = _bare(symbol)
    for one in _types():
        names = {_bare(one.international_short), _bare(one.international_full)}
        # Before 1983 the cubic groups of m-3 and m-3m were written without the bar.
        if short and short in names | {re.sub(r"-3(m|c|n|d|$)", r"3\1", name) for name in names if one.number >= 200}:
            return int(one.number)
    given = next((str(data[tag]) for tag in _NUMBERS if data.get(tag)), "")
    return int(given) if given.isdigit() else None


def _settings(number: int | None) -> dict[str, int]:
    """Hall numbers of the settings of a group by origin or axes; empty where there is one."""
    own = [(one.choice, hall) for hall, one in enumerate(_types(), start=1) if one.number == number]
    return {choice: hall for choice, hall in own if choice in {"1", "2", "H", "R"}}


def _operations(hall_number: int) -> Operations:
    import spglib

    found = spglib.get_symmetry_from_database(hall_number)
    return list(zip(np.asarray(found["rotations"], float), np.asarray(found["translations"], float), strict=True))


def _is_rhombohedral(lattice: NDArray[np.float64]) -> bool:
    metric = lattice @ lattice.T
    lengths, products = metric.diagonal(), metric[[0, 0, 1], [1, 2, 2]]
    return bool(np.ptp(lengths) < 1e-3 * lengths[0] and np.ptp(products) < 1e-3 * lengths[0])


def _shortest_A(rows: Sequence[Sequence[NDArray[np.float64]]], lattice: NDArray[np.float64]) -> float:
    """Shortest distance between different positions, in angstrom; positions of two rows on one spot do not count."""
    all_of_them = np.array([position for row in rows for position in row])
    away = all_of_them[:, None] - all_of_them[None]
    distance = np.linalg.norm((away - np.rint(away)) @ lattice, axis=2)
    return float(distance[distance > _ONE_SITE_A].min(initial=np.inf))
