"""Symmetry-distinct choices of the literals of one group: the dopant patterns that the search starts from."""

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

# Beyond either of these, searching from the empty node is quicker than listing patterns.
_MAX_CHOICES = 5_000_000
MAX_PATTERNS = 150_000
_MAX_BITS = 62


def enumerable(size: int, wanted: int, order: int) -> bool:
    """Whether the choices of ``wanted`` out of ``size`` literals, and the patterns under symmetry, can be listed."""
    choices = math.comb(size, wanted)
    return size <= _MAX_BITS and choices <= min(_MAX_CHOICES, MAX_PATTERNS * order)


def distinct_patterns(images: NDArray[np.int32], wanted: int) -> tuple[NDArray[np.uint64], NDArray[np.int32]]:
    """One pattern of each orbit, as bit masks, and the size of each orbit.

    Each choice has a number (its rank among the choices in colexicographic order); the first of an orbit to be met
    marks the numbers of all its images, which are then passed over.

    Parameters
    ----------
    images
        Where the symmetry takes each of the group's literals, numbered from 0; shape (order, size).
    wanted
        Literals in a pattern.

    Returns
    -------
    masks, sizes
        In ascending order of the masks; shapes (patterns,).
    """
    size = images.shape[1]
    binomials = np.zeros((size + 1, wanted + 2), dtype=np.int64)
    for above in range(size + 1):
        for below in range(wanted + 2):
            binomials[above, below] = min(math.comb(above, below), 2**62)
    rows = np.unique(images, axis=0)
    seen = np.zeros(math.comb(size, wanted), dtype=np.uint8)
    masks, sizes = _orbits(np.ascontiguousarray(rows), size, wanted, binomials, seen)
    return masks, sizes


@njit(cache=True, nogil=True)
def _orbits(rows, size, wanted, binomials, seen):  # type: ignore[no-untyped-def] # noqa: ANN001, ANN202
    masks = []
    sizes = []
    chosen = np.arange(wanted)
    for number in range(seen.size):
        if not seen[number]:
            mask = np.uint64(0)
            for literal in chosen:
                mask |= np.uint64(1) << np.uint64(literal)
            copies = 0
            for row in range(rows.shape[0]):
                image = _image_number(rows[row], chosen, binomials)
                if not seen[image]:
                    seen[image] = 1
                    copies += 1
            masks.append(mask)
            sizes.append(copies)
        _next_choice(chosen, size)
    return np.array(masks), np.array(sizes, dtype=np.int32)


@njit(cache=True, nogil=True)
def _image_number(row, chosen, binomials):  # type: ignore[no-untyped-def] # noqa: ANN001, ANN202
    """Rank of the image of a choice: the sum over its sorted members c_i of C(c_i, i + 1)."""
    mask = np.uint64(0)
    for literal in chosen:
        mask |= np.uint64(1) << np.uint64(row[literal])
    number = 0
    position = 1
    literal = 0
    while mask:
        if mask & np.uint64(1):
            number += binomials[literal, position]
            position += 1
        mask >>= np.uint64(1)
        literal += 1
    return number


@njit(cache=True, nogil=True)
def _next_choice(chosen, size):  # type: ignore[no-untyped-def] # noqa: ANN001, ANN202
    """Advance to the next choice in colexicographic order."""
    wanted = chosen.size
    for position in range(wanted):
        limit = chosen[position + 1] if position + 1 < wanted else size
        if chosen[position] + 1 < limit:
            chosen[position] += 1
            for lower in range(position):
                chosen[lower] = lower
            return
