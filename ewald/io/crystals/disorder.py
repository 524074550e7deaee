"""Disorder groups of a CIF: atoms of different groups of an assembly are alternatives, one of which is there at a time.

CIF core dictionary, ``_atom_site_disorder_assembly`` and ``_atom_site_disorder_group``. Programs that name no assembly
(SHELXL) use the same groups for all disorder of a crystal; their atoms are taken for alternatives where they touch.
"""

import itertools
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from ewald.io.crystals.atom_rows import AtomRow
from ewald.io.crystals.symmetry import Operations

#: Two sites of a cell that never both carry an ion; the second lies so many cell vectors beyond its place in the cell.
Alternatives = tuple[tuple[int, int, tuple[int, int, int]], ...]

# Atoms of two groups without an assembly are alternatives below this distance.
_TOUCHING_A = 2.5
_ROUNDING = 0.02


def alternatives_of(
    rows: Sequence[AtomRow], operations: Operations, lattice: NDArray[np.float64], positions: NDArray[np.float64]
) -> tuple[Alternatives, list[str]]:
    """Find the pairs of sites that exclude one another by their disorder groups, and what to say of them.

    Parameters
    ----------
    rows
        The atoms of the file.
    operations
        Its symmetry operations: rotations and translations.
    lattice, positions
        Cell vectors as rows, in angstrom; fractional coordinates of the sites, shape (n, 3).
    """
    assemblies: dict[str, dict[str, list[AtomRow]]] = {}
    for row in rows:
        if row.disorder is not None and row.position is not None:
            assembly, group = row.disorder
            assemblies.setdefault(assembly, {}).setdefault(group, []).append(row)
    used, crowded, loose = list[str](), list[str](), list[str]()
    pairs: set[tuple[int, int, tuple[int, int, int]]] = set()
    for assembly, groups in assemblies.items():
        names = [assembly + group for group in groups]
        filled = sum(max(row.occupancy for row in members) for members in groups.values())
        if len(groups) < 2:
            continue
        if filled > 1 + _ROUNDING:
            crowded += names
            continue
        used += names
        if filled < 1 - _ROUNDING and any(len(members) > 1 for members in groups.values()):
            loose += names
        for one, other in itertools.combinations(groups.values(), 2):
            for a, b in itertools.product(one, other):
                second = _near(a, b, lattice, None if assembly else _TOUCHING_A)
                if second is not None:
                    pairs |= _copies(np.asarray(a.position), second, operations, lattice, positions)
    return tuple(sorted(pairs)), _notes(assemblies, used, crowded, loose)


def _near(a: AtomRow, b: AtomRow, lattice: NDArray[np.float64], within_A: float | None) -> NDArray[np.float64] | None:
    """Return the place of b that is nearest to a; None where it is too far."""
    away = np.asarray(b.position) - np.asarray(a.position)
    away -= np.rint(away)
    if within_A is not None and np.linalg.norm(away @ lattice) > within_A:
        return None
    return np.asarray(a.position + away)


def _copies(
    first: NDArray[np.float64],
    second: NDArray[np.float64],
    operations: Operations,
    lattice: NDArray[np.float64],
    positions: NDArray[np.float64],
) -> set[tuple[int, int, tuple[int, int, int]]]:
    """All symmetry copies of a pair of places, as sites."""
    rotations, translations = operations
    sites, shifts = _sites(rotations @ first + translations, positions, lattice)
    others, further = _sites(rotations @ second + translations, positions, lattice)
    found = set()
    for i, j, shift in zip(sites.tolist(), others.tolist(), (further - shifts).tolist(), strict=True):
        if i != j:
            sign = 1 if i < j else -1
            found.add((min(i, j), max(i, j), (sign * shift[0], sign * shift[1], sign * shift[2])))
    return found


def _sites(
    points: NDArray[np.float64], positions: NDArray[np.float64], lattice: NDArray[np.float64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Nearest site of each point, and by how many cell vectors the point lies beyond it."""
    away = points[:, None] - positions[None]
    shifts = np.rint(away)
    nearest = np.linalg.norm((away - shifts) @ lattice, axis=2).argmin(axis=1)
    return nearest, shifts[np.arange(len(points)), nearest].astype(np.int64)


def _notes(
    assemblies: Mapping[str, Mapping[str, Sequence[AtomRow]]],
    used: Sequence[str],
    crowded: Sequence[str],
    loose: Sequence[str],
) -> list[str]:
    notes = []
    if used:
        notes.append(f"atoms of different disorder groups ({', '.join(used)}) exclude one another")
    if loose:
        notes.append(
            f"atoms of disorder groups that do not fill their assembly are placed one by one ({', '.join(loose)})"
        )
    if crowded:
        notes.append(
            f"WARNING: the occupancies of the disorder groups {', '.join(crowded)} add up to more than 1: distances "
            "decide which of their sites exclude one another"
        )
    special = [assembly + group for assembly, groups in assemblies.items() for group in groups if group[0] == "-"]
    if special:
        notes.append(
            f"distances decide which symmetry copies of a disorder group exclude one another ({', '.join(special)})"
        )
    alone = [
        assembly + group
        for assembly, groups in assemblies.items()
        for group in groups
        if len(groups) == 1 and group[0] != "-"
    ]
    if alone:
        notes.append(f"disorder groups without an alternative in their assembly change nothing ({', '.join(alone)})")
    return notes
