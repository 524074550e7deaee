"""Visits every configuration below given starting points: depth first, the last two choices as one block.

A configuration is a sequence of picks (slots): sites are picked in rising order within the run of one species, so that
each arrangement comes up once. Every pick but the last two updates the potential at the sites; the last two form a
block of rows, whose energies are sums of three integers (see :mod:`ewald.exhaustive.vector`).
"""

from typing import NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray

from ewald.exhaustive.vector import EXCLUDED, LANES, row_bins, row_minimum

FINISHED, FULL = 0, 1
# Entries of Scratch.state: node in hand, whether it is begun, depth reached, candidates held, lanes since last flush.
NODE, BEGUN, DEPTH, HELD, LANES_RUN = range(5)
# Entries of Scratch.sums and Output.moments.
COUNT, FIRST_HIGH, FIRST_LOW, SQUARE_HIGH, SQUARE_LOW = range(5)
FLUSH_LANES = 1 << 30
_LOW_BITS = (1 << 32) - 1


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
    pair: NDArray[np.int32]  # (rows, padded columns) interaction of the last two picks, columns in falling site order
    real: NDArray[np.float64]  # energy without picks, lowest energy of bin 0, units per eV, middle of pair (eV)
    whole: NDArray[np.int32]  # limit (first invalid energy), centre of the moments, shift from energy to bin
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
def _place(tables, scratch, depth, site, dq):  # type: ignore[no-untyped-def] # noqa: ANN001, ANN202
    """Write level ``depth + 1`` of the stack: one more pick on ``site``."""
    old, new = scratch.potential[depth], scratch.potential[depth + 1]
    row = tables.A[site]
    for j in range(old.shape[0]):
        new[j] = old[j] + dq * row[j]
    scratch.base[depth + 1] = scratch.base[depth] + dq * old[site] + 0.5 * dq * dq * row[site]
    _block_sites(tables, scratch, site, 1)


@numba.njit(cache=True, nogil=True)
def _block_sites(tables, scratch, site, step):  # type: ignore[no-untyped-def] # noqa: ANN001, ANN202
    """Close (step 1) or reopen (step -1) a site and those that clash with it."""
    scratch.blocked[site] += step
    if tables.clash.shape[0]:
        row = tables.clash[site]
        for j in range(row.shape[0]):
            scratch.blocked[j] += step * row[j]


@numba.njit(cache=True, nogil=True)
def _begin(tables, nodes, scratch, node, outer):  # type: ignore[no-untyped-def] # noqa: ANN001, ANN202
    """Put the prefix and the fixed picks of a node; False where they clash."""
    scratch.blocked[:] = 0
    scratch.potential[0] = tables.v
    scratch.base[0] = tables.real[0]
    possible = True
    for k in range(tables.prefix_dq.shape[0]):
        site = nodes.prefix[nodes.of[node], k]
        possible = possible and scratch.blocked[site] == 0
        _place(tables, scratch, 0, site, tables.prefix_dq[k])
        scratch.potential[0] = scratch.potential[1]
        scratch.base[0] = scratch.base[1]
    depth = nodes.depth[node]
    for k in range(depth):
        site = nodes.sites[node, k]
        possible = possible and scratch.blocked[site] == 0
        scratch.position[k] = site
        _place(tables, scratch, k, site, tables.dq[k])
    if depth < outer:
        scratch.cursor[depth] = _start(tables, scratch, depth)
    scratch.state[DEPTH] = depth
    return possible


@numba.njit(cache=True, nogil=True)
def _start(tables, scratch, depth):  # type: ignore[no-untyped-def] # noqa: ANN001, ANN202
    """First site that a slot may take."""
    if tables.first[depth] == 1:
        return tables.low[depth]
    return scratch.position[depth - 1] + 1


@numba.njit(cache=True, nogil=True)
def _fill_columns(tables, scratch, outer, first):  # type: ignore[no-untyped-def] # noqa: ANN001, ANN202
    """Integer energies of the last pick on the sites from ``first``, in falling order; returns their middle in eV."""
    slot = tables.low.shape[0] - 1
    dq = tables.dq[slot]
    high = tables.high[slot]
    potential = scratch.potential[outer]
    per_eV = tables.real[2]
    middle = 0.0
    for site in range(first, high):
        if scratch.blocked[site] == 0:
            middle = dq * potential[site] + 0.5 * dq * dq * tables.A[site, site]
            break
    single = scratch.single
    for site in range(first, high):
        energy = dq * potential[site] + 0.5 * dq * dq * tables.A[site, site] - middle
        value = np.int32(np.rint(energy * per_eV))
        single[high - 1 - site] = EXCLUDED if scratch.blocked[site] else value
    return middle


@numba.njit(cache=True, nogil=True)
def _fill_rows(tables, scratch, outer, middle):  # type: ignore[no-untyped-def] # noqa: ANN001, ANN202
    """Integer energies of the pick before the last; returns the number of rows that can hold valid configurations."""
    slots = tables.low.shape[0]
    per_eV = tables.real[2]
    offset = scratch.base[outer] - tables.real[1] + middle + tables.real[3]
    limit = tables.whole[0]
    if slots == 1:
        scratch.row_base[0] = np.int32(np.rint(offset * per_eV))
        scratch.row_site[0] = 0
        return 1
    slot = slots - 2
    dq = tables.dq[slot]
    potential = scratch.potential[outer]
    rows = 0
    for site in range(_start(tables, scratch, slot), tables.high[slot] - tables.triangle):
        energy = (offset + dq * potential[site] + 0.5 * dq * dq * tables.A[site, site]) * per_eV
        # A row without a valid column may lie anywhere; one with a valid column lies within these limits.
        if scratch.blocked[site] == 0 and -limit < energy < 2 * limit:
            scratch.row_base[rows] = np.int32(np.rint(energy))
            scratch.row_site[rows] = site
            rows += 1
    return rows


@numba.njit(cache=True, nogil=True)
def _row_length(tables, site):  # type: ignore[no-untyped-def] # noqa: ANN001, ANN202
    """Columns of a row: all sites of the last slot, or those behind the row's own."""
    slot = tables.low.shape[0] - 1
    if tables.triangle == 1:
        return tables.high[slot] - 1 - site
    return tables.high[slot] - tables.low[slot]


@numba.njit(cache=True, nogil=True)
def _row_pairs(tables, site):  # type: ignore[no-untyped-def] # noqa: ANN001, ANN202
    """Row of the pair table of a site of the slot before the last."""
    if tables.low.shape[0] == 1:
        return tables.pair[0]
    return tables.pair[site - tables.low[tables.low.shape[0] - 2]]


@numba.njit(cache=True, nogil=True)
def _count(scratch, filled):  # type: ignore[no-untyped-def] # noqa: ANN001, ANN202
    """Add the block's bins to the counts; two copies, so that neighbours in one bin need not wait for each other."""
    bins = scratch.bins
    even, odd = scratch.counts[0], scratch.counts[1]
    paired = filled - filled % 4
    for k in range(0, paired, 4):
        even[bins[k]] += np.uint32(1)
        odd[bins[k + 1]] += np.uint32(1)
        even[bins[k + 2]] += np.uint32(1)
        odd[bins[k + 3]] += np.uint32(1)
    for k in range(paired, filled):
        even[bins[k]] += np.uint32(1)


@numba.njit(cache=True, nogil=True)
def _block(tables, scratch, output, outer, node, threshold, binned):  # type: ignore[no-untyped-def] # noqa: ANN001, ANN202
    """Visit all configurations that share the outer picks."""
    slots = tables.low.shape[0]
    first = tables.low[slots - 1]
    if tables.triangle == 1:
        first = _start(tables, scratch, slots - 2)
    middle = _fill_columns(tables, scratch, outer, first)
    rows = _fill_rows(tables, scratch, outer, middle)
    limit, centre, shift = tables.whole[0], tables.whole[1], tables.whole[2]
    lowest = np.int32(0x7FFFFFFF)
    filled = 0
    for k in range(rows):
        site = scratch.row_site[k]
        length = _row_length(tables, site)
        pairs = _row_pairs(tables, site)
        if binned:
            least = row_bins(
                scratch.single, pairs, scratch.bins, scratch.lane_sums, scratch.row_base[k], limit, centre, shift,
                length, filled,
            )  # fmt: skip
        else:
            least = row_minimum(scratch.single, pairs, scratch.lane_sums, scratch.row_base[k], limit, length)
        lowest = min(lowest, least)
        filled += length
    if binned:
        _count(scratch, filled)
    _gather_sums(scratch, binned)
    scratch.state[LANES_RUN] += filled
    if lowest <= threshold and lowest < limit:
        _keep(tables, scratch, output, outer, rows, node, threshold)


@numba.njit(cache=True, nogil=True)
def _gather_sums(scratch, binned):  # type: ignore[no-untyped-def] # noqa: ANN001, ANN202
    """Move the lanes' sums of one block to the totals, which hold any number of blocks."""
    lanes = scratch.lane_sums
    first, second = np.int64(0), np.int64(0)
    for k in range(LANES):
        first += lanes[k]
        second += lanes[LANES + k]
        lanes[k] = 0
        lanes[LANES + k] = 0
    if binned:
        scratch.sums[FIRST_LOW] += first
        scratch.sums[SQUARE_HIGH] += second >> 32
        scratch.sums[SQUARE_LOW] += second & _LOW_BITS
    else:
        scratch.sums[COUNT] += first


@numba.njit(cache=True, nogil=True)
def _keep(tables, scratch, output, outer, rows, node, threshold):  # type: ignore[no-untyped-def] # noqa: ANN001, ANN202
    """Go through a block again and note the configurations up to the threshold."""
    slots = tables.low.shape[0]
    high = tables.high[slots - 1]
    limit = tables.whole[0]
    held = scratch.state[HELD]
    for k in range(rows):
        site = scratch.row_site[k]
        pairs = _row_pairs(tables, site)
        for j in range(_row_length(tables, site)):
            energy = np.int64(scratch.row_base[k]) + scratch.single[j] + pairs[j]
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
    outer = max(tables.low.shape[0] - 2, 0)
    room = output.candidate_energy.shape[0] - tables.pair.shape[0] * tables.pair.shape[1]
    depth = scratch.state[DEPTH]
    while True:
        if depth == outer:
            if scratch.state[HELD] > room:
                scratch.state[DEPTH] = depth
                return FULL
            _block(tables, scratch, output, outer, node, threshold, binned)
            if depth == floor:
                return FINISHED
            depth -= 1
            _block_sites(tables, scratch, scratch.position[depth], -1)
            continue
        site = scratch.cursor[depth]
        while site < tables.high[depth] and scratch.blocked[site] != 0:
            site += 1
        if site >= tables.high[depth]:
            if depth == floor:
                return FINISHED
            depth -= 1
            _block_sites(tables, scratch, scratch.position[depth], -1)
            continue
        scratch.cursor[depth] = site + 1
        scratch.position[depth] = site
        _place(tables, scratch, depth, site, tables.dq[depth])
        depth += 1
        if depth < outer:
            scratch.cursor[depth] = _start(tables, scratch, depth)


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
