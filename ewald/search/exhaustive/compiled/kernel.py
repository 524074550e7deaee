# ruff: noqa: PLR0917 (compiled functions take their arguments by position)
"""Visits every configuration below given starting points: depth first, the last two choices as one block.

A configuration is a sequence of picks (slots): sites are picked in falling order within the run of one species, so that
each arrangement comes up once. Every pick but the last two updates the potential at the sites; the last two form a
block of rows, whose energies are sums of three integers (see :mod:`ewald.search.exhaustive.compiled.block`).
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ewald.search.compiling import compiled, compiled_inline
from ewald.search.exhaustive.compiled.block import (
    COUNT,
    FIRST_HIGH,
    FIRST_LOW,
    LOW_BITS,
    ROW,
    SQUARE_HIGH,
    SQUARE_LOW,
    TRIANGLE,
    WHOLE_TRIANGLE,
    bin_block,
    count_bins,
    fill_block,
    lowest_of_block,
)

FINISHED, FULL = 0, 1
# Entries of Scratch.state: node in hand, whether it is begun, depth reached, candidates held, lanes since last flush.
NODE, BEGUN, DEPTH, HELD, LANES_RUN = range(5)
_FLUSH_LANES = 1 << 30


class KernelTables(NamedTuple):
    """What never changes during a search; see :mod:`ewald.search.exhaustive.compiled.tables`."""

    low: NDArray[np.int64]  # slots: first site of the slot's sublattice
    high: NDArray[np.int64]  # slots: one past its last site
    first: NDArray[np.int64]  # slots: 1 where a new run of picks begins
    dq: NDArray[np.float64]  # slots: charge that a pick adds
    prefix_dq: NDArray[np.float64]  # charge added at the sites every node starts with
    A: NDArray[np.float64]  # (n, n) interaction of unit charges
    v: NDArray[np.float64]  # (n,) potential before the first pick
    clash: NDArray[np.uint8]  # (n, n) 1 where two sites may not both be picked (n = 0: nowhere)
    # rows * padded columns: interaction of the last two picks, one column per site of the last slot
    pair: NDArray[np.int32]
    columns: int  # padded length of a row of pair
    empty_eV: float  # energy without picks
    low_eV: float  # lowest energy of bin 0
    per_eV: float  # units per eV
    middle_eV: float  # of pair
    limit: np.int32  # first invalid energy
    centre: np.int32  # of the moments
    shift: np.int32  # from energy to bin
    diagonal: NDArray[np.float64]  # (n,) of A
    kind: int  # of block: ROW, RECTANGLE, TRIANGLE or WHOLE_TRIANGLE
    partners: NDArray[np.int64]  # these three: see block.triangle_sums; empty unless the kind is WHOLE_TRIANGLE
    pairs: NDArray[np.int64]
    squares: NDArray[np.int64]


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
    row_start: NDArray[np.int64]  # where the row begins in KernelTables.pair
    row_length: NDArray[np.int64]
    bins: NDArray[np.uint16]
    counts: NDArray[np.uint32]  # (bins + 1,)
    sums: NDArray[np.int64]


class Output(NamedTuple):
    """What a visit adds up; all in whole numbers."""

    histogram: NDArray[np.int64]
    moments: NDArray[np.int64]
    candidate_energy: NDArray[np.int32]
    candidate_node: NDArray[np.int32]
    candidate_sites: NDArray[np.int32]  # (capacity, slots)


@compiled_inline
def _place(potential, level, A, site, dq, low, high):  # type: ignore[no-untyped-def] # noqa: ANN001, ANN202
    """Potential of the next level on the sites from ``low`` to ``high``, after one more pick."""
    for j in range(np.uint64(low), np.uint64(high)):
        potential[level + 1, j] = potential[level, j] + dq * A[site, j]


@compiled_inline
def _block_sites(clash, blocked, site, step):  # type: ignore[no-untyped-def] # noqa: ANN001, ANN202
    """Close (step 1) or reopen (step -1) a site and those that clash with it."""
    blocked[site] += step
    if clash.shape[0]:
        for j in range(clash.shape[0]):
            blocked[j] += step * clash[site, j]


@compiled
def _begin(tables, nodes, scratch, node, outer):  # type: ignore[no-untyped-def] # noqa: ANN001, ANN202
    """Put the prefix and the fixed picks of a node; False where they clash."""
    potential, base, blocked = scratch.potential, scratch.base, scratch.blocked
    for j in range(blocked.shape[0]):
        blocked[j] = 0
        potential[0, j] = tables.v[j]
    base[0] = tables.empty_eV
    possible = True
    for k in range(tables.prefix_dq.shape[0]):
        site = nodes.prefix[nodes.of[node], k]
        possible = possible and blocked[site] == 0
        base[0] += _single_eV(potential, 0, tables.A, tables.prefix_dq[k], site)
        _place(potential, 0, tables.A, site, tables.prefix_dq[k], 0, blocked.shape[0])
        for j in range(blocked.shape[0]):
            potential[0, j] = potential[1, j]
        _block_sites(tables.clash, blocked, site, 1)
    depth = nodes.depth[node]
    for k in range(depth):
        site = nodes.sites[node, k]
        possible = possible and blocked[site] == 0
        scratch.position[k] = site
        base[k + 1] = base[k] + _single_eV(potential, k, tables.A, tables.dq[k], site)
        _place(potential, k, tables.A, site, tables.dq[k], 0, blocked.shape[0])
        _block_sites(tables.clash, blocked, site, 1)
    if depth < outer:
        scratch.cursor[depth] = _start(tables.high, tables.first, scratch.position, depth)
    scratch.state[DEPTH] = depth
    return possible


@compiled_inline
def _single_eV(potential, level, A, dq, site):  # type: ignore[no-untyped-def] # noqa: ANN001, ANN202
    """Energy of one more pick."""
    return dq * potential[level, site] + 0.5 * dq * dq * A[site, site]


@compiled_inline
def _start(high, first, position, depth):  # type: ignore[no-untyped-def] # noqa: ANN001, ANN202
    """One past the last site that a slot may take."""
    if first[depth] == 1:
        return high[depth]
    return position[depth - 1]


@compiled
def _keep(tables, scratch, output, outer, rows, node, threshold):  # type: ignore[no-untyped-def] # noqa: ANN001, ANN202
    """Go through a block again and note the configurations up to the threshold."""
    slots = tables.low.shape[0]
    limit = tables.limit
    held = scratch.state[HELD]
    if tables.kind == WHOLE_TRIANGLE:
        fill_block(tables, scratch, outer, rows, rows, TRIANGLE)
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


@compiled_inline
def _take(tables, scratch, depth, outer):  # type: ignore[no-untyped-def] # noqa: ANN001, ANN202
    """Take the next site of a slot and update the potential; False where there is none left."""
    low, high, first, cursor, position = tables.low, tables.high, tables.first, scratch.cursor, scratch.position
    base, potential, blocked = scratch.base, scratch.potential, scratch.blocked
    site = cursor[depth] - 1
    while site >= low[depth] and blocked[site] != 0:
        site -= 1
    if site < low[depth]:
        return False
    cursor[depth] = site
    position[depth] = site
    dq, last = tables.dq[depth], low.shape[0] - 1
    base[depth + 1] = base[depth] + _single_eV(potential, depth, tables.A, dq, site)
    start, end = 0, blocked.shape[0]
    if depth + 1 == outer and tables.kind >= TRIANGLE:
        start, end = low[last], high[last] if first[outer] == 1 else site
    _place(potential, depth, tables.A, site, dq, start, end)
    _block_sites(tables.clash, blocked, site, 1)
    if depth + 1 < outer:
        cursor[depth + 1] = _start(high, first, position, depth + 1)
    return True


@compiled
def _descend(tables, scratch, output, floor, node, threshold, binned):  # type: ignore[no-untyped-def] # noqa: ANN001, ANN202
    """Visit the tree below the fixed picks of a node; FULL where the candidates have to be taken away first."""
    low, high, kind, state, position = tables.low, tables.high, tables.kind, scratch.state, scratch.position
    outer, triangle = max(low.shape[0] - 2, 0), kind >= TRIANGLE
    room = output.candidate_energy.shape[0] - tables.pair.shape[0]
    depth = state[DEPTH]
    while True:
        if depth == outer:
            if state[HELD] > room:
                state[DEPTH] = depth
                return FULL
            end = _start(high, tables.first, position, outer)
            width = (end if triangle else high[-1]) - low[-1]
            rows = end - low[outer] if kind != ROW else 1
            whole = fill_block(tables, scratch, outer, rows, width, kind)
            if binned:
                lowest, filled = bin_block(tables, scratch, rows, whole, kind)
                count_bins(scratch.bins, scratch.counts, filled)
                state[LANES_RUN] += filled
            else:
                lowest = lowest_of_block(tables, scratch, rows, whole, kind)
            if lowest <= threshold and lowest < tables.limit:
                _keep(tables, scratch, output, outer, rows, node, threshold)
        elif _take(tables, scratch, depth, outer):
            depth += 1
            continue
        if depth == floor:
            return FINISHED
        depth -= 1
        _block_sites(tables.clash, scratch.blocked, position[depth], -1)


@compiled
def _flush(scratch, output, weight, binned):  # type: ignore[no-untyped-def] # noqa: ANN001, ANN202
    """Add what one representative's nodes counted to the output, as often as the representative stands for copies."""
    sums, moments = scratch.sums, output.moments
    if binned:
        total = np.int64(0)
        for k in range(scratch.counts.shape[0]):
            here = np.int64(scratch.counts[k])
            # The last count is that of excluded choices.
            if k < output.histogram.shape[0]:
                output.histogram[k] += weight * here
                total += here
            scratch.counts[k] = 0
        sums[COUNT] = total
    moments[COUNT] += weight * sums[COUNT]
    moments[FIRST_HIGH] += weight * (sums[FIRST_LOW] >> 32)
    moments[FIRST_LOW] += weight * (sums[FIRST_LOW] & LOW_BITS)
    moments[SQUARE_HIGH] += weight * (sums[SQUARE_HIGH] + (sums[SQUARE_LOW] >> 32))
    moments[SQUARE_LOW] += weight * (sums[SQUARE_LOW] & LOW_BITS)
    moments[5] += sums[COUNT]
    sums[:] = 0
    scratch.state[LANES_RUN] = 0


@compiled
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
        if node + 1 == last or nodes.weight[nodes.of[node + 1]] != weight or state[LANES_RUN] > _FLUSH_LANES:
            _flush(scratch, output, weight, binned)
    return FINISHED
