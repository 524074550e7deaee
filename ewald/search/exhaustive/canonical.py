"""Canonical forms of many labellings at once; the same form as :meth:`ewald.space.symmetry.SymmetryGroup.canonical`."""

import numba
import numpy as np
from numpy.typing import NDArray


@numba.njit(cache=True, nogil=True)
def _canonical_forms(permutations, labels, forms, copies):  # type: ignore[no-untyped-def] # noqa: ANN001, ANN202
    """Write the lexicographically first symmetry copy of each labelling, and how many distinct copies it has.

    Parameters
    ----------
    permutations : int32 (order, n)
    labels, forms : int8 (m, n)
    copies : int64 (m,)
    """
    order, n = permutations.shape
    for m in range(labels.shape[0]):
        label, best = labels[m], forms[m]
        for i in range(n):
            best[i] = label[permutations[0, i]]
        equal = 0
        for g in range(order):
            permutation = permutations[g]
            sign = 0
            for i in range(n):
                value = label[permutation[i]]
                if value != best[i]:
                    sign = -1 if value < best[i] else 1
                    break
            if sign == 0:
                equal += 1
            elif sign < 0:
                equal = 1
                for i in range(n):
                    best[i] = label[permutation[i]]
        copies[m] = order // equal


def canonical_batch(
    permutations: NDArray[np.int32], labels: NDArray[np.int8]
) -> tuple[NDArray[np.int8], NDArray[np.int64]]:
    """Canonical forms (m, n) of labellings (m, n), and the number of distinct symmetry copies of each (m,)."""
    forms = np.empty_like(labels)
    copies = np.empty(len(labels), dtype=np.int64)
    _canonical_forms(permutations, labels, forms, copies)
    return forms, copies
