"""Reduction of a lattice: the shortest of the vectors that span it."""

from itertools import combinations

import numpy as np
from numpy.typing import NDArray

_PAIRS = tuple(combinations(range(4), 2))
_MOST_STEPS = 10_000


def selling_reduced(matrices: NDArray[np.int64], lattice: NDArray[np.float64]) -> NDArray[np.int64]:
    """Selling-reduce many sublattices at once; returns obtuse superbases, shape (n, 4, 3), in units of the cell.

    Method: B. Delaunay, Z. Kristallogr. 84, 109 (1933). While two vectors of the superbase make an acute angle, one is
    turned round and added to the other two; every step shortens the sum of squares, so it ends.
    """
    base = np.concatenate([matrices, -matrices.sum(axis=1, keepdims=True)], axis=1)
    metric = lattice @ lattice.T
    scale = float(np.trace(metric))
    for _ in range(_MOST_STEPS):
        products = np.einsum("nik,kl,njl->nij", base, metric, base)
        acute = np.stack([products[:, i, j] for i, j in _PAIRS], axis=1)
        worst = acute.argmax(axis=1)
        todo = acute[np.arange(len(base)), worst] > 1e-9 * scale
        if not todo.any():
            return base
        for pair, (i, j) in enumerate(_PAIRS):
            rows = np.flatnonzero(todo & (worst == pair))
            if rows.size:
                others = [k for k in range(4) if k not in (i, j)]
                base[rows[:, None], others] += base[rows, i][:, None]
                base[rows, i] *= -1
    raise ArithmeticError("the reduction of a lattice did not end")


def compact_cell(lattice: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the three shortest vectors of the reduced superbase as rows; a compact cell stays as it is."""
    vectors = selling_reduced(np.eye(3, dtype=np.int64)[None], lattice)[0] @ lattice
    lengths = np.linalg.norm(vectors, axis=1).round(9)
    return np.ascontiguousarray(vectors[np.sort(np.argsort(lengths, kind="stable")[:3])])
