"""The first of an arrangement's symmetry copies."""

import numpy as np
from numpy.typing import NDArray

# Sites compared at once: as many species indices as a machine word holds.
_WORD = 8


def first_copy(permutations: NDArray[np.int32], occupation: NDArray[np.int8]) -> tuple[int, int]:
    """Find the copy that comes first in lexicographic order.

    Parameters
    ----------
    permutations
        Shape (order, n).
    occupation
        Species indices, zero or more; shape (n,).

    Returns
    -------
    tuple
        The row of ``permutations`` that makes it, and how many rows do.
    """
    species = occupation.view(np.uint8)
    left = np.arange(len(permutations))
    for start in range(0, permutations.shape[1], _WORD):
        copies = species[permutations[left, start : start + _WORD]]
        if copies.shape[1] < _WORD:
            copies = np.pad(copies, ((0, 0), (0, _WORD - copies.shape[1])))
        words = copies.view(">u8")[:, 0]
        left = left[words == words.min()]
        if len(left) == 1:
            break
    return int(left[0]), len(left)
