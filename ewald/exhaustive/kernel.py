# ruff: noqa: PLR0917 (compiled functions take plain arrays by position)
"""Visits every configuration below given starting points: depth first, the last two choices as one block.

A configuration is a sequence of picks (slots): sites are picked in falling order within the run of one species, so that
each arrangement comes up once. Every pick but the last two updates the potential at the sites; the last two form a
block of rows, whose energies are sums of three integers (see :mod:`ewald.exhaustive.vector`).

The functions called once per block or row take plain arrays: passing the tuples of arrays would cost more than a row.
"""

from typing import NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray

from ewald.exhaustive.vector import EXCLUDED, SUMMED_AT_ONCE, block_bins, block_minimum

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
    pair: NDArray[
        np.int32
    ]  # rows * padded columns: interaction of the last two picks, one column per site of the last slot
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
    row_start: NDArray[np.int64]  # where the row begins in Tables.pair
    row_length: NDArray[np.int64]
    bins: NDArray[np.uint32]
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
def _place(old, new, row, dq, low, high):  # type: ignore[no-untyped-def] # noqa: ANN001, ANN202
    """Potential on the sites from ``low`` to ``high`` after one more pick, whose row of A is given."""
    for j in range(low, high):
        new[j] = old[j] + dq * row[j]


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
        base[0] += _single_eV(potential[0], tables.A, tables.prefix_dq[k], site)
        _place(potential[0], potential[1], tables.A[site], tables.prefix_dq[k], 0, blocked.shape[0])
        potential[0] = potential[1]
        _block_sites(tables.clash, blocked, site, 1)
    depth = nodes.depth[node]
    for k in range(depth):
        site = nodes.sites[node, k]
        possible = possible and blocked[site] == 0
        scratch.position[k] = site
        base[k + 1] = base[k] + _single_eV(potential[k], tables.A, tables.dq[k], site)
        _place(potential[k], potential[k + 1], tables.A[site], tables.dq[k], 0, blocked.shape[0])
        _block_sites(tables.clash, blocked, site, 1)
    if depth < outer:
        scratch.cursor[depth] = _start(tables.high, tables.first, scratch.position, depth)
    scratch.state[DEPTH] = depth
    return possible


@numba.njit(cache=True, nogil=True)
def _single_eV(potential, A, dq, site):  # type: ignore[no-untyped-def] # noqa: ANN001, ANN202
    """Energy of one more pick."""
    return dq * potential[site] + 0.5 * dq * dq * A[site, site]


@numba.njit(cache=True, nogil=True)
def _start(high, first, position, depth):  # type: ignore[no-untyped-def] # noqa: ANN001, ANN202
    """One past the last site that a slot may take."""
    if first[depth] == 1:
        return high[depth]
    return position[depth - 1]


@numba.njit(cache=True, nogil=True)
def _fill_columns(single, potential, diagonal, blocked, dq, low, high, per_eV):  # type: ignore[no-untyped-def] # noqa: ANN001, ANN202
    """Integer energies of the last pick on the sites from ``low`` to ``high``; returns their middle in eV."""
    half = 0.5 * dq * dq
    middle = 0.0
    for site in range(low, high):
        if blocked[site] == 0:
            middle = dq * potential[site] + half * diagonal[site]
            break
    potential, diagonal, blocked = potential[low:high], diagonal[low:high], blocked[low:high]
    for k in range(potential.shape[0]):
        energy = (dq * potential[k] + half * diagonal[k] - middle) * per_eV
        value = np.int32((energy + _ROUND) - _ROUND)
        single[k] = value if blocked[k] == 0 else np.int32(EXCLUDED)
    return middle


@numba.njit(cache=True, nogil=True)
def _fill_triangle(row_base, row_start, row_length, single, rows, base, columns, limit):  # type: ignore[no-untyped-def] # noqa: ANN001, ANN202
    """Rows where the last two picks are of one run: the rows' own energies are those of the columns."""
    for k in range(rows):
        own = base + np.int64(single[k])
        # A row without a valid column may lie anywhere; one with a valid column lies within these limits.
        valid = single[k] != EXCLUDED and -limit < own < 2 * limit
        row_base[k] = np.int32(own) if valid else np.int32(0)
        row_start[k] = k * columns
        row_length[k] = k if valid else 0


@numba.njit(cache=True, nogil=True)
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
def _binned(single, pair, row_base, row_start, row_length, rows, limit, bins, centre, shift, sums):  # type: ignore[no-untyped-def] # noqa: ANN001, ANN202
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
        sums[SQUARE_LOW] += square & _LOW_BITS
        filled += some
        begin = end
    return lowest, filled


@numba.njit(cache=True, nogil=True)
def _keep(tables, scratch, output, outer, rows, node, threshold):  # type: ignore[no-untyped-def] # noqa: ANN001, ANN202
    """Go through a block again and note the configurations up to the threshold."""
    slots = tables.low.shape[0]
    limit = tables.whole[0]
    held = scratch.state[HELD]
    for k in range(rows):
        for j in range(scratch.row_length[k]):
            energy = np.int64(scratch.row_base[k]) + scratch.single[j] + tables.pair[scratch.row_start[k] + j]
            if energy <= threshold and energy < limit:
                output.candidate_energy[held] = energy
                output.candidate_node[held] = node
                for slot in range(outer):
                    output.candidate_sites[held, slot] = scratch.position[slot]
                if slots > 1:
                    output.candidate_sites[held, slots - 2] = tables.low[slots - 2] + k
                output.candidate_sites[held, slots - 1] = tables.low[slots - 1] + j
                held += 1
    scratch.state[HELD] = held


@numba.njit(cache=True, nogil=True)
def _descend(tables, scratch, output, floor, node, threshold, binned):  # type: ignore[no-untyped-def] # noqa: ANN001, ANN202
    """Visit the tree below the fixed picks of a node; FULL where the candidates have to be taken away first."""
    low, high, first, charge, A, clash = tables.low, tables.high, tables.first, tables.dq, tables.A, tables.clash
    diagonal, pair, columns, triangle = tables.diagonal, tables.pair, tables.columns, tables.triangle == 1
    limit, centre, shift = tables.whole[0], tables.whole[1], tables.whole[2]
    per_eV, zero_eV = tables.real[2], tables.real[3] - tables.real[1]
    state, cursor, position, base = scratch.state, scratch.cursor, scratch.position, scratch.base
    potential, blocked, single, bins = scratch.potential, scratch.blocked, scratch.single, scratch.bins
    row_base, row_start, row_length, sums = scratch.row_base, scratch.row_start, scratch.row_length, scratch.sums
    even, odd = scratch.counts[0], scratch.counts[1]
    slots = low.shape[0]
    outer, last = max(slots - 2, 0), slots - 1
    room = output.candidate_energy.shape[0] - pair.shape[0]
    depth = state[DEPTH]
    while True:
        if depth == outer:
            if state[HELD] > room:
                state[DEPTH] = depth
                return FULL
            here = potential[outer]
            end = _start(high, first, position, outer)
            width = (end if triangle else high[last]) - low[last]
            middle = _fill_columns(single, here, diagonal, blocked, charge[last], low[last], low[last] + width, per_eV)
            offset = base[outer] + zero_eV + middle
            rows = end - low[outer] if slots > 1 else 1
            if triangle:
                whole = np.int64(((offset + middle) * per_eV + _ROUND) - _ROUND)
                _fill_triangle(row_base, row_start, row_length, single, rows, whole, columns, limit)
            elif slots > 1:
                _fill_rectangle(
                    row_base, row_start, row_length, here, diagonal, blocked, charge[outer], low[outer], end, offset,
                    per_eV, columns, width, limit,
                )  # fmt: skip
            else:
                row_base[0] = np.int32((offset * per_eV + _ROUND) - _ROUND)
                row_length[0] = width
            if binned:
                lowest, filled = _binned(
                    single, pair, row_base, row_start, row_length, rows, limit, bins, centre, shift, sums
                )
                _count(bins, even, odd, filled)
                state[LANES_RUN] += filled
            else:
                lowest, filled = block_minimum(single, pair, row_base, row_start, row_length, rows, limit)
                sums[COUNT] += filled
            if lowest <= threshold and lowest < limit:
                _keep(tables, scratch, output, outer, rows, node, threshold)
        if depth < outer:
            site = cursor[depth] - 1
            while site >= low[depth] and blocked[site] != 0:
                site -= 1
            if site >= low[depth]:
                cursor[depth] = site
                position[depth] = site
                dq = charge[depth]
                base[depth + 1] = base[depth] + _single_eV(potential[depth], A, dq, site)
                if depth + 1 < outer or not triangle:
                    _place(potential[depth], potential[depth + 1], A[site], dq, 0, blocked.shape[0])
                else:
                    end = high[last] if first[outer] == 1 else site
                    _place(potential[depth], potential[depth + 1], A[site], dq, low[last], end)
                _block_sites(clash, blocked, site, 1)
                depth += 1
                if depth < outer:
                    cursor[depth] = _start(high, first, position, depth)
                continue
        if depth == floor:
            return FINISHED
        depth -= 1
        _block_sites(clash, blocked, position[depth], -1)


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
