"""Arrangements that the energy cannot tell apart: species of equal charge dealt out over the sites of their class."""

import math
from collections.abc import Iterator, Sequence
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from ewald.search.exact.relaxation.literals import LiteralProblem
from ewald.space.symmetry import SymmetryGroup

# Up to this many deals all are compared; beyond, the first distinct ones in the order of the canonical class choice.
MAX_DEALS = 5000


def deal_species(
    problem: LiteralProblem, choice: NDArray[np.int8], group: SymmetryGroup, keep: int
) -> list[NDArray[np.int8]]:
    """Species indices on the variable sites, shape (n,), for the charge classes ``choice``: the first ``keep`` orbits.

    All of them have the same energy. "First" is by canonical form, so that every symmetry copy of ``choice`` gives
    the same answer; where there are more than :data:`MAX_DEALS` deals, it is by the order in which the deals of the
    canonical copy of ``choice`` are listed.
    """
    if all(len(charge_class.species) == 1 for classes in problem.classes for charge_class in classes):
        return [next(_deals(problem, choice))]
    if _deal_count(problem) <= MAX_DEALS:
        forms = {canonical.tobytes(): canonical for canonical in _canonical_deals(problem, choice, group)}
        return [forms[key] for key in sorted(forms)[:keep]]
    distinct: dict[bytes, NDArray[np.int8]] = {}
    for canonical in _canonical_deals(problem, group.canonical(choice)[0], group):
        distinct.setdefault(canonical.tobytes(), canonical)
        if len(distinct) == keep:
            break
    return list(distinct.values())


def _deal_count(problem: LiteralProblem) -> int:
    ways = 1
    for classes in problem.classes:
        for charge_class in classes:
            ways *= math.factorial(charge_class.count)
            for count in charge_class.counts:
                ways //= math.factorial(count)
    return ways


def _canonical_deals(
    problem: LiteralProblem, choice: NDArray[np.int8], group: SymmetryGroup
) -> Iterator[NDArray[np.int8]]:
    for occupation in _deals(problem, choice):
        yield group.canonical(occupation)[0]


def _deals(problem: LiteralProblem, choice: NDArray[np.int8]) -> Iterator[NDArray[np.int8]]:
    """Every way to deal the species, in lexicographic order of the pools."""
    pools = []
    for k, classes in enumerate(problem.classes):
        members = problem.form.members(k)
        for number, charge_class in enumerate(classes):
            pools.append((members[choice[members] == number], charge_class))
    occupation = np.zeros(problem.form.n, dtype=np.int8)
    wide = []
    for sites, charge_class in pools:
        if len(charge_class.species) == 1:
            occupation[sites] = charge_class.species[0]
        else:
            wide.append((sites, charge_class))
    for fillings in _product([charge_class.counts for _, charge_class in wide]):
        dealt = occupation.copy()
        for (sites, charge_class), filling in zip(wide, fillings, strict=True):
            dealt[sites] = np.array(charge_class.species)[list(filling)]
        yield dealt


def _product(counts: Sequence[tuple[int, ...]]) -> Iterator[tuple[tuple[int, ...], ...]]:
    """Product of the fillings, one at a time: there may be 1e12 of them."""
    if not counts:
        yield ()
        return
    for first in _fillings(counts[0]):
        for rest in _product(counts[1:]):
            yield (first, *rest)


def _fillings(counts: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
    """All distinct orders of a multiset with ``counts[s]`` copies of s, in lexicographic order."""
    current = [s for s, count in enumerate(counts) for _ in range(count)]
    while True:
        yield tuple(current)
        pivot = next((i for i in range(len(current) - 2, -1, -1) if current[i] < current[i + 1]), -1)
        if pivot < 0:
            return
        other = next(i for i in range(len(current) - 1, pivot, -1) if current[i] > current[pivot])
        current[pivot], current[other] = current[other], current[pivot]
        current[pivot + 1 :] = islice(reversed(current), len(current) - pivot - 1)
