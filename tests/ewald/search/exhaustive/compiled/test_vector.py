"""The vectors against plain Python, at lengths around a multiple of the lanes."""

import numpy as np
import pytest
from numba import njit

from ewald.search.exhaustive.compiled.vector import EXCLUDED, LANES, triangle_bins, triangle_minimum

SHIFT = 9


@njit
def run_both(single, pair, columns, rows, whole, bins, shift):  # noqa: PLR0917
    return (
        triangle_minimum(single, pair, columns, rows, whole),
        triangle_bins(single, pair, columns, rows, whole, bins, shift),
    )


@pytest.mark.parametrize("rows", [2, LANES - 1, LANES, LANES + 1, 2 * LANES + 3])
@pytest.mark.parametrize("whole", [0, 1 << 20])
def test_a_triangle(rows, whole):
    rng = np.random.default_rng(rows)
    columns = rows + LANES
    single = rng.integers(0, 1 << 15, columns).astype(np.int32)
    pair = np.full((rows, columns), EXCLUDED, dtype=np.int32)
    below = np.tri(rows, rows, -1, dtype=bool)
    pair[:, :rows][below] = rng.integers(0, 1 << 15, below.sum())
    energies = [whole + int(single[k]) + int(single[j]) + int(pair[k, j]) for k in range(rows) for j in range(k)]
    bins = np.zeros(len(energies) + LANES, dtype=np.uint16)
    lowest, again = run_both(single, pair.ravel(), columns, rows, np.int32(whole), bins, np.int32(SHIFT))
    assert lowest == again == min(energies)
    assert bins[: len(energies)].tolist() == [(energy >> SHIFT) & 0xFFFF for energy in energies]
