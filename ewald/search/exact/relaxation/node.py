"""One node of the search tree: what follows from what is decided, its bound, and the literal to branch on.

Compiled into the kernel of :mod:`ewald.search.exact.tree`, which calls it.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ewald.search.compiling import compiled_inner, compiled_part
from ewald.search.exact.relaxation.bounds import convex_shift, relax
from ewald.search.exact.relaxation.propagation import propagate
from ewald.search.exact.relaxation.tables import FREE, IN, OUT, RelaxationTables

# Nothing within this of the threshold is cut off: it covers rounding of the bounds (below 1e-9 eV) and ties (1e-7 eV).
SLACK_EV = 1e-6
# Shares of the free literals: below the first the curvature is looked at anew, above the second the relaxation is.
_RESHIFT_SHARE, _REFIX_SHARE = 0.75, 0.1
# What became of a node.
DEAD, LEAF, UNDECIDED = -3, -2, -1


class Workspace(NamedTuple):
    """Work space for one node at a time; m literals, G groups, and the free literals first in each array.

    Attributes
    ----------
    free
        Numbers of the free literals, by group; shape (m,).
    starts, left
        Where each group begins in ``free``, shape (G + 1,), and how many of its literals are still to be chosen, (G,).
    c, bend, Q
        Linear costs, curvature of each literal and pair costs of the free literals in eV; shapes (m,), (m,), (m, m).
    x, g
        Point and gradient of the relaxation; shape (m,).
    heap, levels, work
        Of the bounds; shapes (m,), (G, 2), (m, m).
    state, warm
        What is decided about each literal, and where its relaxation starts; shape (m,).
    open_site
        Sites with a free literal; shape (n,).
    ones, frees
        Chosen and free literals of each group; shape (G,).
    alive
        Symmetries that leave what is decided as it is; shape (order,).
    bound_eV, shift_eV, shift_literals
        Of the node in hand, one number each: proven bound, curvature added, how many literals that was found for.
    outcome
        What became of it: DEAD, LEAF, UNDECIDED or the literal to branch on.
    """

    free: NDArray[np.int32]
    starts: NDArray[np.int32]
    left: NDArray[np.int32]
    c: NDArray[np.float64]
    x: NDArray[np.float64]
    g: NDArray[np.float64]
    heap: NDArray[np.float64]
    levels: NDArray[np.float64]
    work: NDArray[np.float64]
    Q: NDArray[np.float64]
    state: NDArray[np.int8]
    warm: NDArray[np.float64]
    bend: NDArray[np.float64]
    open_site: NDArray[np.bool_]
    ones: NDArray[np.int32]
    frees: NDArray[np.int32]
    alive: NDArray[np.bool_]
    bound_eV: NDArray[np.float64]
    shift_eV: NDArray[np.float64]
    shift_literals: NDArray[np.int64]
    outcome: NDArray[np.int64]

    @classmethod
    def of(cls, tables: RelaxationTables) -> "Workspace":
        """Make room for the nodes of a problem."""
        size, groups = len(tables.h), len(tables.wanted)
        return cls(
            np.empty(size, dtype=np.int32),
            np.empty(groups + 1, dtype=np.int32),
            np.empty(groups, dtype=np.int32),
            np.empty(size),
            np.empty(size),
            np.empty(size),
            np.empty(size),
            np.empty((groups, 2)),
            np.empty((size, size)),
            np.empty((size, size)),
            np.empty(size, dtype=np.int8),
            np.empty(size),
            np.empty(size),
            np.empty(len(tables.site_start) - 1, dtype=np.bool_),
            np.empty(groups, dtype=np.int32),
            np.empty(groups, dtype=np.int32),
            np.empty(len(tables.images), dtype=np.bool_),
            np.empty(1),
            np.empty(1),
            np.empty(1, dtype=np.int64),
            np.empty(1, dtype=np.int64),
        )


@compiled_part
def examine(tables, workspace, threshold, rounds):  # type: ignore[no-untyped-def] # noqa: ANN001, ANN201
    """Propagate, bound and fix in turns. Return the literal to branch on, or LEAF, DEAD, UNDECIDED (rounds spent).

    Without rounds there is one that only propagates.
    """
    state = workspace.state
    for _ in range(max(rounds, 1)):
        if not propagate(tables, state, workspace.ones, workspace.frees):
            return DEAD
        if rounds == 0:
            return UNDECIDED
        m = _gather(tables.wanted, tables.group, state, workspace.free, workspace.starts, workspace.left)
        energy = _fold(tables.constant, tables.h, tables.B, state, workspace.free, m, workspace.c)
        if tables.tuned:
            energy -= _leave_out(tables.site, tables.K, tables.L, workspace.free, m, workspace.c, workspace.open_site)
        if m == 0:
            energy = _fold(tables.exact_constant, tables.exact_h, tables.exact_B, state, workspace.free, m, workspace.c)
        target = threshold[0] + SLACK_EV - energy
        if m == 0:
            workspace.bound_eV[0] = max(workspace.bound_eV[0], energy)
            return LEAF if target >= 0.0 else DEAD
        # A smaller shift is looked for once enough literals have been decided since the last one was found.
        if m <= _RESHIFT_SHARE * workspace.shift_literals[0]:
            workspace.shift_eV[0] = convex_shift(
                tables.P, tables.D, workspace.free, m, tables.group, workspace.shift_eV[0], workspace.work
            )
            workspace.shift_literals[0] = m
        for i in range(m):
            for j in range(m):
                workspace.Q[i, j] = tables.P[workspace.free[i], workspace.free[j]]
        for i in range(m):
            workspace.bend[i] = tables.D[workspace.free[i]] + workspace.shift_eV[0]
        _start(workspace.warm, workspace.free, workspace.starts, workspace.left, workspace.x)
        lower = relax(
            workspace.Q,
            workspace.c,
            workspace.x,
            m,
            workspace.starts,
            workspace.left,
            workspace.bend,
            target,
            workspace.g,
            workspace.heap,
            workspace.levels,
        )
        workspace.bound_eV[0] = max(workspace.bound_eV[0], energy + lower)
        if lower > target:
            return DEAD
        for i in range(m):
            workspace.warm[workspace.free[i]] = workspace.x[i]
        fixed = _fix(
            state, workspace.free, workspace.starts, workspace.left, workspace.g, workspace.levels, target - lower
        )
        if fixed <= _REFIX_SHARE * m:
            literal = _branching(state, workspace.free, m, workspace.x)
            if literal >= 0:
                return literal
    return UNDECIDED


@compiled_inner
def _gather(wanted, group, state, free, starts, left):  # type: ignore[no-untyped-def] # noqa: ANN001, ANN202, PLR0917
    """List the free literals by group, and how many each group still wants."""
    m = 0
    i = 0
    for k in range(wanted.size):
        starts[k] = m
        left[k] = wanted[k]
        while i < state.size and group[i] == k:
            if state[i] == FREE:
                free[m] = i
                m += 1
            elif state[i] == IN:
                left[k] -= 1
            i += 1
    starts[wanted.size] = m
    return m


@compiled_inner
def _fold(constant, h, B, state, free, m, c):  # type: ignore[no-untyped-def] # noqa: ANN001, ANN202, PLR0917
    """Energy of the literals chosen so far; c gets the cost of each free one beside them."""
    for i in range(m):
        c[i] = h[free[i]]
    energy = constant
    for j in range(state.size):
        if state[j] == IN:
            energy += h[j]
            for i in range(j):
                if state[i] == IN:
                    energy += B[j, i]
            for i in range(m):
                c[i] += B[j, free[i]]
    return energy


@compiled_inner
def _leave_out(site, K, L, free, m, c, open_site):  # type: ignore[no-untyped-def] # noqa: ANN001, ANN202, PLR0917
    """Take what the relaxation leaves out of pairs of undecided sites from the costs c; return the constant part."""
    for s in range(open_site.size):
        open_site[s] = False
    for i in range(m):
        open_site[site[free[i]]] = True
    constant = 0.0
    for s in range(open_site.size):
        if open_site[s]:
            for t in range(s):
                if open_site[t]:
                    constant += K[s, t]
            for i in range(m):
                c[i] -= L[free[i], s]
    return constant


@compiled_inner
def _start(warm, free, starts, left, x):  # type: ignore[no-untyped-def] # noqa: ANN001, ANN202
    """Bring the parent's relaxed point to the sums that are wanted now."""
    for k in range(left.size):
        total = 0.0
        for i in range(starts[k], starts[k + 1]):
            value = warm[free[i]]
            x[i] = 1.0 if value > 1.0 else max(0.0, value)
            total += x[i]
        room = starts[k + 1] - starts[k]
        if total > left[k]:
            for i in range(starts[k], starts[k + 1]):
                x[i] *= left[k] / total
        elif total < left[k]:
            for i in range(starts[k], starts[k + 1]):
                x[i] += (1.0 - x[i]) * (left[k] - total) / (room - total)


@compiled_inner
def _fix(state, free, starts, left, g, levels, gap):  # type: ignore[no-untyped-def] # noqa: ANN001, ANN202, PLR0917
    """Decide the literals whose other choice would lift the tangent above the threshold; count them."""
    fixed = 0
    for k in range(left.size):
        for i in range(starts[k], starts[k + 1]):
            if g[i] - levels[k, 0] > gap:
                state[free[i]] = OUT
                fixed += 1
            elif levels[k, 1] - g[i] > gap:
                state[free[i]] = IN
                fixed += 1
    return fixed


@compiled_inner
def _branching(state, free, m, x):  # type: ignore[no-untyped-def] # noqa: ANN001, ANN202
    """Return the free literal that the relaxation is least sure of, or -1."""
    best = -1
    score = -1.0
    for i in range(m):
        if state[free[i]] == FREE:
            value = x[i] * (1.0 - x[i])
            if value > score:
                score = value
                best = free[i]
    return best
