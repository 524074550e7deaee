"""One block of the exhaustive kernel against whole-number arithmetic in plain Python."""

import numpy as np
import pytest

from ewald.search.exhaustive.compiled.block import (
    FIRST_LOW,
    SQUARE_HIGH,
    SQUARE_LOW,
    WHOLE_TRIANGLE,
    bin_block,
    lowest_of_block,
    triangle_sums,
)
from ewald.search.exhaustive.compiled.kernel import KernelTables, Scratch
from ewald.search.exhaustive.compiled.vector import EXCLUDED, LANES

SHIFT = 12
INT32, INT64, REAL = (np.zeros(0, dtype=kind) for kind in (np.int32, np.int64, np.float64))
TABLE = np.zeros((0, 0))
#: What a whole triangle does not read is empty.
BLANK_TABLES = KernelTables(
    low=INT64, high=INT64, first=INT64, dq=REAL, prefix_dq=REAL, A=TABLE, v=REAL, clash=TABLE.astype(np.uint8),
    pair=INT32, columns=0, empty_eV=0.0, low_eV=0.0, per_eV=1.0, middle_eV=0.0, limit=np.int32(1 << 28),
    centre=np.int32(0), shift=np.int32(SHIFT), diagonal=REAL, kind=WHOLE_TRIANGLE, partners=TABLE.astype(np.int64),
    pairs=INT64, squares=TABLE.astype(np.int64),
)  # fmt: skip
BLANK_SCRATCH = Scratch(
    state=INT64, cursor=INT64, position=INT64, base=REAL, potential=TABLE, blocked=INT32, single=INT32, row_base=INT32,
    row_start=INT64, row_length=INT64, bins=INT32.astype(np.uint16), counts=INT32.astype(np.uint32), sums=INT64,
)  # fmt: skip


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
    tables = BLANK_TABLES._replace(
        pair=padded.ravel(), columns=padded.shape[1], centre=np.int32(centre), kind=WHOLE_TRIANGLE,
        partners=partners, pairs=pairs, squares=squares,
    )  # fmt: skip
    bins, sums = np.zeros(padded.size + LANES, dtype=np.uint16), np.zeros(5, dtype=np.int64)
    scratch = BLANK_SCRATCH._replace(single=single, bins=bins, sums=sums)
    lowest, filled = bin_block(tables, scratch, rows, whole, WHOLE_TRIANGLE)
    assert filled == len(energies)
    assert lowest == min(energies, default=0x7FFFFFFF)
    assert bins[:filled].tolist() == [(energy >> SHIFT) & 0xFFFF for energy in energies]
    assert int(sums[FIRST_LOW]) == sum(energy - centre for energy in energies)
    square = (int(sums[SQUARE_HIGH]) << 32) + int(sums[SQUARE_LOW])
    assert square == sum((energy - centre) ** 2 for energy in energies)
    assert rows < 700 or reach == 50 or square > 1 << 64
    counted = np.zeros(5, dtype=np.int64)
    again = lowest_of_block(tables, scratch._replace(sums=counted), rows, whole, WHOLE_TRIANGLE)
    assert (again, counted[0]) == (lowest, len(energies))
