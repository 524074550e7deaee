"""Compiled search for the first of an arrangement's symmetry copies."""
# mypy: disable-error-code="no-untyped-def"

import numba
import numpy as np


@numba.njit(cache=True, nogil=True)
def first_copy(permutations, occupation):  # noqa: ANN001, ANN201
    """Find the copy that comes first in lexicographic order.

    Parameters
    ----------
    permutations
        Shape (order, n).
    occupation
        Species indices, shape (n,).

    Returns
    -------
    tuple
        The row of ``permutations`` that makes it, and how many rows do.
    """
    order, n = permutations.shape
    best, copies = 0, 1
    lowest = occupation[permutations[0]]
    for g in range(1, order):
        k = 0
        while k < n and occupation[permutations[g, k]] == lowest[k]:
            k += 1
        if k == n:
            copies += 1
        elif occupation[permutations[g, k]] < lowest[k]:
            best, copies = g, 1
            lowest = occupation[permutations[g]]
    return best, np.int64(copies)
