"""One block of the exhaustive kernel against whole-number arithmetic in plain Python."""

import numpy as np
import pytest

from ewald.exhaustive.block import (
    FIRST_LOW,
    SQUARE_HIGH,
    SQUARE_LOW,
    WHOLE_TRIANGLE,
    bin_block,
    lowest_of_block,
    triangle_sums,
)
from ewald.exhaustive.vector import EXCLUDED, LANES

SHIFT = 12


def triangle(rows, reach, seed):
    """Single and pair terms of up to ``reach``, as the kernel holds them."""
    rng = np.random.default_rng(seed)
    single = np.zeros(rows + LANES, dtype=np.int32)
    single[:rows] = rng.integers(-reach, reach + 1, rows)
    lower = np.tril(rng.integers(-reach, reach + 1, (rows, rows)), -1)
    padded = np.full((rows, rows + LANES), EXCLUDED, dtype=np.int32)
    below = np.tri(rows, rows, -1, dtype=bool)
    padded[:, :rows][below] = lower[below]
    return single, lower, padded


@pytest.mark.parametrize("rows", [0, 1, 2, 9, 33, 72, 700])
@pytest.mark.parametrize("reach", [50, 1 << 25])
def test_a_whole_triangle(rows, reach):
    """Lowest, bins and moments; with the widest terms the squares of 700 rows exceed 64 bits."""
    single, lower, padded = triangle(max(rows, 1), reach, seed=rows)
    whole, centre = 3 * reach, reach // 3
    energies = [whole + int(single[k]) + int(single[j]) + int(lower[k, j]) for k in range(rows) for j in range(k)]
    partners, pairs, squares = triangle_sums(lower)
    nothing = np.zeros(0, dtype=np.int32)
    empty = np.zeros(0, dtype=np.int64)
    integers = np.array([1 << 28, centre, SHIFT], dtype=np.int32)
    sums = np.zeros(5, dtype=np.int64)
    bins = np.zeros(padded.size + LANES, dtype=np.uint16)
    lowest, filled = bin_block(
        single, padded.ravel(), nothing, empty, empty, padded.shape[1], rows, whole, integers, WHOLE_TRIANGLE, sums,
        bins, partners, pairs, squares,
    )  # fmt: skip
    assert filled == len(energies)
    assert lowest == min(energies, default=0x7FFFFFFF)
    assert bins[:filled].tolist() == [(energy >> SHIFT) & 0xFFFF for energy in energies]
    assert int(sums[FIRST_LOW]) == sum(energy - centre for energy in energies)
    square = (int(sums[SQUARE_HIGH]) << 32) + int(sums[SQUARE_LOW])
    assert square == sum((energy - centre) ** 2 for energy in energies)
    assert rows < 700 or reach == 50 or square > 1 << 64
    counted = np.zeros(5, dtype=np.int64)
    again = lowest_of_block(
        single, padded.ravel(), nothing, empty, empty, padded.shape[1], rows, whole, 1 << 28, WHOLE_TRIANGLE, counted
    )
    assert (again, counted[0]) == (lowest, len(energies))
