"""Exact counts where some pairs of sites may not both carry an ion.

The cycles of a permutation are the nodes of a graph; two cycles are joined where a forbidden pair has a site in each,
and a cycle that holds a forbidden pair itself must stay vacant. The connected parts of that graph are filled
independently of one another, so that the count is a coefficient of the product of their generating polynomials
(one variable per species).
"""

import itertools
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from ewald.ions import VACANCY
from ewald.space.sublattice import Sublattice

# Fillings of one connected part that are gone through at most; beyond, the count is given up.
MOST_FILLINGS = 300_000

_Polynomial = dict[tuple[int, ...], int]


class Entangled(Exception):  # noqa: N818
    """Too many sites exclude one another for an exact count."""


def count_fixed(permutation: NDArray[np.int32], sublattices: Sequence[Sublattice], forbidden: NDArray[np.int64]) -> int:
    """Count the allowed arrangements that a permutation of the variable sites leaves as they are.

    Parameters
    ----------
    permutation
        Shape (n,).
    sublattices
        The variable sublattices, in the order of the variable sites.
    forbidden
        Pairs of variable sites, shape (m, 2).

    Raises
    ------
    Entangled
        If that would take too long.
    """
    owner = [k for k, sublattice in enumerate(sublattices) for _ in sublattice.sites]
    cycle_of, lengths, kinds = _cycles(permutation, owner)
    edges = {tuple(sorted((cycle_of[i], cycle_of[j]))) for i, j in forbidden.tolist()}
    limits = tuple(count for sublattice in sublattices for count in sublattice.counts)
    offsets = list(itertools.accumulate((len(s.species) for s in sublattices), initial=0))
    options = tuple(
        tuple((offsets[k] + number, species != VACANCY) for number, species in enumerate(sublattice.species))
        for k, sublattice in enumerate(sublattices)
    )
    total: _Polynomial = {(0,) * len(limits): 1}
    for part in _parts(len(lengths), edges):
        renamed = {cycle: position for position, cycle in enumerate(part)}
        inner = tuple(sorted((renamed[a], renamed[b]) for a, b in edges if a in renamed))
        nodes = tuple((options[kinds[cycle]], lengths[cycle]) for cycle in part)
        total = _product(total, _fillings(nodes, inner), limits)
    return total.get(limits, 0)


def _cycles(permutation: NDArray[np.int32], owner: Sequence[int]) -> tuple[list[int], list[int], list[int]]:
    image = permutation.tolist()
    cycle_of, lengths, kinds = [-1] * len(image), list[int](), list[int]()
    for start in range(len(image)):
        site, length = start, 0
        while cycle_of[site] < 0:
            cycle_of[site] = len(lengths)
            site, length = image[site], length + 1
        if length:
            lengths.append(length)
            kinds.append(owner[start])
    return cycle_of, lengths, kinds


def _parts(nodes: int, edges: set[tuple[int, ...]]) -> list[list[int]]:
    """Split a graph into its connected parts."""
    partners: dict[int, list[int]] = {}
    for a, b in edges:
        partners.setdefault(a, []).append(b)
        partners.setdefault(b, []).append(a)
    seen: set[int] = set()
    parts = []
    for start in range(nodes):
        if start in seen:
            continue
        part, queue = [], [start]
        seen.add(start)
        while queue:
            node = queue.pop()
            part.append(node)
            fresh = [other for other in partners.get(node, ()) if other not in seen]
            seen.update(fresh)
            queue.extend(dict.fromkeys(fresh))
        parts.append(sorted(part))
    return parts


@lru_cache(maxsize=4096)
def _fillings(
    nodes: tuple[tuple[tuple[tuple[int, bool], ...], int], ...], edges: tuple[tuple[int, int], ...]
) -> tuple[tuple[tuple[tuple[int, int], ...], int], ...]:
    """Go through all ways to fill one connected part; (species, sites) pairs to number of ways."""
    found: dict[tuple[tuple[int, int], ...], int] = {}
    earlier: list[list[int]] = [[] for _ in nodes]
    for a, b in edges:
        earlier[max(a, b)].append(min(a, b))
    steps = 0
    stack: list[tuple[tuple[bool, ...], tuple[tuple[int, int], ...]]] = [((), ())]
    while stack:
        ions, taken = stack.pop()
        node = len(ions)
        if node == len(nodes):
            found[taken] = found.get(taken, 0) + 1
            continue
        steps += 1
        if steps > MOST_FILLINGS:
            raise Entangled
        options, length = nodes[node]
        blocked = any(other == node or ions[other] for other in earlier[node])
        for species, ion in options:
            if not (ion and blocked):
                amounts = dict(taken)
                amounts[species] = amounts.get(species, 0) + length
                stack.append(((*ions, ion), tuple(sorted(amounts.items()))))
    return tuple(found.items())


def _product(
    total: _Polynomial, part: tuple[tuple[tuple[tuple[int, int], ...], int], ...], limits: tuple[int, ...]
) -> _Polynomial:
    result: _Polynomial = {}
    for state, ways in total.items():
        for taken, factor in part:
            reached = list(state)
            for species, sites in taken:
                reached[species] += sites
            key = tuple(reached)
            if all(have <= limit for have, limit in zip(key, limits, strict=True)):
                result[key] = result.get(key, 0) + ways * factor
    return result
