"""Exact counts where some pairs of sites may not both carry an ion.

The cycles of a permutation are the nodes of a graph; two cycles are joined where a forbidden pair has a site in each,
and a cycle that holds a forbidden pair itself must stay vacant. The connected parts of that graph are filled
independently of one another, so that the count is a coefficient of the product of their generating polynomials
(one variable per species).

The nodes of a part are filled one after the other. All fillings that keep the same nodes to come from being filled are
added up in one polynomial, so that the work grows with the width of the border between filled and open nodes, not with
the number of fillings (bucket elimination: R. Dechter, Artif. Intell. 113, 41 (1999); fillings told apart by what they
do to the rest: B.-M. Bui-Xuan, J. A. Telle, M. Vatshelle, Theor. Comput. Sci. 412, 5187 (2011)). How wide that is
depends on the order of the nodes: the cheapest of several greedy ones is taken. A polynomial is one whole number, whose
digits are the coefficients (L. Kronecker's substitution).
"""

import itertools
import math
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from ewald.ions import VACANCY
from ewald.space.sublattice import Sublattice

#: Work on one permutation, in bytes that are shifted and added; beyond, the count is given up.
MOST_BYTES = 1_500_000_000
# More different fillings of the border than that are not begun.
_MOST_PATTERNS = 200_000
# Nodes from which orders are begun, and what an order may cost (fillings to tell apart) that no better one is sought.
_STARTS = 12
_CHEAP = 10_000


class Entangled(Exception):  # noqa: N818
    """Too many sites exclude one another for an exact count."""


# What a node may hold: power of each variable per site of the node, as one exponent, and whether it is an ion.
_Options = tuple[tuple[int, bool], ...]


@dataclass(frozen=True)
class _Digits:
    """How the numbers of ions of some sublattices are written in one exponent, and coefficients in one number.

    ``exponents`` maps (sublattice, species) to the exponent that one site adds. In each sublattice the species of most
    sites takes what the others leave and has none; the rarest has the largest, which keeps the numbers short.
    """

    exponents: Mapping[tuple[int, int], int]
    wanted: int
    bits: int

    @classmethod
    def of(cls, sublattices: Mapping[int, Sublattice]) -> "_Digits":
        exponents: dict[tuple[int, int], int] = {}
        step, wanted, ways = 1, 0, 0.0
        for k, sublattice in sublattices.items():
            room = {j: len(sublattice.sites_of(j)) for j, count in enumerate(sublattice.counts) if count}
            rest = max(room, key=lambda j: (room[j], sublattice.counts[j]))
            exponents[k, rest] = 0
            for species in sorted(room.keys() - {rest}, key=lambda j: (-sublattice.counts[j], j)):
                exponents[k, species] = step
                wanted += step * sublattice.counts[species]
                step *= room[species] + 1
            ways += sum(math.log2(len(kind & room.keys()) or 1) for kind in sublattice.kinds)
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
        if len(part) == 1 and (part[0], part[0]) not in inner:
            options, length = nodes[part[0]]
            # Shifts: a product with so sparse a number takes much longer.
            polynomial = sum(polynomial << exponent * length * digits.bits for exponent, _ in options)
        else:
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
    joins = [sum(1 << other for other in others) for others in partners]
    # Fillings that keep the same nodes to come from being filled, as bits of a number, are added up.
    states: dict[int, int] = {0: 1}
    spent, open_nodes = 0, (1 << len(nodes)) - 1
    for node in _order(partners):
        options, length = nodes[node]
        open_nodes &= ~(1 << node)
        grown: dict[int, int] = {}
        for kept, polynomial in states.items():
            blocked = node in vacant or kept >> node & 1
            for exponent, ion in options:
                if ion and blocked:
                    continue
                key = (kept | joins[node] if ion else kept) & open_nodes
                grown[key] = grown.get(key, 0) + (polynomial << exponent * length * bits)
            spent += polynomial.bit_length() // 8 + 64
        states = grown
        if len(states) > _MOST_PATTERNS or spent * len(nodes[0][0]) > MOST_BYTES:
            raise Entangled
    return sum(states.values())


def _order(partners: Sequence[set[int]]) -> list[int]:
    """Return the cheapest of several greedy orders, so that little depends on how the sites are numbered."""
    best, least = _greedy(partners, min(range(len(partners)), key=lambda v: len(partners[v])), _least_filled)
    chance = random.Random(0)
    starts = chance.sample(range(len(partners)), min(_STARTS, len(partners)))
    for start, rule in itertools.product(starts, (_least_filled, _least_open)):
        if least <= _CHEAP:
            break
        order, cost = _greedy(partners, start, rule)
        if cost < least:
            best, least = order, cost
    return best


# Change of the numbers of filled nodes with open neighbours, and of open nodes with filled ones.
_Rule = Callable[[int, int], tuple[int, int]]


def _least_filled(filled: int, open_: int) -> tuple[int, int]:
    return filled, open_


def _least_open(filled: int, open_: int) -> tuple[int, int]:
    return open_, filled


def _greedy(partners: Sequence[set[int]], start: int, rule: _Rule) -> tuple[list[int], int]:
    """Order the nodes of a connected part from ``start`` on such that the border of the filled ones stays small.

    Returns
    -------
    tuple
        The order, and the most fillings that may have to be told apart on the way, summed over all steps: two to the
        number of filled nodes at the border, or of open ones there, whichever are fewer.
    """
    left = [len(others) for others in partners]
    filled, edge, border = set[int](), set[int](), {start}
    order, cost = list[int](), 0
    while border:
        node = min(border, key=lambda v: (*rule(*_changes(partners, left, filled, border, v)), v))
        order.append(node)
        filled.add(node)
        for other in partners[node]:
            left[other] -= 1
        edge = {v for v in edge | {node} if left[v]}
        border = (border | partners[node]) - filled
        cost += 1 << min(len(edge), len(border))
    return order, cost


def _changes(
    partners: Sequence[set[int]], left: Sequence[int], filled: set[int], border: set[int], node: int
) -> tuple[int, int]:
    """Change of the filled and of the open nodes at the border if a node of it is filled."""
    leave = sum(1 for other in partners[node] if other in filled and left[other] == 1)
    join = sum(1 for other in partners[node] if other not in filled and other not in border)
    return (left[node] > 0) - leave, join - 1


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
