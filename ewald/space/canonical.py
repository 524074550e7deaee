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
    # Indexed site by site: indexing with a whole row would compile for seconds.
    best, copies = 0, 1
    for g in range(1, order):
        k = 0
        while k < n and occupation[permutations[g, k]] == occupation[permutations[best, k]]:
            k += 1
        if k == n:
            copies += 1
        elif occupation[permutations[g, k]] < occupation[permutations[best, k]]:
            best, copies = g, 1
    return best, np.int64(copies)
