"""Small clusters of sites, and the combinations of pair products that are never negative on them.

Three ions on a triangle of sites are worse for a relaxation than for a crystal: pair by pair, each two sites may look
favourable, although no choice for all three is. Over a cluster of a few sites all choices can be listed, so that a
quadratic form q of their variables with q >= 0 for every choice is easily verified (the valid inequalities of a Boolean
quadric polytope: M. Padberg, Math. Program. 45, 139 (1989)). Any such forms, with any weights, may be taken from the
energy: what is left is nowhere higher, and far better bounded by convex relaxations.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations, combinations_with_replacement

import numpy as np
from numpy.typing import NDArray

from ewald.search.exact.relaxation.pair_orbits import PairOrbits

# Partners with which clusters are grown, for each kind of site.
_PARTNERS = 6
# Two sites say nothing that their pair costs do not.
_SMALLEST, _LARGEST = 3, 16


@dataclass(frozen=True, eq=False)
class Cluster:
    """Some sites with all that may be on them.

    Parameters
    ----------
    variables
        The variables of its sites; shape (k,).
    chosen
        Which of them are 1, for every choice that exclusions allow; shape (choices, k).
    pairs
        Sets of pairs of variables (positions in ``variables``, one with itself for the variable alone) whose products
        the cluster's own symmetry makes equal.
    kind, mean
        Choices that this symmetry makes equal have the same number; shape (choices,). The mean product of every set of
        pairs for each of these numbers; shape (sets, kinds).
    """

    variables: NDArray[np.int64]
    chosen: NDArray[np.bool_]
    pairs: tuple[tuple[tuple[int, int], ...], ...]
    kind: NDArray[np.int64]
    mean: NDArray[np.float64]

    @classmethod
    def of(cls, orbits: PairOrbits, sites: NDArray[np.int64]) -> "Cluster":
        """List all choices for some sites."""
        one_hot = orbits.one_hot
        options = [np.flatnonzero(one_hot.site == site) for site in sites]
        variables = np.concatenate(options)
        place = np.full(one_hot.size, -1, dtype=np.int64)
        place[variables] = np.arange(len(variables))
        choices = np.stack(np.meshgrid(*options, indexing="ij"), axis=-1).reshape(-1, len(sites))
        allowed = np.ones(len(choices), dtype=np.bool_)
        for s, t in combinations(range(len(sites)), 2):
            allowed &= ~one_hot.impossible[choices[:, s], choices[:, t]]
        choices = choices[allowed]
        chosen = np.zeros((len(choices), len(variables)), dtype=np.bool_)
        chosen[np.arange(len(choices))[:, None], place[choices]] = True
        moved = place[orbits.images[:, variables]]
        own = np.unique(moved[(moved >= 0).all(axis=1)], axis=0)
        weight = 1 << np.arange(len(variables), dtype=np.int64)
        code = np.min([chosen @ weight[image] for image in own], axis=0)
        _, kind, number = np.unique(code, return_inverse=True, return_counts=True)
        sets: dict[tuple[int, int], list[tuple[int, int]]] = {}
        for a, b in combinations_with_replacement(range(len(variables)), 2):
            if a == b or not one_hot.impossible[variables[a], variables[b]]:
                first = min((min(i[a], i[b]), max(i[a], i[b])) for i in own.tolist())
                sets.setdefault(first, []).append((a, b))
        pairs = tuple(tuple(members) for members in sets.values())
        products = [np.mean([chosen[:, a] & chosen[:, b] for a, b in members], axis=0) for members in pairs]
        mean = np.array([np.bincount(kind, weights=product) / number for product in products])
        return cls(variables, chosen, pairs, kind.astype(np.int64), mean)

    def orbit(self, orbits: PairOrbits) -> NDArray[np.int64]:
        """Orbit of every set of pairs; shape (sets,)."""
        return np.array([orbits.label[self.variables[a], self.variables[b]] for ((a, b), *_) in self.pairs])


def clusters(
    orbits: PairOrbits, strength: NDArray[np.float64], most_choices: int, most_variables: int = 60
) -> Iterator[Cluster]:
    """Yield different clusters around every kind of site, as large as their number of choices allows.

    One is a site with those that have most to do with it; others are grown from the site, or from it and one of these,
    by what has most to do with all of them together.

    Parameters
    ----------
    strength
        How much two variables have to do with one another; shape (n, n).
    most_choices, most_variables
        Limits of a cluster.
    """
    sites, row = len(orbits.sites), orbits.row
    between = np.zeros((sites, sites))
    np.maximum.at(between, (row[:, None], row[None, :]), np.abs(strength))
    between = np.maximum(between, between.T)
    np.fill_diagonal(between, 0.0)
    classes = np.bincount(row)
    known: set[tuple[int, ...]] = set()
    for site in np.unique(orbits.site_images.min(axis=0)).tolist():
        nearest = np.argsort(-between[site], kind="stable")
        nearest = nearest[nearest != site].tolist()
        starts = [[site], *([site, other] for other in nearest[:_PARTNERS])]
        for order in [[site, *nearest], *(_grown(start, between) for start in starts)]:
            size = int(np.searchsorted(np.cumsum(np.log(classes[order])), np.log(most_choices) + 1e-9, side="right"))
            size = min(size, int(np.searchsorted(np.cumsum(classes[order]), most_variables, side="right")))
            if size < _SMALLEST:
                continue
            copies = np.sort(orbits.site_images[:, order[:size]], axis=1)
            name = tuple(copies[np.lexsort(copies.T[::-1])[0]].tolist())
            if name not in known:
                known.add(name)
                yield Cluster.of(orbits, orbits.sites[list(name)])


def _grown(start: list[int], between: NDArray[np.float64]) -> list[int]:
    """Order sites from some first ones on, next always the one that has most to do with all before it."""
    order = list(start)
    total = between[order].sum(axis=0)
    while len(order) < min(len(between), _LARGEST):
        # Of equal ones that which is nearest to the first site.
        score = total + 1e-9 * between[order[0]]
        score[order] = -np.inf
        order.append(int(np.argmax(score)))
        total = total + between[order[-1]]
    return order
