"""Exact counts where some pairs of sites may not both carry an ion.

The cycles of a permutation are the nodes of a graph; two cycles are joined where a forbidden pair has a site in each,
and a cycle that holds a forbidden pair itself must stay vacant. The connected parts of that graph are filled
independently of one another, so that the count is a coefficient of the product of their generating polynomials
(one variable per species).

The nodes of a part are filled one after the other. All fillings that agree on the nodes which still have neighbours to
come (the frontier) are added up in one polynomial, so that the work grows with the width of the frontier, not with the
number of fillings (bucket elimination: R. Dechter, Artif. Intell. 113, 41 (1999)). A polynomial is one whole number,
whose digits are the coefficients (L. Kronecker's substitution).
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from ewald.ions import VACANCY
from ewald.space.sublattice import Sublattice

#: Work on one permutation, in bytes that are shifted and added; beyond, the count is given up.
MOST_BYTES = 1_500_000_000
# A frontier of more different fillings than that is not begun.
_MOST_PATTERNS = 200_000


class Entangled(Exception):  # noqa: N818
    """Too many sites exclude one another for an exact count."""


# What a node may hold: power of each variable per site of the node, as one exponent, and whether it is an ion.
_Options = tuple[tuple[int, bool], ...]


@dataclass(frozen=True)
class _Digits:
    """How the numbers of ions of some sublattices are written in one exponent, and coefficients in one number.

    ``exponents`` maps (sublattice, species) to the exponent that one site adds; the last species with ions of each
    sublattice takes what the others leave and has none.
    """

    exponents: Mapping[tuple[int, int], int]
    wanted: int
    bits: int

    @classmethod
    def of(cls, sublattices: Mapping[int, Sublattice]) -> "_Digits":
        exponents: dict[tuple[int, int], int] = {}
        step, wanted, ways = 1, 0, 0.0
        for k, sublattice in sublattices.items():
            present = [species for species, count in enumerate(sublattice.counts) if count]
            exponents[k, present[-1]] = 0
            for species in present[:-1]:
                exponents[k, species] = step
                wanted += step * sublattice.counts[species]
                step *= len(sublattice.sites) + 1
            ways += len(sublattice.sites) * math.log2(len(present))
        return cls(exponents, wanted, int(ways) + 2)

    def coefficient(self, polynomial: int) -> int:
        """Read the coefficient of the wanted numbers."""
        return (polynomial >> self.wanted * self.bits) & ((1 << self.bits) - 1)


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
    holds = [kind for sublattice in sublattices for kind in sublattice.kinds]
    cycle_of, lengths, kinds, firsts = _cycles(permutation, owner)
    edges = {tuple(sorted((cycle_of[i], cycle_of[j]))) for i, j in forbidden.tolist()}
    linked = {tuple(sorted((kinds[a], kinds[b]))) for a, b in edges}
    total = 1
    for chosen in _parts(len(sublattices), linked):
        digits = _Digits.of({k: sublattices[k] for k in chosen})
        members = [cycle for cycle, kind in enumerate(kinds) if kind in chosen]
        nodes = [
            (_options(sublattices[kinds[cycle]], kinds[cycle], holds[firsts[cycle]], digits), lengths[cycle])
            for cycle in members
        ]
        total *= _ways(members, nodes, edges, digits)
        if not total:
            return 0
    return total


def _options(sublattice: Sublattice, number: int, kind: frozenset[int], digits: _Digits) -> _Options:
    return tuple(
        (digits.exponents[number, k], species != VACANCY)
        for k, species in enumerate(sublattice.species)
        if sublattice.counts[k] and k in kind
    )


def _ways(
    members: Sequence[int], nodes: Sequence[tuple[_Options, int]], edges: set[tuple[int, ...]], digits: _Digits
) -> int:
    """Ways to fill the cycles of some sublattices with the wanted numbers of ions."""
    number = {cycle: position for position, cycle in enumerate(members)}
    inner: set[tuple[int, ...]] = {(number[a], number[b]) for a, b in edges if a in number}
    polynomial = 1
    for part in _parts(len(members), inner):
        renamed = {position: k for k, position in enumerate(part)}
        joined = tuple(sorted((renamed[a], renamed[b]) for a, b in inner if a in renamed))
        polynomial *= _fillings(tuple(nodes[position] for position in part), joined, digits.bits)
        # Numbers beyond the wanted ones never come back.
        polynomial &= (1 << (digits.wanted + 1) * digits.bits) - 1
    return digits.coefficient(polynomial)


def _cycles(permutation: NDArray[np.int32], owner: Sequence[int]) -> tuple[list[int], list[int], list[int], list[int]]:
    """Cycle of each site; length, sublattice and first site of each cycle."""
    image = permutation.tolist()
    cycle_of, lengths, kinds, firsts = [-1] * len(image), list[int](), list[int](), list[int]()
    for start in range(len(image)):
        site, length = start, 0
        while cycle_of[site] < 0:
            cycle_of[site] = len(lengths)
            site, length = image[site], length + 1
        if length:
            lengths.append(length)
            kinds.append(owner[start])
            firsts.append(start)
    return cycle_of, lengths, kinds, firsts


def _parts(nodes: int, edges: set[tuple[int, ...]]) -> list[list[int]]:
    """Split a graph into its connected parts."""
    partners = _neighbours(nodes, edges)
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
            fresh = [other for other in sorted(partners[node]) if other not in seen]
            seen.update(fresh)
            queue.extend(fresh)
        parts.append(sorted(part))
    return parts


def _neighbours(nodes: int, edges: "set[tuple[int, ...]] | tuple[tuple[int, int], ...]") -> list[set[int]]:
    partners: list[set[int]] = [set() for _ in range(nodes)]
    for a, b in edges:
        if a != b:
            partners[a].add(b)
            partners[b].add(a)
    return partners


@lru_cache(maxsize=4096)
def _fillings(nodes: tuple[tuple[_Options, int], ...], edges: tuple[tuple[int, int], ...], bits: int) -> int:
    """Return the generating polynomial of one connected part."""
    partners = _neighbours(len(nodes), edges)
    vacant = {a for a, b in edges if a == b}
    open_edges = [len(others) for others in partners]
    states: dict[frozenset[int], int] = {frozenset(): 1}
    spent = 0
    for node in _order(partners):
        options, length = nodes[node]
        keeps = open_edges[node] - len([o for o in partners[node] if open_edges[o] < 0]) > 0
        open_edges[node] = -1
        done = {o for o in partners[node] if open_edges[o] < 0 and all(open_edges[p] < 0 for p in partners[o])}
        grown: dict[frozenset[int], int] = {}
        for pattern, polynomial in states.items():
            blocked = node in vacant or not partners[node].isdisjoint(pattern)
            for exponent, ion in options:
                if ion and blocked:
                    continue
                key = pattern - done if not (ion and keeps) else (pattern - done) | {node}
                grown[key] = grown.get(key, 0) + (polynomial << exponent * length * bits)
            spent += polynomial.bit_length() // 8 + 64
        states = grown
        if len(states) > _MOST_PATTERNS or spent * len(nodes[0][0]) > MOST_BYTES:
            raise Entangled
    return sum(states.values())


def _order(partners: Sequence[set[int]]) -> list[int]:
    """Order the nodes such that few of those already filled have neighbours to come."""
    left = [len(others) for others in partners]
    frontier: set[int] = set()
    filled: set[int] = set()
    order = []
    for _ in partners:
        near = {o for node in frontier for o in partners[node] if o not in filled} or set(range(len(partners))) - filled
        # Fewest that join the frontier for those that leave it.
        node = min(
            near,
            key=lambda v: (
                (left[v] > 0) - sum(1 for o in partners[v] if o in frontier and left[o] == 1),
                left[v],
                v,
            ),
        )
        order.append(node)
        filled.add(node)
        for other in partners[node]:
            left[other] -= 1
            if other in frontier and not left[other]:
                frontier.discard(other)
        if left[node]:
            frontier.add(node)
    return order


def conjugacy_classes(permutations: NDArray[np.int32]) -> list[tuple[int, int]]:
    """One row of each class of conjugate permutations of a group, and the size of the class.

    Conjugate permutations leave equally many arrangements as they are.

    Parameters
    ----------
    permutations
        All permutations of the group, shape (order, n).
    """
    rows = np.ascontiguousarray(permutations)
    number = {row.tobytes(): k for k, row in enumerate(rows)}
    inverse = np.argsort(rows, axis=1).astype(rows.dtype)
    seen = np.zeros(len(rows), dtype=bool)
    classes = []
    for k in range(len(rows)):
        if seen[k]:
            continue
        # h g h^-1 for every h: where it takes i is h[g[h^-1[i]]].
        conjugates = np.take_along_axis(rows, rows[k][inverse], axis=1)
        members = {number[row.tobytes()] for row in np.ascontiguousarray(conjugates)}
        seen[list(members)] = True
        classes.append((k, len(members)))
    return classes


def count_orbits(
    sublattices: Sequence[Sublattice], forbidden: NDArray[np.int64], permutations: NDArray[np.int32]
) -> int:
    """Count the allowed arrangements that are no symmetry copies of one another (Burnside's lemma).

    Parameters
    ----------
    sublattices, forbidden
        As for :func:`count_fixed`.
    permutations
        The group of the variable sites, shape (order, n).

    Raises
    ------
    Entangled
        If that would take too long.
    """
    classes = conjugacy_classes(permutations)
    return sum(size * count_fixed(permutations[k], sublattices, forbidden) for k, size in classes) // len(permutations)
