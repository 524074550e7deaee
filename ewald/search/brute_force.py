"""The slow and obvious search: every arrangement, one after the other, in plain Python.

It is the truth that the fast searches are tested against, and serves spaces too small to be worth more.
"""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from ewald.search.ranking import rank
from ewald.search.result import SearchOutcome
from ewald.space.form import QuadraticForm
from ewald.space.sublattice import Sublattice
from ewald.space.symmetry import SymmetryGroup


def search(form: QuadraticForm, group: SymmetryGroup, keep: int) -> SearchOutcome:
    """Evaluate every allowed arrangement and keep the lowest symmetry-distinct ones.

    Meant for at most some thousands of arrangements.
    """
    allowed = [occupation for occupation in arrangements(form) if form.allowed(occupation)]
    lowest = rank(form, group, allowed, keep)
    return SearchOutcome(
        lowest=lowest,
        certified=True,
        bound_eV=lowest[-1][0] if lowest else None,
        gap_eV=0.0,
        evaluated=len(allowed),
        method="exhaustive",
    )


def arrangements(form: QuadraticForm) -> Iterator[NDArray[np.int8]]:
    """Yield every arrangement with the right counts, as species indices on the variable sites, shape (n,)."""
    for choice in _choices(form.sublattices):
        yield np.array(choice, dtype=np.int8)


def _choices(sublattices: Sequence[Sublattice]) -> Iterator[tuple[int, ...]]:
    if not sublattices:
        yield ()
        return
    for first in _fillings(sublattices[0].counts, sublattices[0].kinds):
        for rest in _choices(sublattices[1:]):
            yield first + rest


def _fillings(counts: tuple[int, ...], kinds: tuple[frozenset[int], ...]) -> Iterator[tuple[int, ...]]:
    """All distinct orders of a multiset with ``counts[s]`` copies of s, each on a site that may hold it."""
    if not any(counts):
        yield ()
        return
    for species, count in enumerate(counts):
        if count and species in kinds[0]:
            for rest in _fillings((*counts[:species], count - 1, *counts[species + 1 :]), kinds[1:]):
                yield (species, *rest)
