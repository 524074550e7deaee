"""Branch and bound whose relaxation is tuned anew at its nodes: few nodes, each with nearly the best bound there is.

Tuning a node costs as much as looking at a thousand nodes of the tree with tables that are there, and bounds what is
below it far better where the bound at the root leaves much. Which of the two pays is not known beforehand, so every
node gets both: its relaxation is tuned, starting from what was reached at its parent, and its subtree is then searched
with these tables for a share of the time that took. What is not finished by then is divided in two.
"""

import heapq
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from ewald.parallel.clock import Deadline
from ewald.parallel.team import Team
from ewald.search.exact.incumbents import Descent
from ewald.search.exact.pool import IncumbentPool
from ewald.search.exact.relaxation.literals import LiteralProblem
from ewald.search.exact.relaxation.multipliers import Multipliers, relaxed
from ewald.search.exact.relaxation.node import SLACK_EV
from ewald.search.exact.relaxation.nonnegative import DualPoint
from ewald.search.exact.relaxation.one_hot import OneHot
from ewald.search.exact.relaxation.tables import FREE, IN, RelaxationTables, Shift
from ewald.search.exact.scouts import Scouts
from ewald.search.exact.tree import Stack, advance, expand, propagate
from ewald.search.exact.units import Unit

# Iterations of tuning below the root, where it begins near the end.
_ITERATIONS = 150
# With costs below those of the problem, branching and more nodes gain more.
_ITERATIONS_BELOW = 50
# Nodes tuned together, the lowest bounds first.
_BATCH = 4
# So many open nodes remember what was reached at their parent (a megabyte for 250 variables).
_WARM_NODES = 300
# Time for the subtree of a node, in times of its tuning; and the nodes of the first slice.
_SUBTREE_SHARE = 0.4
_FIRST_SLICE_NODES = 32
# With costs that are bounded better there are two trees. Looking for such costs takes at most this share of the time
# left; so many nodes are tuned in one turn of a tree; and one of so many turns is of the tree with the lower bound.
LOWERING_SHARE, TURN_NODES, _OF_TURNS = 0.3, 20, 4
# What a search of hours has reached is worth a write now and then.
_SAVE_EVERY_S = 60.0


class Reached(NamedTuple):
    """Where tuning a node ended, for its children to begin at."""

    one_hot: OneHot
    dual: DualPoint


class Tuned(NamedTuple):
    """A relaxation tuned for one node.

    Attributes
    ----------
    multipliers, tables
        Costs of the relaxation, and the arrays that the compiled search reads.
    shift
        Curvature that makes it convex.
    reached
        Where tuning ended.
    scope
        The literals that it is convex on; shape (m,).
    """

    multipliers: Multipliers
    tables: RelaxationTables
    shift: Shift
    reached: Reached
    scope: NDArray[np.bool_]

    def stack(self, state: NDArray[np.int8], bound_eV: float, alive: NDArray[np.bool_]) -> Stack:
        """Make a stack that holds the node alone and has room for what is below it."""
        stack = Stack.holding(1, len(state), len(alive))
        stack.state[0] = state
        stack.warm[0] = self.multipliers.point
        stack.bound[0] = bound_eV
        stack.shift[0], stack.shift_size[0] = self.shift.value_eV, self.shift.literals
        stack.alive[0] = alive
        return stack


def tuned(
    problem: LiteralProblem,
    state: NDArray[np.int8],
    deadline: Deadline,
    *,
    start: Reached | None = None,
    target_eV: float = np.inf,
) -> Tuned:
    """Tune the relaxation for a node.

    Parameters
    ----------
    state
        What is decided; shape (m,), with at least one free literal.
    deadline
        When to stop with what there is.
    start
        What was reached at a node above it.
    target_eV
        Energy above which nothing is wanted.
    """
    free = np.flatnonzero(state == FREE).astype(np.int32)
    chosen = np.flatnonzero(state == IN)
    between = problem.B_eV[np.ix_(chosen, chosen)]
    decided_eV = problem.constant_eV + float(problem.h_eV[chosen].sum() + 0.5 * between.sum())
    field_eV = problem.h_eV[free] + problem.B_eV[np.ix_(free, chosen)].sum(axis=1)
    wanted = problem.wanted - np.bincount(problem.group[chosen], minlength=len(problem.wanted)).astype(np.int32)
    one_hot = OneHot.of(problem, free, wanted)
    begin = None
    if start is not None:
        begin = start.dual.within(*start.one_hot.within(one_hot, problem, state), one_hot.impossible)
    settings = {} if begin is None else {"iterations": _ITERATIONS if problem.above is None else _ITERATIONS_BELOW}
    dual = relaxed(
        problem, one_hot, field_eV, deadline, start=begin, target_eV=target_eV - decided_eV + SLACK_EV, **settings
    )
    multipliers = Multipliers.of_dual(problem, one_hot, dual)
    tables = RelaxationTables.of(problem, multipliers)
    return Tuned(multipliers, tables, Shift.of(tables, state), Reached(one_hot, dual.small()), state == FREE)


class _Node(NamedTuple):
    bound_eV: float
    number: int
    state: NDArray[np.int8]
    alive: NDArray[np.uint8]
    reached: Reached | None


@dataclass(frozen=True)
class _Looked:
    """What became of a node: its children (none when it is done with), arrangements, and nodes looked at below it."""

    children: Stack | None
    reached: Reached | None
    found: NDArray[np.int8]
    nodes: int


class RetunedTree:
    """Open nodes of such a search; on all ranks alike.

    Parameters
    ----------
    problem, pool, team, scouts
        As for the planner.
    """

    def __init__(self, problem: LiteralProblem, pool: IncumbentPool, team: Team, scouts: Scouts | None = None) -> None:
        self.problem = problem
        self.pool = pool
        self.team = team
        self.scouts = scouts or Scouts(pool)
        self.nodes = 0
        self.tuned_nodes = 0
        self._plain = RelaxationTables.of(problem, Multipliers.plain(problem))
        self._descent = Descent(problem.exact)
        self._heap: list[_Node] = []
        self._numbered = 0

    def __len__(self) -> int:
        return len(self._heap)

    @property
    def lowest_bound_eV(self) -> float:
        """Nothing in the tree is below this."""
        return self._heap[0].bound_eV if self._heap else np.inf

    def push(self, stack: Stack, count: int, reached: Reached | None) -> None:
        """Take the first ``count`` nodes of a stack, and what was reached above them."""
        for k in range(count):
            self._numbered += 1
            warm = reached if len(self._heap) < _WARM_NODES else None
            node = _Node(
                float(stack.bound[k]), self._numbered, stack.state[k].copy(), np.packbits(stack.alive[k]), warm
            )
            heapq.heappush(self._heap, node)

    def run(
        self,
        deadline: Deadline,
        most_nodes: int,
        save: Callable[[], object] | None = None,
        save_every_s: float = _SAVE_EVERY_S,
    ) -> None:
        """Go on at the lowest bound until nothing is wanted, time is up or so many nodes were tuned.

        Parameters
        ----------
        deadline, most_nodes
            As above.
        save, save_every_s
            Called by all ranks after so many seconds, between two batches, when every open node is in the tree.
        """
        most_nodes, saved_s = self.tuned_nodes + most_nodes, time.monotonic()

        def go_on() -> bool:
            return self.pool.wants(self.lowest_bound_eV) and self.tuned_nodes < most_nodes and not deadline.passed()

        while self.team.once(go_on):
            batch = [heapq.heappop(self._heap) for _ in range(min(_BATCH, len(self._heap)))]
            looked = self.team.each(lambda k, batch=batch: self._look(batch[k], deadline), len(batch))  # type: ignore[misc]
            for node, done in zip(batch, looked, strict=True):
                if done is None:
                    heapq.heappush(self._heap, node)
                    continue
                self.tuned_nodes += 1
                self.nodes += done.nodes
                self.pool.offer(done.found)
                if done.children is not None:
                    self.push(done.children, len(done.children.bound), done.reached)
            self.scouts.turn(self.team, deadline)
            if save is not None and self.team.once(lambda: time.monotonic() - saved_s >= save_every_s):  # noqa: B023
                save()
                saved_s = time.monotonic()

    def _look(self, node: _Node, deadline: Deadline) -> _Looked | None:
        """Tune a node, search below it for a while, and divide it if that did not finish it; None if time is up."""
        begun_s = time.monotonic()
        threshold = self.pool.threshold_eV
        none = np.empty((0, self.problem.size), dtype=np.int8)
        if not self.pool.wants(node.bound_eV):
            return _Looked(None, None, none, 0)
        state = node.state.copy()
        if not propagate(self._plain, state):
            return _Looked(None, None, none, 1)
        if not (state == FREE).any():
            return _Looked(None, None, state[None], 1)
        alive = np.unpackbits(node.alive, count=len(self.problem.images)).astype(np.bool_)
        relaxation = tuned(self.problem, state, deadline, start=node.reached, target_eV=float(threshold[0]))
        if deadline.passed():
            return None
        rounded = self._descent.polish(self._descent.rounded(relaxation.multipliers.point[None]))
        found = [rounded]
        stack, open_nodes, nodes = relaxation.stack(state, node.bound_eV, alive), 1, 0
        until_s = time.monotonic() + _SUBTREE_SHARE * (time.monotonic() - begun_s)
        slice_nodes = _FIRST_SLICE_NODES
        while open_nodes and time.monotonic() < until_s:
            step = advance(relaxation.tables, stack, open_nodes, threshold, slice_nodes)
            found.append(step.found)
            open_nodes, nodes, slice_nodes = step.open_nodes, nodes + step.nodes, 2 * slice_nodes
        if not open_nodes:
            return _Looked(None, None, np.concatenate(found), nodes)
        one = relaxation.stack(state, node.bound_eV, alive).rows(slice(1))
        divided = expand(relaxation.tables, one, threshold)
        found.append(divided.found)
        children = divided.children.rows(slice(divided.open_nodes)) if divided.open_nodes else None
        return _Looked(children, relaxation.reached, np.concatenate(found), nodes + 1)

    def units(self, table: int, shift: Shift, least_eV: float, size: int) -> list[Unit]:
        """Make units of at most ``size`` nodes each of what is open, the lowest bounds together.

        Parameters
        ----------
        table, shift
            Which of the plan's tables to search them with, and its curvature at the root.
        least_eV
            A bound of everything.
        """
        nodes = [node for node in sorted(self._heap) if self.pool.wants(max(node.bound_eV, least_eV))]
        units = []
        for k in range(0, len(nodes), size):
            part = nodes[k : k + size][::-1]
            units.append(
                Unit(
                    np.stack([node.state for node in part]),
                    np.array([max(node.bound_eV, least_eV) for node in part]),
                    np.full(len(part), shift.value_eV),
                    np.full(len(part), shift.literals, dtype=np.int32),
                    np.stack([node.alive for node in part]),
                    table,
                )
            )
        return units


class Bounded(Protocol):
    """A tree of a problem, with its own costs or with lower ones that are bounded better."""

    @property
    def lowest_bound_eV(self) -> float:
        """Nothing in the tree is below this."""


Tree = TypeVar("Tree", bound=Bounded)


def best(trees: Sequence[Tree]) -> Tree:
    """Return the tree with the highest bound, which is that of the problem."""
    return max(trees, key=lambda tree: tree.lowest_bound_eV)


def of_turn(trees: Sequence[Tree], turn: int) -> Tree:
    """Return the tree whose turn it is, counted from one: which comes to its end first is not known beforehand."""
    return best(trees) if turn % _OF_TURNS else min(trees, key=lambda tree: tree.lowest_bound_eV)
