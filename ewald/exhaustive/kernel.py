"""Visits every configuration below given starting points: depth first, the last two choices as one block.

A configuration is a sequence of picks (slots): sites are picked in rising order within the run of one species, so that
each arrangement comes up once. Every pick but the last two updates the potential at the sites; the last two form a
block of rows, whose energies are sums of three integers (see :mod:`ewald.exhaustive.vector`).

The functions called once per block or row take plain arrays: passing the tuples of arrays would cost more than a row.
"""

from typing import NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray

from ewald.exhaustive.vector import EXCLUDED, LANES, SUMMED_AT_ONCE, row_bins, row_minimum

FINISHED, FULL = 0, 1
# Entries of Scratch.state: node in hand, whether it is begun, depth reached, candidates held, lanes since last flush.
NODE, BEGUN, DEPTH, HELD, LANES_RUN = range(5)
# Entries of Scratch.sums and Output.moments.
COUNT, FIRST_HIGH, FIRST_LOW, SQUARE_HIGH, SQUARE_LOW = range(5)
FLUSH_LANES = 1 << 30
_LOW_BITS = (1 << 32) - 1
# Adding and subtracting this rounds a float64 to the nearest whole number, in vectors as well.
_ROUND = 6755399441055744.0


class Tables(NamedTuple):
    """What never changes during a search; see :mod:`ewald.exhaustive.tables`."""

    low: NDArray[np.int64]  # slots: first site of the slot's sublattice
    high: NDArray[np.int64]  # slots: one past its last site
    first: NDArray[np.int64]  # slots: 1 where a new run of picks begins
    dq: NDArray[np.float64]  # slots: charge that a pick adds
    prefix_dq: NDArray[np.float64]  # charge added at the sites every node starts with
    A: NDArray[np.float64]  # (n, n) interaction of unit charges
    v: NDArray[np.float64]  # (n,) potential before the first pick
    clash: NDArray[np.uint8]  # (n, n) 1 where two sites may not both be picked (n = 0: nowhere)
    pair: NDArray[np.int32]  # rows * padded columns: interaction of the last two picks, columns in falling site order
    columns: int  # padded length of a row of pair
    real: NDArray[np.float64]  # energy without picks, lowest energy of bin 0, units per eV, middle of pair (eV)
    whole: NDArray[np.int32]  # limit (first invalid energy), centre of the moments, shift from energy to bin
    diagonal: NDArray[np.float64]  # (n,) of A
    triangle: int  # 1 where the last two picks are of one run


class Nodes(NamedTuple):
    """Starting points: picks that symmetry makes representative (prefix), then fixed picks of the first slots."""

    prefix: NDArray[np.int32]  # (representatives, prefix length) sites
    weight: NDArray[np.int64]  # (representatives,)
    of: NDArray[np.int32]  # (nodes,) representative
    depth: NDArray[np.int32]  # (nodes,) slots fixed
    sites: NDArray[np.int32]  # (nodes, largest depth)


class Scratch(NamedTuple):
    """Working memory of one thread; also remembers where a visit was interrupted."""

    state: NDArray[np.int64]
    cursor: NDArray[np.int64]
    position: NDArray[np.int64]
    base: NDArray[np.float64]
    potential: NDArray[np.float64]
    blocked: NDArray[np.int32]
    single: NDArray[np.int32]
    row_base: NDArray[np.int32]
    row_site: NDArray[np.int32]
    row_start: NDArray[np.int64]  # where the row begins in Tables.pair
    row_length: NDArray[np.int64]
    bins: NDArray[np.uint32]
    lane_sums: NDArray[np.int64]
    counts: NDArray[np.uint32]  # (2, bins + 1)
    sums: NDArray[np.int64]


class Output(NamedTuple):
    """What a visit adds up; all in whole numbers."""

    histogram: NDArray[np.int64]
    moments: NDArray[np.int64]
    candidate_energy: NDArray[np.int32]
    candidate_node: NDArray[np.int32]
    candidate_sites: NDArray[np.int32]  # (capacity, slots)


@numba.njit(cache=True, nogil=True)
def _place(old, new, row, dq, site, base):  # type: ignore[no-untyped-def] # noqa: ANN001, ANN202
    """Potential after one more pick on ``site``, whose row of A is given; returns the energy after it."""
    for j in range(old.shape[0]):
        new[j] = old[j] + dq * row[j]
    return base + dq * old[site] + 0.5 * dq * dq * row[site]


@numba.njit(cache=True, nogil=True)
def _block_sites(clash, blocked, site, step):  # type: ignore[no-untyped-def] # noqa: ANN001, ANN202
    """Close (step 1) or reopen (step -1) a site and those that clash with it."""
    blocked[site] += step
    if clash.shape[0]:
        for j in range(clash.shape[0]):
            blocked[j] += step * clash[site, j]


@numba.njit(cache=True, nogil=True)
def _begin(tables, nodes, scratch, node, outer):  # type: ignore[no-untyped-def] # noqa: ANN001, ANN202
    """Put the prefix and the fixed picks of a node; False where they clash."""
    potential, base, blocked = scratch.potential, scratch.base, scratch.blocked
    blocked[:] = 0
    potential[0] = tables.v
    base[0] = tables.real[0]
    possible = True
    for k in range(tables.prefix_dq.shape[0]):
        site = nodes.prefix[nodes.of[node], k]
        possible = possible and blocked[site] == 0
        base[0] = _place(potential[0], potential[1], tables.A[site], tables.prefix_dq[k], site, base[0])
        potential[0] = potential[1]
        _block_sites(tables.clash, blocked, site, 1)
    depth = nodes.depth[node]
    for k in range(depth):
        site = nodes.sites[node, k]
        possible = possible and blocked[site] == 0
        scratch.position[k] = site
        base[k + 1] = _place(potential[k], potential[k + 1], tables.A[site], tables.dq[k], site, base[k])
        _block_sites(tables.clash, blocked, site, 1)
    if depth < outer:
        scratch.cursor[depth] = _start(tables.low, tables.first, scratch.position, depth)
    scratch.state[DEPTH] = depth
    return possible


@numba.njit(cache=True, nogil=True)
def _start(low, first, position, depth):  # type: ignore[no-untyped-def] # noqa: ANN001, ANN202
    """First site that a slot may take."""
    if first[depth] == 1:
        return low[depth]
    return position[depth - 1] + 1


@numba.njit(cache=True, nogil=True)
def _fill_columns(single, potential, diagonal, blocked, dq, first, high, per_eV):  # type: ignore[no-untyped-def] # noqa: ANN001, ANN202
    """Integer energies of the last pick on the sites from ``first``, in falling order; returns their middle in eV."""
    half = 0.5 * dq * dq
    middle = 0.0
    for site in range(first, high):
        if blocked[site] == 0:
            middle = dq * potential[site] + half * diagonal[site]
            break
    for k in range(high - first):
        site = high - 1 - k
        energy = (dq * potential[site] + half * diagonal[site] - middle) * per_eV
        value = np.int32((energy + _ROUND) - _ROUND)
        single[k] = value if blocked[site] == 0 else np.int32(EXCLUDED)
    return middle


@numba.njit(cache=True, nogil=True)
def _fill_rows(row_base, row_site, potential, diagonal, blocked, dq, first, high, offset, per_eV, limit):  # type: ignore[no-untyped-def] # noqa: ANN001, ANN202
    """Integer energies of the pick before the last; returns the number of rows that can hold valid configurations."""
    half = 0.5 * dq * dq
    rows = 0
    for site in range(first, high):
        energy = (offset + dq * potential[site] + half * diagonal[site]) * per_eV
        # A row without a valid column may lie anywhere; one with a valid column lies within these limits.
        if blocked[site] == 0 and -limit < energy < 2.0 * limit:
            row_base[rows] = np.int32((energy + _ROUND) - _ROUND)
            row_site[rows] = site
            rows += 1
    return rows


@numba.njit(cache=True, nogil=True)
def _row_shapes(row_site, row_start, row_length, rows, low, columns, column_low, column_high, triangle):  # type: ignore[no-untyped-def] # noqa: ANN001, ANN202
    """Where each row begins in the pair table, and its columns: all sites, or those behind the row's own."""
    for k in range(rows):
        site = row_site[k]
        row_start[k] = (site - low) * columns
        row_length[k] = column_high - 1 - site if triangle else column_high - column_low


@numba.njit(cache=True, nogil=True)
def _gather_sums(lanes, sums, binned):  # type: ignore[no-untyped-def] # noqa: ANN001, ANN202
    """Move the lanes' sums of one block to the totals, which hold any number of blocks."""
    first, second = np.int64(0), np.int64(0)
    for k in range(LANES):
        first += lanes[k]
        second += lanes[LANES + k]
        lanes[k] = 0
        lanes[LANES + k] = 0
    if binned:
        sums[FIRST_LOW] += first
        sums[SQUARE_HIGH] += second >> 32
        sums[SQUARE_LOW] += second & _LOW_BITS
    else:
        sums[COUNT] += first


@numba.njit(cache=True, nogil=True)
def _rows_binned(single, pair, bins, lane_sums, sums, row_base, row_start, row_length, rows, limit, centre, shift):  # type: ignore[no-untyped-def] # noqa: ANN001, ANN202
    """Lowest energy of a block and the number of bins written."""
    lowest = np.int32(0x7FFFFFFF)
    filled, summed = 0, 0
    for k in range(rows):
        if summed + row_length[k] > SUMMED_AT_ONCE:
            _gather_sums(lane_sums, sums, True)
            summed = 0
        least = row_bins(
            single, pair, bins, lane_sums, row_base[k], limit, centre, shift, row_start[k], row_length[k], filled
        )
        lowest = min(lowest, least)
        filled += row_length[k]
        summed += row_length[k]
    return lowest, filled


@numba.njit(cache=True, nogil=True)
def _rows_minimum(single, pair, lane_sums, row_base, row_start, row_length, rows, limit):  # type: ignore[no-untyped-def] # noqa: ANN001, ANN202
    """Lowest energy of a block and the number of energies looked at."""
    lowest = np.int32(0x7FFFFFFF)
    filled = 0
    for k in range(rows):
        least = row_minimum(single, pair, lane_sums, row_base[k], limit, row_start[k], row_length[k])
        lowest = min(lowest, least)
        filled += row_length[k]
    return lowest, filled


@numba.njit(cache=True, nogil=True)
def _count(bins, even, odd, filled):  # type: ignore[no-untyped-def] # noqa: ANN001, ANN202
    """Add the block's bins to the counts; two copies, so that neighbours in one bin need not wait for each other."""
    one = np.uint32(1)
    paired = filled - filled % 4
    for k in range(0, paired, 4):
        even[bins[k]] += one
        odd[bins[k + 1]] += one
        even[bins[k + 2]] += one
        odd[bins[k + 3]] += one
    for k in range(paired, filled):
        even[bins[k]] += one


@numba.njit(cache=True, nogil=True)
def _keep(tables, scratch, output, outer, rows, node, threshold):  # type: ignore[no-untyped-def] # noqa: ANN001, ANN202
    """Go through a block again and note the configurations up to the threshold."""
    slots = tables.low.shape[0]
    high = tables.high[slots - 1]
    limit = tables.whole[0]
    held = scratch.state[HELD]
    for k in range(rows):
        site = scratch.row_site[k]
        for j in range(scratch.row_length[k]):
            energy = np.int64(scratch.row_base[k]) + scratch.single[j] + tables.pair[scratch.row_start[k] + j]
            if energy <= threshold and energy < limit:
                output.candidate_energy[held] = energy
                output.candidate_node[held] = node
                for slot in range(outer):
                    output.candidate_sites[held, slot] = scratch.position[slot]
                if slots > 1:
                    output.candidate_sites[held, slots - 2] = site
                output.candidate_sites[held, slots - 1] = high - 1 - j
                held += 1
    scratch.state[HELD] = held


@numba.njit(cache=True, nogil=True)
def _descend(tables, scratch, output, floor, node, threshold, binned):  # type: ignore[no-untyped-def] # noqa: ANN001, ANN202
    """Visit the tree below the fixed picks of a node; FULL where the candidates have to be taken away first."""
    low, high, first, charge, A, clash = tables.low, tables.high, tables.first, tables.dq, tables.A, tables.clash
    diagonal, pair, columns, triangle = tables.diagonal, tables.pair, tables.columns, tables.triangle
    limit, centre, shift = tables.whole[0], tables.whole[1], tables.whole[2]
    per_eV, zero_eV = tables.real[2], tables.real[3] - tables.real[1]
    state, cursor, position, base = scratch.state, scratch.cursor, scratch.position, scratch.base
    potential, blocked, single, bins = scratch.potential, scratch.blocked, scratch.single, scratch.bins
    row_base, row_site, row_start = scratch.row_base, scratch.row_site, scratch.row_start
    row_length, lane_sums, sums = scratch.row_length, scratch.lane_sums, scratch.sums
    even, odd = scratch.counts[0], scratch.counts[1]
    slots = low.shape[0]
    outer = max(slots - 2, 0)
    last = slots - 1
    room = output.candidate_energy.shape[0] - pair.shape[0]
    depth = state[DEPTH]
    while True:
        if depth == outer:
            if state[HELD] > room:
                state[DEPTH] = depth
                return FULL
            here = potential[outer]
            begin = _start(low, first, position, outer) if triangle == 1 else low[last]
            middle = _fill_columns(single, here, diagonal, blocked, charge[last], begin, high[last], per_eV)
            offset = base[outer] + zero_eV + middle
            if slots == 1:
                row_base[0], row_site[0], rows = np.int32((offset * per_eV + _ROUND) - _ROUND), 0, 1
            else:
                begin = _start(low, first, position, outer)
                rows = _fill_rows(
                    row_base, row_site, here, diagonal, blocked, charge[outer], begin, high[outer] - triangle, offset,
                    per_eV, limit,
                )  # fmt: skip
            row_low = low[outer] if slots > 1 else 0
            _row_shapes(row_site, row_start, row_length, rows, row_low, columns, low[last], high[last], triangle)
            if binned:
                lowest, filled = _rows_binned(
                    single, pair, bins, lane_sums, sums, row_base, row_start, row_length, rows, limit, centre, shift
                )
                _count(bins, even, odd, filled)
            else:
                lowest, filled = _rows_minimum(single, pair, lane_sums, row_base, row_start, row_length, rows, limit)
            _gather_sums(lane_sums, sums, binned)
            state[LANES_RUN] += filled
            if lowest <= threshold and lowest < limit:
                _keep(tables, scratch, output, outer, rows, node, threshold)
            if depth == floor:
                return FINISHED
            depth -= 1
            _block_sites(clash, blocked, position[depth], -1)
            continue
        site = cursor[depth]
        while site < high[depth] and blocked[site] != 0:
            site += 1
        if site >= high[depth]:
            if depth == floor:
                return FINISHED
            depth -= 1
            _block_sites(clash, blocked, position[depth], -1)
            continue
        cursor[depth] = site + 1
        position[depth] = site
        base[depth + 1] = _place(potential[depth], potential[depth + 1], A[site], charge[depth], site, base[depth])
        _block_sites(clash, blocked, site, 1)
        depth += 1
        if depth < outer:
            cursor[depth] = _start(low, first, position, depth)


@numba.njit(cache=True, nogil=True)
def _flush(scratch, output, weight, binned):  # type: ignore[no-untyped-def] # noqa: ANN001, ANN202
    """Add what one representative's nodes counted to the output, as often as the representative stands for copies."""
    sums, moments = scratch.sums, output.moments
    if binned:
        even, odd = scratch.counts[0], scratch.counts[1]
        total = np.int64(0)
        for k in range(output.histogram.shape[0]):
            here = np.int64(even[k]) + np.int64(odd[k])
            if here:
                output.histogram[k] += weight * here
                total += here
        sums[COUNT] = total
        even[:] = 0
        odd[:] = 0
    moments[COUNT] += weight * sums[COUNT]
    moments[FIRST_HIGH] += weight * (sums[FIRST_LOW] >> 32)
    moments[FIRST_LOW] += weight * (sums[FIRST_LOW] & _LOW_BITS)
    moments[SQUARE_HIGH] += weight * (sums[SQUARE_HIGH] + (sums[SQUARE_LOW] >> 32))
    moments[SQUARE_LOW] += weight * (sums[SQUARE_LOW] & _LOW_BITS)
    moments[5] += sums[COUNT]
    sums[:] = 0
    scratch.state[LANES_RUN] = 0


@numba.njit(cache=True, nogil=True)
def visit(tables, nodes, scratch, output, last, threshold, binned):  # type: ignore[no-untyped-def] # noqa: ANN001, ANN201
    """Visit the nodes from ``scratch.state[NODE]`` up to ``last`` (excluded).

    Returns FINISHED, or FULL when ``output.candidate_*`` have to be emptied (and ``scratch.state[HELD]`` zeroed)
    before the visit is called again with the same arguments, the threshold excepted.
    """
    state = scratch.state
    outer = max(tables.low.shape[0] - 2, 0)
    while state[NODE] < last:
        node = state[NODE]
        possible = True
        if state[BEGUN] == 0:
            possible = _begin(tables, nodes, scratch, node, outer)
            state[BEGUN] = 1
        if possible and _descend(tables, scratch, output, nodes.depth[node], node, threshold, binned) == FULL:
            return FULL
        state[BEGUN] = 0
        state[NODE] = node + 1
        weight = nodes.weight[nodes.of[node]]
        if node + 1 == last or nodes.weight[nodes.of[node + 1]] != weight or state[LANES_RUN] > FLUSH_LANES:
            _flush(scratch, output, weight, binned)
    return FINISHED
