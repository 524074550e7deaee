"""Permutations that leave a matrix as it is."""

import numpy as np
from numpy.typing import NDArray

# Groups beyond this gain nothing more; the permutations found then are a subset that is closed: the identity.
_MOST = 20_000


def automorphisms(B: NDArray[np.float64], h: NDArray[np.float64]) -> NDArray[np.int32]:
    """Find all permutations p with B[p][:, p] = B and h[p] = h exactly, the identity first; shape (order, n).

    A few places tell all others apart by their costs with them; wherever symmetry takes those few, the rest follows. So
    their images are tried, one place after the other, and every permutation that results is checked.

    Examples
    --------
    >>> ring = np.array([[0, 1, 2, 1], [1, 0, 1, 2], [2, 1, 0, 1], [1, 2, 1, 0]])
    >>> len(automorphisms(ring, np.zeros(4)))
    8
    """
    n = len(B)
    kinds = np.unique(np.concatenate([B.ravel(), h]), return_inverse=True)[1]
    pair, single = kinds[: n * n].reshape(n, n), kinds[n * n :]
    base = _base(pair, single)
    found: list[NDArray[np.int32]] = []

    def signature(places: list[int]) -> NDArray[np.int64]:
        return np.column_stack([single, *(pair[p] for p in places), *(np.arange(n) == p for p in places)])

    wanted = signature(base)
    order = np.lexsort(wanted.T)

    def extend(images: list[int]) -> None:
        if len(found) > _MOST:
            return
        k = len(images)
        if k == len(base):
            mine = signature(images)
            sorted_places = np.lexsort(mine.T)
            if np.array_equal(mine[sorted_places], wanted[order]):
                moved = np.empty(n, dtype=np.int32)
                moved[order] = sorted_places
                if np.array_equal(pair[np.ix_(moved, moved)], pair):
                    found.append(moved)
            return
        fits = single == single[base[k]]
        for before, image in zip(base, images, strict=False):
            fits &= pair[image] == pair[before, base[k]]
        for candidate in np.flatnonzero(fits):
            extend([*images, int(candidate)])

    extend([])
    if len(found) > _MOST:
        return np.arange(n, dtype=np.int32)[None]
    return np.unique(np.stack(found), axis=0)


def _base(pair: NDArray[np.int64], single: NDArray[np.int64]) -> list[int]:
    """Few places whose costs with a place tell it from every other."""
    n = len(pair)
    classes = np.unique(single, return_inverse=True)[1]
    base: list[int] = []
    while len(np.unique(classes)) < n:
        split = [
            len(np.unique(classes * (pair.max() + 1) + pair[place])) if place not in base else 0 for place in range(n)
        ]
        best = int(np.argmax(split))
        base.append(best)
        # The place itself is told apart too, as the only one with no cost to itself among equals.
        own = np.zeros(n, dtype=np.int64)
        own[best] = 1
        classes = np.unique(np.column_stack([classes, pair[best], own]), axis=0, return_inverse=True)[1]
        if len(base) == n:
            break
    return base
