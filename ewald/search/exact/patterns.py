"""Symmetry-distinct choices of the literals of one group: the dopant patterns that the search starts from."""

import math

import numpy as np
from numpy.typing import NDArray

from ewald.search.compiling import compiled_inner, compiled_plain

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
    masks, sizes = np.empty(len(seen), dtype=np.uint64), np.empty(len(seen), dtype=np.int32)
    patterns = _orbits(np.ascontiguousarray(rows), size, np.arange(wanted), binomials, seen, masks, sizes)
    return masks[:patterns].copy(), sizes[:patterns].copy()


@compiled_plain
def _orbits(rows, size, chosen, binomials, seen, masks, sizes):  # type: ignore[no-untyped-def] # noqa: ANN001, ANN202, PLR0917
    patterns = 0
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
            masks[patterns] = mask
            sizes[patterns] = copies
            patterns += 1
        _next_choice(chosen, size)
    return patterns


@compiled_inner
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


@compiled_inner
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
