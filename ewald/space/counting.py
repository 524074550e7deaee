"""Exact counts of arrangements, with and without their symmetry copies (Burnside's lemma, Polya's cycle index).

The number of arrangements that a permutation leaves as they are is the number of ways to give each of its cycles one
species such that the counts come out; the mean of that over the group is the number of symmetry-distinct arrangements.
G. Polya, Acta Math. 68, 145 (1937); F. Harary and E. M. Palmer, Graphical Enumeration (1973), ch. 2.
"""

import math
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from ewald.space.exclusion import Entangled, count_fixed, count_orbits
from ewald.space.room import filled_of, have_room
from ewald.space.sublattice import Sublattice

_CycleType = tuple[tuple[int, int], ...]


def count_configurations(sublattices: Sequence[Sublattice], forbidden: NDArray[np.int64]) -> int | None:
    """Count all arrangements: the product of multinomial coefficients, less what forbidden pairs exclude.

    Parameters
    ----------
    sublattices
        The variable ones.
    forbidden
        Pairs of variable sites that may not both carry an ion, shape (m, 2).

    Returns
    -------
    int or None
        None where forbidden pairs entangle too many sites for an exact count, and the ions have room.
    """
    if not len(forbidden):
        return math.prod(sublattice.configurations for sublattice in sublattices)
    identity = np.arange(sum(len(s.sites) for s in sublattices), dtype=np.int32)
    try:
        return count_fixed(identity, sublattices, forbidden)
    except Entangled:
        ends = np.cumsum([len(s.sites) for s in sublattices])
        sites = np.split(identity, ends[:-1])
        return None if have_room(filled_of(sublattices, [own.tolist() for own in sites]), forbidden.tolist()) else 0


def count_distinct(
    sublattices: Sequence[Sublattice], forbidden: NDArray[np.int64], permutations: NDArray[np.int32]
) -> int | None:
    """Count the arrangements that are not symmetry copies of one another.

    Parameters
    ----------
    sublattices, forbidden
        As for :func:`count_configurations`.
    permutations
        The group of the variable sites, shape (order, n).

    Returns
    -------
    int or None
        None as for :func:`count_configurations`.
    """
    if len(forbidden):
        try:
            return count_orbits(sublattices, forbidden, permutations)
        except Entangled:
            return None
    if any(sublattice.only for sublattice in sublattices):
        return count_orbits(sublattices, forbidden, permutations)
    sizes = [len(sublattice.sites) for sublattice in sublattices]
    total = 0
    for types, copies in Counter(cycle_types(permutation, sizes) for permutation in permutations).items():
        ways = (colourings(cycles, s.counts) for cycles, s in zip(types, sublattices, strict=True))
        total += copies * math.prod(ways)
    return total // len(permutations)


def cycle_types(permutation: NDArray[np.int32], sizes: list[int]) -> tuple[_CycleType, ...]:
    """Cycle type on each block of sites: sorted pairs (length, number of cycles), one tuple per block."""
    image = permutation.tolist()
    types, start = [], 0
    seen = [False] * len(image)
    for size in sizes:
        lengths: Counter[int] = Counter()
        for site in range(start, start + size):
            length = 0
            while not seen[site]:
                seen[site] = True
                site = image[site]  # noqa: PLW2901
                length += 1
            if length:
                lengths[length] += 1
        types.append(tuple(sorted(lengths.items())))
        start += size
    return tuple(types)


@lru_cache(maxsize=4096)
def colourings(cycles: _CycleType, counts: tuple[int, ...]) -> int:
    """Count the ways to give each cycle one species such that species s covers ``counts[s]`` sites.

    This is the coefficient of prod_s x_s^counts[s] in prod over cycles of (sum_s x_s^length).
    """
    wanted = [count for count in counts if count]
    if len(wanted) <= 1:
        return 1
    # The first species takes what is left: only the others' numbers are tracked.
    others = tuple(sorted(wanted)[:-1])
    states: dict[tuple[int, ...], int] = {(0,) * len(others): 1}
    for length, number in cycles:
        states = _with_cycles(states, others, length, number)
    return states.get(others, 0)


def _with_cycles(
    states: dict[tuple[int, ...], int], limits: tuple[int, ...], length: int, number: int
) -> dict[tuple[int, ...], int]:
    """Multiply the polynomial ``states`` by (1 + sum_s x_s^length)^number, cut off at the limits."""
    choices: list[tuple[tuple[int, ...], int]] = [((), 1)]
    for limit in limits:
        choices = [
            ((*taken, k), ways * math.comb(number - sum(taken), k))
            for taken, ways in choices
            for k in range(min(limit // length, number - sum(taken)) + 1)
        ]
    result: dict[tuple[int, ...], int] = {}
    for state, ways in states.items():
        for taken, factor in choices:
            reached = tuple(have + length * k for have, k in zip(state, taken, strict=True))
            if all(have <= limit for have, limit in zip(reached, limits, strict=True)):
                result[reached] = result.get(reached, 0) + ways * factor
    return result
