"""One order for low-energy arrangements, the same whatever search found them and in whatever order."""

from collections.abc import Iterable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ewald.space.form import QuadraticForm
from ewald.space.symmetry import SymmetryGroup

# Energies that differ by less are ties: rounding of a sum of some 1e4 eV, with room to spare.
TIE_EV = 1e-7

Ranked = tuple[tuple[float, int, NDArray[np.int8]], ...]


def rank(form: QuadraticForm, group: SymmetryGroup, occupations: Iterable[ArrayLike], keep: int) -> Ranked:
    """Reduce arrangements to the lowest symmetry-distinct ones.

    Each is brought to canonical form, symmetry copies are dropped, and the energy is computed anew from the canonical
    form, so that it does not depend, to the last bit, on how the arrangement was found. Sorted by energy; ties (within
    :data:`TIE_EV` of the lowest of them) by canonical form, each with at least the energy
    of the one before it.

    Parameters
    ----------
    form, group
        The problem; the trivial group keeps symmetry copies apart.
    occupations
        Species indices on the variable sites, each of shape (n,). To be independent of the search, they must contain
        everything up to :data:`TIE_EV` above the last arrangement kept.
    keep
        How many to return at most.

    Returns
    -------
    tuple of (energy_eV, multiplicity, canonical occupation)
    """
    found: dict[bytes, tuple[float, int, NDArray[np.int8]]] = {}
    for occupation in occupations:
        canonical, multiplicity = group.canonical(occupation)
        key = canonical.tobytes()
        if key not in found:
            found[key] = (form.energy(canonical), multiplicity, canonical)
    return tuple(_sorted_with_ties(list(found.values()))[:keep])


def _sorted_with_ties(entries: list[tuple[float, int, NDArray[np.int8]]]) -> list[tuple[float, int, NDArray[np.int8]]]:
    entries.sort(key=lambda entry: (entry[0], entry[2].tobytes()))
    ordered: list[tuple[float, int, NDArray[np.int8]]] = []
    while entries:
        ties = sum(entry[0] < entries[0][0] + TIE_EV for entry in entries)
        for energy_eV, multiplicity, occupation in sorted(entries[:ties], key=lambda entry: entry[2].tobytes()):
            # Ties differ by rounding, which must not make the list look unsorted.
            floor_eV = ordered[-1][0] if ordered else energy_eV
            ordered.append((max(energy_eV, floor_eV), multiplicity, occupation))
        entries = entries[ties:]
    return ordered
