"""Depth-first branch and bound over the literals: one stack of open nodes, advanced in slices."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ewald.search.compiling import compiled_inner, compiled_plain
from ewald.search.exact.relaxation.bounds import convex_shift, relax
from ewald.search.exact.relaxation.tables import FREE, IN, OUT, RelaxationTables, Shift

# Nothing within this of the threshold is cut off: it covers rounding of the bounds (below 1e-9 eV) and ties (1e-7 eV).
SLACK_EV = 1e-6
# Shares of the free literals: below the first the curvature is looked at anew, above the second the relaxation is.
_RESHIFT_SHARE, _REFIX_SHARE = 0.75, 0.1


class Stack(NamedTuple):
    """Open nodes: what is decided, where the parent's relaxation stood, its bound, curvature and symmetry."""

    state: NDArray[np.int8]
    warm: NDArray[np.float64]
    bound: NDArray[np.float64]
    shift: NDArray[np.float64]
    shift_size: NDArray[np.int32]
    alive: NDArray[np.bool_]

    @classmethod
    def holding(cls, nodes: int, literals: int, order: int) -> "Stack":
        """Room for ``nodes`` first nodes and everything that can be open below one of them."""
        return cls.sized(nodes + 2 * literals + 2, literals, order)

    def rows(self, chosen: slice) -> "Stack":
        """Return some of the nodes."""
        return Stack(
            self.state[chosen], self.warm[chosen], self.bound[chosen], self.shift[chosen], self.shift_size[chosen],
            self.alive[chosen],
        )  # fmt: skip

    @classmethod
    def sized(cls, room: int, literals: int, order: int) -> "Stack":
        """Make an empty stack with so many rows."""
        return cls(
            np.full((room, literals), FREE, dtype=np.int8),
            np.zeros((room, literals)),
            np.full(room, -np.inf),
            np.zeros(room),
            np.zeros(room, dtype=np.int32),
            np.ones((room, order), dtype=np.bool_),
        )


@dataclass(frozen=True)
class Advance:
    """What one slice of the search did: nodes still open, nodes looked at, arrangements found (shape (f, m))."""

    open_nodes: int
    nodes: int
    found: NDArray[np.int8]


def advance(
    tables: RelaxationTables, stack: Stack, open_nodes: int, threshold_eV: NDArray[np.float64], nodes: int
) -> Advance:
    """Search until the stack is empty, ``nodes`` nodes are done or some arrangements wait to be taken.

    Parameters
    ----------
    threshold_eV
        Energy above which (plus :data:`SLACK_EV`) nothing is wanted; shape (1,). Read anew at every node, so that
        other threads may lower it meanwhile.
    """
    found = np.zeros((256, len(tables.h)), dtype=np.int8)
    workspace = Workspace.of(tables)
    left, done, kept = _visit(DEPTH_FIRST, tables, workspace, stack, stack, open_nodes, threshold_eV, nodes, found)
    return Advance(left, done, found[:kept])


@dataclass(frozen=True)
class Expansion:
    """What became of some nodes: their children, as the first ``open_nodes`` of a stack, and arrangements found."""

    children: Stack
    open_nodes: int
    found: NDArray[np.int8]


def expand(tables: RelaxationTables, nodes: Stack, threshold_eV: NDArray[np.float64]) -> Expansion:
    """Look at every node of a stack once, and make the children of those that stay open.

    Parameters
    ----------
    nodes
        Every row is a node.
    threshold_eV
        As for :func:`advance`.
    """
    count, literals = nodes.state.shape
    children = Stack.sized(2 * count, literals, nodes.alive.shape[1])
    found = np.zeros((count, literals), dtype=np.int8)
    workspace = Workspace.of(tables)
    open_nodes, _, kept = _visit(EACH, tables, workspace, nodes, children, 0, threshold_eV, count, found)
    return Expansion(children, open_nodes, found[:kept])


class Workspace(NamedTuple):
    """Work space for one node at a time."""

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
    # Of the node in hand, one number each: proven bound, shift, how many literals the shift was found for.
    bound_eV: NDArray[np.float64]
    shift_eV: NDArray[np.float64]
    shift_literals: NDArray[np.int64]

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
        )


@dataclass(frozen=True)
class Examined:
    """One round of looking at a node.

    Parameters
    ----------
    outcome
        The literal to branch on, or :data:`DEAD`, :data:`LEAF`, :data:`UNDECIDED`.
    bound_eV
        What the tangent proves.
    y
        Where the tangent touches; shape (m,), only free literals count.
    state, point
        What is now decided, and where the relaxation stands; shape (m,).
    """

    outcome: int
    bound_eV: float
    y: NDArray[np.float64]
    state: NDArray[np.int8]
    point: NDArray[np.float64]


def examine_once(
    tables: RelaxationTables,
    state: NDArray[np.int8],
    point: NDArray[np.float64],
    shift: Shift,
    threshold_eV: NDArray[np.float64],
) -> Examined:
    """Bound a node in which nothing is left to propagate by one tangent, and decide what follows from it.

    Parameters
    ----------
    state, point
        What is decided, and where to start; shape (m,).
    shift, threshold_eV
        As for :func:`bound_states`.
    """
    workspace = Workspace.of(tables)
    workspace.state[:] = state
    workspace.warm[:] = point
    workspace.bound_eV[0] = -np.inf
    workspace.shift_eV[0] = shift.value_eV
    # No smaller shift is looked for.
    workspace.shift_literals[0] = 0
    free = np.flatnonzero(state == FREE)
    outcome = int(_examine(tables, workspace, threshold_eV, 1))
    y = np.zeros(len(state))
    y[free] = workspace.x[: len(free)]
    return Examined(outcome, float(workspace.bound_eV[0]), y, workspace.state.copy(), workspace.warm.copy())


# What became of a node.
DEAD, LEAF, UNDECIDED = -3, -2, -1
# What is done with nodes: the last of a stack is replaced by its children; each in turn has its children made; each has
# its bound improved by one round.
DEPTH_FIRST, EACH, BOUND = 0, 1, 2
# Nodes that are bounded at a time.
_BOUNDED = 512


def bound_states(
    tables: RelaxationTables,
    states: NDArray[np.int8],
    bound_eV: NDArray[np.float64],
    shift: Shift,
    threshold_eV: NDArray[np.float64],
) -> None:
    """Raise ``bound_eV``, shape (s,), to proven bounds of the nodes ``states``, shape (s, m), and decide what follows.

    Each bound is good enough to cut the node off at the threshold, or else converged; infinite where no arrangement
    agrees with the node.
    """
    literals = states.shape[1]
    workspace = Workspace.of(tables)
    nothing = np.zeros((1, literals), dtype=np.int8)
    for first in range(0, len(states), _BOUNDED):
        some = slice(first, first + _BOUNDED)
        nodes = Stack.sized(len(states[some]), literals, 0)
        nodes.state[:], nodes.warm[:] = states[some], 0.5
        nodes.shift[:], nodes.shift_size[:] = shift.value_eV, shift.literals
        _visit(BOUND, tables, workspace, nodes, nodes, 0, threshold_eV, len(nodes.bound), nothing)
        states[some] = nodes.state
        bound_eV[some] = np.maximum(bound_eV[some], nodes.bound)


@compiled_plain
def _visit(task, tables, workspace, nodes, children, top, threshold, max_nodes, found):  # type: ignore[no-untyped-def] # noqa: ANN001, ANN202, PLR0917
    """Do a task; return how many children there are, nodes looked at and arrangements found.

    There is one such kernel, because every other one would have all that it calls compiled once more.
    """
    seen = 0
    following = 0
    kept = 0
    while seen < max_nodes and kept < found.shape[0]:
        if task == DEPTH_FIRST:
            if top == 0:
                break
            top -= 1
            node = top
        else:
            if following == nodes.bound.size:
                break
            node = following
            following += 1
        if task != BOUND and nodes.bound[node] > threshold[0] + SLACK_EV:
            continue
        seen += 1
        _lay_out(nodes, node, workspace)
        outcome = _examine(tables, workspace, threshold, 1 if task == BOUND else 1000)
        if task == BOUND:
            dead = outcome == DEAD and workspace.bound_eV[0] == -np.inf
            nodes.bound[node] = np.inf if dead else workspace.bound_eV[0]
            for i in range(workspace.state.size):
                nodes.state[node, i] = workspace.state[i]
        elif outcome == LEAF:
            for i in range(workspace.state.size):
                found[kept, i] = workspace.state[i]
            kept += 1
        elif outcome >= 0:
            top = _branch(tables, children, top, workspace, outcome)
    return top, seen, kept


@compiled_inner
def _lay_out(nodes, k, workspace):  # type: ignore[no-untyped-def] # noqa: ANN001, ANN202
    for i in range(workspace.state.size):
        workspace.state[i] = nodes.state[k, i]
        workspace.warm[i] = nodes.warm[k, i]
    for row in range(nodes.alive.shape[1]):
        workspace.alive[row] = nodes.alive[k, row]
    workspace.bound_eV[0] = nodes.bound[k]
    workspace.shift_eV[0] = nodes.shift[k]
    workspace.shift_literals[0] = nodes.shift_size[k]


@compiled_plain
def _examine(tables, workspace, threshold, rounds):  # type: ignore[no-untyped-def] # noqa: ANN001, ANN202
    """Propagate, bound and fix in turns. Return the literal to branch on, or LEAF, DEAD, UNDECIDED (rounds spent)."""
    state = workspace.state
    for _ in range(rounds):
        if not _propagate(tables, state, workspace.ones, workspace.frees):
            return DEAD
        m = _gather(tables.wanted, tables.group, state, workspace.free, workspace.starts, workspace.left)
        energy = _fold(tables.constant, tables.h, tables.B, state, workspace.free, m, workspace.c)
        if tables.tuned:
            energy -= _leave_out(tables.site, tables.K, tables.L, workspace.free, m, workspace.c, workspace.open_site)
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


def propagate(tables: RelaxationTables, state: NDArray[np.int8]) -> bool:
    """Draw the consequences of counts, sites and forbidden pairs; False where they contradict each other."""
    ones = np.empty(len(tables.wanted), dtype=np.int32)
    return bool(_propagate(tables, state, ones, np.empty_like(ones)))


@compiled_plain
def _propagate(tables, state, ones, frees):  # type: ignore[no-untyped-def] # noqa: ANN001, ANN202
    changed = True
    while changed:
        changed = False
        for k in range(tables.wanted.size):
            ones[k] = 0
            frees[k] = 0
        for i in range(state.size):
            if state[i] == IN:
                ones[tables.group[i]] += 1
                site = tables.site[i]
                for p in range(tables.site_start[site], tables.site_start[site + 1]):
                    other = tables.site_literals[p]
                    if other != i:
                        if state[other] == IN:
                            return False
                        if state[other] == FREE:
                            state[other] = OUT
                            changed = True
            elif state[i] == FREE:
                frees[tables.group[i]] += 1
        if changed:
            continue
        for k in range(tables.wanted.size):
            if ones[k] > tables.wanted[k] or ones[k] + frees[k] < tables.wanted[k]:
                return False
        for i in range(state.size):
            if state[i] == FREE:
                k = tables.group[i]
                if ones[k] == tables.wanted[k]:
                    state[i] = OUT
                    changed = True
                elif ones[k] + frees[k] == tables.wanted[k]:
                    state[i] = IN
                    changed = True
        if not changed and tables.partners.size:
            verdict = _part(tables, state)
            if verdict < 0:
                return False
            changed = verdict > 0
    return True


@compiled_inner
def _is_ion(tables, state, site):  # type: ignore[no-untyped-def] # noqa: ANN001, ANN202
    """Whether a site carries an ion whatever is still decided."""
    for p in range(tables.site_start[site], tables.site_start[site + 1]):
        if state[tables.site_literals[p]] == IN:
            return tables.ion[tables.site_literals[p]]
    vacancy = tables.vacancy_literal[site]
    return tables.default_ion[site] and (vacancy < 0 or state[vacancy] == OUT)


@compiled_inner
def _part(tables, state):  # type: ignore[no-untyped-def] # noqa: ANN001, ANN202
    """Empty the partners of sites that carry an ion: -1 contradiction, 1 something was decided, 0 nothing new."""
    verdict = 0
    for site in range(tables.partner_start.size - 1):
        if tables.partner_start[site] == tables.partner_start[site + 1] or not _is_ion(tables, state, site):
            continue
        for p in range(tables.partner_start[site], tables.partner_start[site + 1]):
            partner = tables.partners[p]
            if _is_ion(tables, state, np.int64(partner)):
                return -1
            for q in range(tables.site_start[partner], tables.site_start[partner + 1]):
                literal = tables.site_literals[q]
                if state[literal] == FREE:
                    if tables.ion[literal]:
                        state[literal] = OUT
                        verdict = 1
                    elif tables.default_ion[partner]:
                        state[literal] = IN
                        verdict = 1
    return verdict


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


@compiled_inner
def _branch(tables, stack, top, workspace, literal):  # type: ignore[no-untyped-def] # noqa: ANN001, ANN202
    """Push the two children: the literal chosen (looked at first), or none of its symmetry copies chosen.

    Orbital branching (J. Ostrowski, J. Linderoth, F. Rossi, S. Smriglio, Math. Program. 126, 147 (2011)): the
    symmetries that leave the node as it is take an arrangement that chooses any copy to one that chooses this one.
    """
    alive = workspace.alive
    for child in range(2):
        for i in range(workspace.state.size):
            stack.state[top, i] = workspace.state[i]
            stack.warm[top, i] = workspace.warm[i]
        stack.bound[top] = workspace.bound_eV[0]
        stack.shift[top] = workspace.shift_eV[0]
        stack.shift_size[top] = workspace.shift_literals[0]
        for row in range(alive.size):
            stack.alive[top, row] = alive[row]
            if alive[row]:
                image = tables.images[row, literal]
                if child == 0 and workspace.state[image] == FREE:
                    stack.state[top, image] = OUT
                elif child == 1 and image != literal:
                    stack.alive[top, row] = False
        if child == 1:
            stack.state[top, literal] = IN
        top += 1
    return top
