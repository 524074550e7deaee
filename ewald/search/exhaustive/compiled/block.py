# ruff: noqa: PLR0917 (compiled functions take their arguments by position)
"""One block of the exhaustive kernel: all choices of the last two picks, given the others.

What the kernel calls takes its tuples of arrays, which cost nothing because it is compiled into the kernel's loop; what
stays a call of its own takes plain arrays, because handing the tuples over would cost more than a row.

Where the last two picks are of one run, and no other run or forbidden pair touches their sublattice, the block is a
whole triangle. Every one of its energies is still formed, compared and binned. But its share in the moments follows
from sums over single sites and over the constant pair terms (tables of :func:`triangle_sums`), exactly:
with E = D + s_k + s_j + p_kj over the pairs of R sites,

    sum (s_k + s_j)^2 = (R - 2) sum s^2 + (sum s)^2,    sum (s_k + s_j) p_kj = sum_k s_k sum_(j != k) p_kj.
"""

import numpy as np
from numpy.typing import NDArray

from ewald.search.compiling import compiled, compiled_inline
from ewald.search.exhaustive.compiled.vector import (
    EXCLUDED,
    SUMMED_AT_ONCE,
    block_bins,
    block_minimum,
    triangle_bins,
    triangle_minimum,
)

# Kinds of block: one pick only, the last two of different runs, of one run, and of one run with nothing excluded.
ROW, RECTANGLE, TRIANGLE, WHOLE_TRIANGLE = range(4)
# Entries of Scratch.sums and Output.moments.
COUNT, FIRST_HIGH, FIRST_LOW, SQUARE_HIGH, SQUARE_LOW = range(5)
# Moments are kept exactly, in two words each: the high one counts units of 2^32.
LOW_BITS = (1 << 32) - 1
# Adding and subtracting this rounds a float64 to the nearest whole number, in vectors as well.
_ROUND = 6755399441055744.0


@compiled_inline
def fill_block(tables, scratch, level, rows, width, kind):  # type: ignore[no-untyped-def] # noqa: ANN001, ANN201
    """Turn the potential of a level into the whole numbers that the block's energies are sums of.

    Rows are filled but for a whole triangle, whose energy without its two sites' own terms is returned.
    """
    single, row_base, row_start, row_length = scratch.single, scratch.row_base, scratch.row_start, scratch.row_length
    potential, blocked, diagonal = scratch.potential, scratch.blocked, tables.diagonal
    lows, charges = tables.low, tables.dq
    columns, limit, per_eV, low, dq = tables.columns, tables.limit, tables.per_eV, lows[-1], charges[-1]
    middle = _fill_columns(single, potential, level, diagonal, blocked, dq, low, low + width, per_eV)
    offset = scratch.base[level] + tables.middle_eV - tables.low_eV + middle
    whole = np.int64(((offset + middle) * per_eV + _ROUND) - _ROUND)
    if kind == TRIANGLE:
        _fill_triangle(row_base, row_start, row_length, single, rows, whole, columns, limit)
    elif kind == RECTANGLE:
        _fill_rectangle(
            row_base, row_start, row_length, potential[level], diagonal, blocked, charges[-2], lows[-2],
            lows[-2] + rows, offset, per_eV, columns, width, limit,
        )  # fmt: skip
    elif kind == ROW:
        row_base[0] = np.int32((offset * per_eV + _ROUND) - _ROUND)
        row_length[0] = width
    return whole


@compiled_inline
def _fill_columns(single, potential, level, diagonal, blocked, dq, low, high, per_eV):  # type: ignore[no-untyped-def] # noqa: ANN001, ANN202
    """Integer energies of the last pick on the sites from ``low`` to ``high``; returns their middle in eV."""
    half = 0.5 * dq * dq
    middle = 0.0
    for site in range(low, high):
        if blocked[site] == 0:
            middle = dq * potential[level, site] + half * diagonal[site]
            break
    # Unsigned, so that no index can count from the end: only then does the loop become vectors.
    start = np.uint64(low)
    for k in range(np.uint64(high - low)):
        column = start + k
        energy = (dq * potential[level, column] + half * diagonal[column] - middle) * per_eV
        value = np.int32((energy + _ROUND) - _ROUND)
        single[k] = value if blocked[column] == 0 else np.int32(EXCLUDED)
    return middle


@compiled_inline
def _fill_triangle(row_base, row_start, row_length, single, rows, base, columns, limit):  # type: ignore[no-untyped-def] # noqa: ANN001, ANN202
    """Rows where the last two picks are of one run: the rows' own energies are those of the columns."""
    for k in range(rows):
        own = base + np.int64(single[k])
        # A row without a valid column may lie anywhere; one with a valid column lies within these limits.
        valid = single[k] != EXCLUDED and -limit < own < 2 * limit
        row_base[k] = np.int32(own) if valid else np.int32(0)
        row_start[k] = k * columns
        row_length[k] = k if valid else 0


@compiled_inline
def _fill_rectangle(  # type: ignore[no-untyped-def] # noqa: ANN202
    row_base, row_start, row_length, potential, diagonal, blocked, dq, low, high, offset, per_eV, columns, width, limit  # noqa: ANN001
):  # fmt: skip
    """Rows where the last two picks are of different runs."""
    half = 0.5 * dq * dq
    for site in range(low, high):
        k = site - low
        own = (offset + dq * potential[site] + half * diagonal[site]) * per_eV
        valid = blocked[site] == 0 and -limit < own < 2.0 * limit
        row_base[k] = np.int32((own + _ROUND) - _ROUND) if valid else np.int32(0)
        row_start[k] = k * columns
        row_length[k] = width if valid else 0


@compiled_inline
def lowest_of_block(tables, scratch, rows, whole, kind):  # type: ignore[no-untyped-def] # noqa: ANN001, ANN201
    """Lowest energy of a block; its number of configurations is added to the sums."""
    single, sums = scratch.single, scratch.sums
    if kind == WHOLE_TRIANGLE:
        sums[COUNT] += rows * (rows - 1) // 2
        return triangle_minimum(single, tables.pair, tables.columns, rows, np.int32(whole))
    lowest, counted = block_minimum(
        single, tables.pair, scratch.row_base, scratch.row_start, scratch.row_length, rows, tables.limit
    )
    sums[COUNT] += counted
    return lowest


@compiled_inline
def bin_block(tables, scratch, rows, whole, kind):  # type: ignore[no-untyped-def] # noqa: ANN001, ANN201
    """Lowest energy of a block and the number of bins written; its moments are added to the sums."""
    single, pair, bins, sums = scratch.single, tables.pair, scratch.bins, scratch.sums
    centre, shift = tables.centre, tables.shift
    if kind == WHOLE_TRIANGLE:
        _add_triangle_moments(single, tables.partners, tables.pairs, tables.squares, rows, whole - centre, sums)
        lowest = triangle_bins(single, pair, tables.columns, rows, np.int32(whole), bins, shift)
        return lowest, rows * (rows - 1) // 2
    return _bin_rows(
        single, pair, scratch.row_base, scratch.row_start, scratch.row_length, rows, tables.limit, bins, centre, shift,
        sums,
    )  # fmt: skip


@compiled_inline
def count_bins(bins, counts, filled):  # type: ignore[no-untyped-def] # noqa: ANN001, ANN201
    """Add a block's bins to the counts: one store for each, which is what bounds the speed of the whole search."""
    for k in range(filled):
        counts[bins[k]] += np.uint32(1)


@compiled
def _bin_rows(single, pair, row_base, row_start, row_length, rows, limit, bins, centre, shift, sums):  # type: ignore[no-untyped-def] # noqa: ANN001, ANN202
    """Lowest energy of a block and the number of bins written; as many rows at once as the sums can hold."""
    lowest, filled, begin = np.int64(0x7FFFFFFF), 0, 0
    while begin < rows:
        end, some = begin, 0
        while end < rows and (end == begin or some + row_length[end] <= SUMMED_AT_ONCE):
            some += row_length[end]
            end += 1
        least, first, square = block_bins(
            single, pair, row_base[begin:end], row_start[begin:end], row_length[begin:end], end - begin, limit,
            bins[filled:], centre, shift,
        )  # fmt: skip
        lowest = min(lowest, least)
        sums[FIRST_LOW] += first
        sums[SQUARE_HIGH] += square >> 32
        sums[SQUARE_LOW] += square & LOW_BITS
        filled += some
        begin = end
    return lowest, filled


@compiled
def _add_triangle_moments(single, partners, pairs, squares, rows, distance, sums):  # type: ignore[no-untyped-def] # noqa: ANN001, ANN202
    """Add a whole triangle's share to the moments; ``distance`` is D.

    The square may exceed 64 bits: its low ones are computed modulo 2^64, its high ones in floating point, whose error
    is far below 2^32 units of them.
    """
    total, total_square, cross = np.uint64(0), np.uint64(0), np.uint64(0)
    total_f, square_f, cross_f = 0.0, 0.0, 0.0
    for k in range(rows):
        one = np.uint64(np.int64(single[k]))
        total += one
        total_square += one * one
        cross += one * np.uint64(partners[rows, k])
        value = np.float64(single[k])
        total_f += value
        square_f += value * value
        cross_f += value * np.float64(partners[rows, k])
    number, less, d = np.uint64(rows * (rows - 1) // 2), np.uint64(rows - 1), np.uint64(distance)
    lesser = np.uint64(rows - 2)
    inner = less * total + np.uint64(pairs[rows])
    low = (
        number * d * d
        + (d + d) * inner
        + lesser * total_square
        + total * total
        + cross
        + cross
        + np.uint64(squares[rows, 0])
    )
    number_f, d_f = np.float64(rows * (rows - 1) // 2), np.float64(distance)
    inner_f = (rows - 1.0) * total_f + np.float64(pairs[rows])
    square = number_f * d_f * d_f + 2.0 * d_f * inner_f + (rows - 2.0) * square_f + total_f * total_f + 2.0 * cross_f
    square += np.float64(squares[rows, 1]) * 4294967296.0 + np.float64(squares[rows, 0] & LOW_BITS)
    low_bits = np.int64(low & np.uint64(LOW_BITS))
    middle_bits = np.int64(low >> np.uint64(32))
    high = middle_bits + np.int64(round((square / 4294967296.0 - middle_bits) / 4294967296.0)) * 4294967296
    sums[FIRST_LOW] += np.int64(number * d + inner)
    sums[SQUARE_HIGH] += high
    sums[SQUARE_LOW] += low_bits


def triangle_sums(pair: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Sum the pair terms of the first R sites, for every R.

    Parameters
    ----------
    pair
        Lower triangle p_kj, j < k; shape (n, n).

    Returns
    -------
    partners
        Sum of p_kj over j != k among the first R; shape (n + 1, n).
    pairs
        Sum over all pairs; shape (n + 1,).
    squares
        Sum of squares over all pairs modulo 2^64, and its part above 2^32 in units of that; shape (n + 1, 2).
    """
    n = len(pair)
    lower = np.tril(pair, -1)
    whole = lower + lower.T
    partners = np.zeros((n + 1, n), dtype=np.int64)
    pairs = np.zeros(n + 1, dtype=np.int64)
    squares = np.zeros((n + 1, 2), dtype=np.int64)
    square = 0
    for rows in range(1, n + 1):
        partners[rows, :rows] = whole[:rows, :rows].sum(axis=1)
        pairs[rows] = pairs[rows - 1] + lower[rows - 1].sum()
        square += sum(int(value) ** 2 for value in lower[rows - 1])
        squares[rows] = (square & ((1 << 64) - 1)) - (1 << 64 if square >> 63 & 1 else 0), square >> 32
    return partners, pairs, squares
