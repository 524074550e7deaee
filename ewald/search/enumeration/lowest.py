"""The lowest symmetry-distinct arrangements of a list with energies."""

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from ewald.search.ranking import TIE_EV
from ewald.space.symmetry import SymmetryGroup

# Groups up to this order are applied to many arrangements at once; larger ones to one arrangement after the other,
# whose copies are then known.
_SMALL_ORDER = 32
_ROWS = 4096

Occupations = Callable[[NDArray[np.intp]], NDArray[np.int8]]


def lowest_distinct(
    energies_eV: NDArray[np.float64], occupations: Occupations, group: SymmetryGroup, keep: int
) -> list[NDArray[np.int8]]:
    """Find canonical forms among which the ``keep`` lowest are, ties with the last of them included.

    Of very many ties in the last place the first canonical forms stay, as many as are kept.

    Parameters
    ----------
    energies_eV
        Shape (r,), good to much less than :data:`ewald.search.ranking.TIE_EV`. All copies must be in the list.
    occupations
        Gives species on the variable sites, shape (k, n), of k entries of the list.
    group
        Which arrangements are copies of one another.
    keep
        How many are wanted.
    """
    found: dict[bytes, float] = {}
    copies: set[bytes] = set()
    limit_eV = np.inf
    for some in _by_energy(energies_eV, min(len(energies_eV), max(_ROWS, 2 * keep * group.order))):
        for entries in np.split(some, range(_ROWS, len(some), _ROWS)):
            energies = energies_eV[entries]
            if energies[0] > limit_eV:
                return [np.frombuffer(key, dtype=np.int8) for key in _trimmed(found, keep)]
            rows = occupations(entries)
            if group.order <= _SMALL_ORDER:
                forms = first_copies(group.permutations, rows)
                for form, energy_eV in zip(forms, energies.tolist(), strict=True):
                    found.setdefault(form.tobytes(), energy_eV)
            else:
                _add_orbits(group, rows, energies, found, copies)
            if len(found) >= keep:
                limit_eV = sorted(found.values())[keep - 1] + 2 * TIE_EV
                if len(found) > 4 * keep + _ROWS:
                    found = _trimmed(found, keep)
    return [np.frombuffer(key, dtype=np.int8) for key in _trimmed(found, keep)]


def _by_energy(energies_eV: NDArray[np.float64], first: int) -> Iterator[NDArray[np.intp]]:
    """Yield the entries in the order of their energies: the lowest ``first``, which are often enough, then the rest."""
    if first >= len(energies_eV):
        yield np.argsort(energies_eV, kind="stable")
        return
    parts = np.argpartition(energies_eV, first)
    for part in (parts[:first], parts[first:]):
        yield part[np.argsort(energies_eV[part], kind="stable")]


def _add_orbits(
    group: SymmetryGroup,
    rows: NDArray[np.int8],
    energies_eV: NDArray[np.float64],
    found: dict[bytes, float],
    copies: set[bytes],
) -> None:
    """Add the canonical forms of rows that are no copies of earlier ones, and remember all copies."""
    for row, energy_eV in zip(rows, energies_eV.tolist(), strict=True):
        if row.tobytes() in copies:
            copies.discard(row.tobytes())
            continue
        orbit = set(map(bytes, np.ascontiguousarray(row[group.permutations])))
        found.setdefault(min(orbit), energy_eV)
        copies |= orbit
        copies.discard(row.tobytes())


def first_copies(permutations: NDArray[np.int32], rows: NDArray[np.int8]) -> NDArray[np.int8]:
    """Canonical forms of many arrangements, shape (r, n), under a group of low order."""
    best = np.ascontiguousarray(rows)
    for permutation in permutations[1:]:
        other = np.ascontiguousarray(rows[:, permutation])
        difference = other != best
        where = difference.argmax(axis=1)
        index = np.arange(len(rows))
        best = np.where((other[index, where] < best[index, where])[:, None], other, best)
    return best


def _trimmed(found: dict[bytes, float], keep: int) -> dict[bytes, float]:
    """Drop what cannot be among the lowest; of many ties at the end, the first canonical forms stay."""
    if len(found) <= keep:
        return found
    ranked = sorted((energy_eV, key) for key, energy_eV in found.items())
    last_eV = ranked[keep - 1][0]
    below = [(energy_eV, key) for energy_eV, key in ranked if energy_eV < last_eV - 2 * TIE_EV]
    tied = [(energy_eV, key) for energy_eV, key in ranked if abs(energy_eV - last_eV) <= 2 * TIE_EV]
    if len(tied) > 4 * keep:
        tied = sorted(tied, key=lambda entry: entry[1])[:keep]
    return {key: energy_eV for energy_eV, key in (*below, *tied)}
