"""Depth-first branch and bound over the literals: one stack of open nodes, advanced in slices."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ewald.search.compiling import compiled_inner, compiled_plain
from ewald.search.exact.relaxation.node import DEAD, LEAF, SLACK_EV, Workspace, examine
from ewald.search.exact.relaxation.tables import FREE, IN, OUT, RelaxationTables, Shift

# What is done with nodes: the last of a stack is replaced by its children; each in turn has its children made; each has
# its bound improved by one round; each only has its consequences drawn.
DEPTH_FIRST, EACH, BOUND, PROPAGATE = 0, 1, 2, 3
_ROUNDS = (1000, 1000, 1, 0)
# Nodes that are bounded at a time.
_BOUNDED = 512


class Stack(NamedTuple):
    """Open nodes, one a row; m literals.

    Attributes
    ----------
    state
        What is decided about each literal (FREE, OUT or IN); shape (rows, m).
    warm
        Where the relaxation of the parent ended; shape (rows, m).
    bound
        Proven bound of the parent in eV; shape (rows,).
    shift, shift_size
        Curvature added in eV, and how many free literals it was found for; shape (rows,).
    alive
        Symmetries that leave what is decided as it is; shape (rows, order).
    """

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
    free = np.flatnonzero(state == FREE)
    node = Stack.sized(1, len(state), 0)
    node.state[0], node.warm[0] = state, point
    # No smaller shift is looked for.
    node.shift[0], node.shift_size[0] = shift.value_eV, 0
    workspace = _alone(BOUND, tables, node, threshold_eV)
    y = np.zeros(len(state))
    y[free] = workspace.x[: len(free)]
    outcome, bound_eV = int(workspace.outcome[0]), float(workspace.bound_eV[0])
    return Examined(outcome, bound_eV, y, workspace.state.copy(), workspace.warm.copy())


def propagate(tables: RelaxationTables, state: NDArray[np.int8]) -> bool:
    """Draw the consequences of counts, sites and forbidden pairs; False where they contradict each other."""
    node = Stack.sized(1, len(state), 0)
    node.state[0] = state
    workspace = _alone(PROPAGATE, tables, node, np.full(1, np.inf))
    state[:] = workspace.state
    return bool(workspace.outcome[0] != DEAD)


def _alone(task: int, tables: RelaxationTables, node: Stack, threshold_eV: NDArray[np.float64]) -> Workspace:
    """Do a task with one node; what became of it is in the work space."""
    workspace = Workspace.of(tables)
    nothing = np.zeros((1, node.state.shape[1]), dtype=np.int8)
    _visit(task, tables, workspace, node, node, 0, threshold_eV, 1, nothing)
    return workspace


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
        if task < BOUND and nodes.bound[node] > threshold[0] + SLACK_EV:
            continue
        seen += 1
        _lay_out(nodes, node, workspace)
        outcome = examine(tables, workspace, threshold, _ROUNDS[task])
        workspace.outcome[0] = outcome
        if task >= BOUND:
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
