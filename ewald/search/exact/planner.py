"""How the units of an exact search are made: dopant patterns one by one, or the best-first beginning of the tree."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ewald.parallel.team import Team
from ewald.search.exact.frontier import Frontier
from ewald.search.exact.incumbents import Descent
from ewald.search.exact.patterns import distinct_patterns, enumerable
from ewald.search.exact.pool import IncumbentPool
from ewald.search.exact.relaxation.literals import LiteralProblem
from ewald.search.exact.relaxation.lowering import strengthened
from ewald.search.exact.relaxation.multipliers import MAX_TUNED_LITERALS, Multipliers
from ewald.search.exact.relaxation.tables import FREE, IN, RelaxationTables, Shift
from ewald.search.exact.retuning import LOWERING_SHARE, TURN_NODES, RetunedTree, best, of_turn
from ewald.search.exact.scouts import Scouts
from ewald.search.exact.tree import Advance, Expansion, Stack, advance, bound_states, expand
from ewald.search.exact.units import Unit, symmetries_left

PATTERNS_PER_UNIT = 32
_PATTERNS_PER_PIECE = 32
# So many patterns are searched to their end to predict what all of them take, each with a share of so many nodes, about
# what tuning costs; if it is more than the last number, the search starts from the empty node instead.
_PROBES = 24
PROBE_NODES = 20_000
PATTERN_NODES = 150_000
# Tuning one relaxation takes at most this share of the time that is left.
_TUNE_SHARE = 0.3
# Nodes looked at from the empty one, the lowest bound first, before the rest becomes units; with a time limit the
# bound counts more than an early start of the units, up to this share of the time.
BEST_FIRST_NODES = 4096
_BEST_FIRST_NODES_LIMITED = 60_000
_BEST_FIRST_SHARE = 0.6
# Nodes tuned before costs are looked for that are bounded better, and the share of the time left for them.
_ALONE_NODES, _ALONE_SHARE = 100, 0.15
# Nodes tuned one by one where the first ones were not enough, and the share of the time left for that.
RETUNED_NODES = 5_000
_RETUNED_SHARE = 0.95
# What so many nodes did not finish is worth a tabu search, which finds lower arrangements than descents do.
EASY_NODES = 1024
_TABU_SHARE = 0.2
BATCH = 64
_NODES_PER_PIECE = 8
_POLISHED_PER_BATCH = 4
FRONTIER_PER_UNIT = 8
_DESCENTS_PER_PIECE = 64
DESCENTS_FROM_BEST = 24
DESCENTS_FROM_NOTHING = 1000
_DESCENTS_AT_LEAST = 256


class _Retuned(NamedTuple):
    """A tree of tuned nodes, and the empty node and table that it began with."""

    tree: RetunedTree
    root: Stack
    table: int

    @property
    def lowest_bound_eV(self) -> float:
        """Nothing in the tree is below this."""
        return self.tree.lowest_bound_eV


@dataclass
class Planner:
    """Makes units while the tables grow; on all ranks alike."""

    problem: LiteralProblem
    pool: IncumbentPool
    team: Team
    scouts: Scouts
    tables: list[RelaxationTables] = field(default_factory=list)
    points: list[NDArray[np.float64]] = field(default_factory=list)
    nodes: int = 0
    whole: bool = True
    # Called by all ranks now and then with units that cover what is open.
    save: Callable[[list[Unit]], object] | None = None

    def units(self, seed: int) -> list[Unit]:
        """Make the units that cover everything; ``seed`` is for the first descents."""
        self._use(Multipliers.plain(self.problem))
        root = self._root(0)
        states = root.state[:1] if self.team.late() else _pattern_states(self.problem)
        self._seed_pool(states, seed)
        if self.team.late():
            self.whole = False
            return [Unit.of(root, 0)]
        units = self._patterns(states, float(root.bound[0])) if len(states) > 1 else None
        return self._best_first(root) if units is None else units

    def _use(self, multipliers: Multipliers, problem: LiteralProblem | None = None) -> int:
        """Add tables with these multipliers, of the problem or one below it; return their number."""
        self.tables.append(RelaxationTables.of(problem or self.problem, multipliers))
        self.points.append(multipliers.point)
        return len(self.tables) - 1

    def _root(self, table: int) -> Stack:
        """Make the empty node, bounded with one of the tables."""
        root = Stack.sized(1, self.problem.size, len(self.problem.images))
        root.warm[:] = self.points[table]
        shift = self.team.once(lambda: Shift.of(self.tables[table], root.state[0]))
        root.shift[:], root.shift_size[:] = shift.value_eV, shift.literals
        bound_states(self.tables[table], root.state.copy(), root.bound, shift, self.pool.threshold_eV)
        root.bound[:] = self.team.once(lambda: root.bound)
        return root

    def _seed_pool(self, states: NDArray[np.int8], seed: int) -> None:
        """Offer good arrangements: one descent from each state of shape (s, m), many from the best of them."""
        descent = Descent(self.problem)
        pieces = [states[k : k + _DESCENTS_PER_PIECE] for k in range(0, len(states), _DESCENTS_PER_PIECE)]
        looked = self.team.each(lambda k: descent.each(pieces[k], seed), len(pieces))
        done = [part for part in looked if part is not None] or [descent.each(states[:1], seed)]
        begun = [piece for piece, part in zip(pieces, looked, strict=True) if part is not None] or [states[:1]]
        rows, energies, origins = (np.concatenate(parts) for parts in (*zip(*done, strict=True), begun))
        order = np.argsort(energies, kind="stable")
        self.pool.offer(rows[order[: 4 * self.pool.keep + 16]])
        if len(states) > 1:
            best = origins[order[: 4 * self.pool.keep + 28]]
            restarts = [(state, DESCENTS_FROM_BEST) for state in best]
        else:
            restarts = [(states[0], _DESCENTS_PER_PIECE)] * -(-DESCENTS_FROM_NOTHING // _DESCENTS_PER_PIECE)
        more = self.team.each(lambda k: descent(*restarts[k], seed + 1 + k), len(restarts))
        self.pool.offer(np.concatenate([rows[:0], *(part for part in more if part is not None)]))
        if self.team.once(lambda: len(self.pool.lowest) < self.pool.keep):
            # Even where there is no time, a list without gaps is worth some milliseconds.
            few = min(8 * self.pool.keep + 16, _DESCENTS_AT_LEAST)
            self.pool.offer(descent(states[0], few, seed))

    def _bounded(
        self, states: NDArray[np.int8], bound_eV: NDArray[np.float64], table: int, shift: Shift
    ) -> tuple[NDArray[np.int8], NDArray[np.float64]]:
        """Raise the bounds of many nodes as long as there is time, and decide what follows from them."""

        def piece(number: int) -> tuple[NDArray[np.int8], NDArray[np.float64]]:
            part = slice(number * _PATTERNS_PER_PIECE, (number + 1) * _PATTERNS_PER_PIECE)
            mine = states[part].copy(), bound_eV[part].copy()
            bound_states(self.tables[table], *mine, shift, self.pool.threshold_eV)
            return mine

        states, bound_eV = states.copy(), bound_eV.copy()
        for number, done in enumerate(self.team.each(piece, -(-len(states) // _PATTERNS_PER_PIECE))):
            part = slice(number * _PATTERNS_PER_PIECE, (number + 1) * _PATTERNS_PER_PIECE)
            if done is None:
                self.whole = False
            else:
                states[part], bound_eV[part] = done
                self.nodes += len(bound_eV[part])
        return states, bound_eV

    def _patterns(self, origin: NDArray[np.int8], root_eV: float) -> list[Unit] | None:
        """Bound every pattern; those that stay become units with the relaxation that bounds them best.

        None where a sample of them tells that the tree from the empty node is the better way.
        """
        shifts = [self._shift(0, origin[0])]
        states, bound_eV = self._bounded(origin, np.full(len(origin), root_eV), 0, shifts[0])
        keep = self.team.once(lambda: self.pool.wants_each(bound_eV))
        origin, states, bound_eV = origin[keep], states[keep], bound_eV[keep]
        table = np.zeros(len(states), dtype=np.int64)
        units = self._pattern_units(origin, states, bound_eV, table, shifts)
        if self.team.late() or shifts[0].literals > MAX_TUNED_LITERALS:
            return units
        predicted = self._predicted(units)
        if predicted <= EASY_NODES:
            return units if predicted else []
        number = self._use(self._tuned(origin[0]))
        shifts.append(self._shift(number, origin[0]))
        states, tuned_eV = self._bounded(states, np.full(len(states), -np.inf), number, shifts[number])
        table[tuned_eV > bound_eV] = number
        units = self._pattern_units(origin, states, np.maximum(bound_eV, tuned_eV), table, shifts)
        if self.problem.size > MAX_TUNED_LITERALS or self.team.late():
            return units
        predicted = self._predicted(units)
        if predicted > PATTERN_NODES:
            return None
        return units if predicted else []

    def _pattern_units(
        self,
        origin: NDArray[np.int8],
        states: NDArray[np.int8],
        bound_eV: NDArray[np.float64],
        table: NDArray[np.int64],
        shifts: list[Shift],
    ) -> list[Unit]:
        """Put the patterns that may matter, each with its table, into units; the lowest bound of a unit comes last."""
        units = []
        for number, shift in enumerate(shifts):
            rows = np.flatnonzero(self.pool.wants_each(bound_eV) & (table == number))
            rows = rows[np.argsort(bound_eV[rows], kind="stable")]
            for k in range(0, len(rows), PATTERNS_PER_UNIT):
                part = rows[k : k + PATTERNS_PER_UNIT][::-1]
                units.append(
                    Unit(
                        states[part],
                        bound_eV[part],
                        np.full(len(part), shift.value_eV),
                        np.full(len(part), shift.literals, dtype=np.int32),
                        symmetries_left(origin[part], self.problem.images),
                        number,
                    )
                )
        return units

    def _predicted(self, units: list[Unit]) -> float:
        """Nodes that units will take, from a sample; 0 if that was all of them, infinite if it came to no end."""
        every = [(unit, row) for unit in units for row in range(len(unit.bound_eV))]
        chosen = every[:: -(-len(every) // _PROBES)] if every else []

        def probe(number: int) -> Advance:
            unit, row = chosen[number]
            stack = unit.only(row).stack(len(self.problem.images))
            return advance(self.tables[unit.table], stack, 1, self.pool.threshold_eV, PROBE_NODES // len(chosen))

        nodes = 0
        for done in self.team.each(probe, len(chosen)):
            if done is None or done.open_nodes:
                return math.inf
            nodes += done.nodes
            self.pool.offer(done.found)
        self.nodes += nodes
        return 0.0 if len(chosen) == len(every) else nodes * len(every) / len(chosen)

    def _shift(self, table: int, state: NDArray[np.int8]) -> Shift:
        return self.team.once(lambda: Shift.of(self.tables[table], state))

    def _tuned(self, state: NDArray[np.int8], problem: LiteralProblem | None = None) -> Multipliers:
        """Tune the relaxation of the free literals for the mean of all patterns of the decided ones."""
        problem = problem or self.problem
        free = np.flatnonzero(state == FREE).astype(np.int32)
        decided = np.flatnonzero(state != FREE)
        mean = np.array([np.mean(state[problem.group == g] == IN) for g in problem.group[decided]])
        field_eV = problem.h_eV[free] + problem.B_eV[np.ix_(free, decided)] @ mean
        wanted = problem.wanted.copy()
        np.subtract.at(wanted, problem.group[np.flatnonzero(state == IN)], 1)
        deadline = self.team.deadline.part(_TUNE_SHARE)
        return self.team.once(lambda: Multipliers.tuned(problem, free, field_eV, wanted, deadline))

    def _best_first(self, root: Stack) -> list[Unit]:
        """Look at the node of lowest bound again and again; what is then open becomes units."""
        table = 0
        if self.problem.size <= MAX_TUNED_LITERALS and not self.team.late():
            if self._easy(root):
                return []
            number = self._use(self._tuned(root.state[0]))
            tuned = self._root(number)
            if self.team.once(lambda: bool(tuned.bound[0] > root.bound[0])):
                root, table = tuned, number
        frontier = Frontier(len(self.problem.images))
        frontier.push(root, 1)
        deadline = self.team.deadline.part(_BEST_FIRST_SHARE)
        most = _BEST_FIRST_NODES_LIMITED if deadline.limited else BEST_FIRST_NODES
        descent, begun = Descent(self.problem), self.nodes

        def go_on(nodes: int) -> bool:
            wanted = self.pool.wants(frontier.lowest_bound_eV)
            return wanted and self.nodes - begun < nodes and not deadline.passed()

        while self.team.once(lambda: go_on(EASY_NODES)):
            self._expand(frontier, table, descent)
        if self.team.once(lambda: go_on(most)):
            self.scouts.first(self.team, self.team.deadline.part(_TABU_SHARE))
        if self.problem.size <= MAX_TUNED_LITERALS and self.team.once(lambda: go_on(most)):
            return self._retuned(root, table, frontier.lowest_bound_eV)
        while self.team.once(lambda: go_on(most)):
            self._expand(frontier, table, descent)
            self.scouts.turn(self.team, deadline)
        return [u for u in frontier.units(table, FRONTIER_PER_UNIT) if self.pool.wants(u.lowest_bound_eV)]

    def _retuned(self, root: Stack, table: int, least_eV: float) -> list[Unit]:
        """Search once more from the empty node, tuning at every node; nothing lies below ``least_eV``.

        What is not finished soon is searched beside it with costs that are bounded better at the empty node, in turns.
        """
        trees = [self._tree(self.problem, root, table)]
        deadline = self.team.deadline.part(_RETUNED_SHARE)

        def units() -> list[Unit]:
            one = best(trees)
            least = max(least_eV, *(float(each.root.bound[0]) for each in trees))
            shift = Shift(float(one.root.shift[0]), int(one.root.shift_size[0]))
            return one.tree.units(one.table, shift, least, FRONTIER_PER_UNIT)

        def go_on() -> bool:
            wanted = all(self.pool.wants(one.lowest_bound_eV) for one in trees)
            return wanted and sum(one.tree.tuned_nodes for one in trees) < RETUNED_NODES and not deadline.passed()

        keep = self.save
        save = None if keep is None else lambda: keep(units())
        trees[0].tree.run(deadline.part(_ALONE_SHARE), _ALONE_NODES, save)
        if self.team.once(go_on) and (below := self._strengthened()) is not None:
            number = self._use(self._tuned(root.state[0], below), below)
            better = self._root(number)
            if self.team.once(lambda: bool(better.bound[0] > trees[0].lowest_bound_eV)):
                trees.append(self._tree(below, better, number))
        turn = 0
        while self.team.once(go_on):
            turn += 1
            of_turn(trees, turn).tree.run(deadline, TURN_NODES, save)
        self.nodes += sum(one.tree.nodes for one in trees)
        return units()

    def _tree(self, problem: LiteralProblem, root: Stack, table: int) -> _Retuned:
        tree = RetunedTree(problem, self.pool, self.team, self.scouts)
        tree.push(root, 1, None)
        return _Retuned(tree, root, table)

    def _strengthened(self) -> LiteralProblem | None:
        """Return costs below those of the problem that are bounded better."""
        deadline, threshold_eV = self.team.deadline.part(LOWERING_SHARE), float(self.pool.threshold_eV[0])
        permutations = self.pool.group.permutations
        return self.team.once(lambda: strengthened(self.problem, permutations, deadline, threshold_eV))

    def _easy(self, root: Stack) -> bool:
        """Search the tree for some nodes with the plain relaxation, which may well be all it takes."""
        stack = Unit.of(root, 0).stack(len(self.problem.images))
        done = self.team.once(lambda: advance(self.tables[0], stack, 1, self.pool.threshold_eV, EASY_NODES))
        self.pool.offer(done.found)
        return done.open_nodes == 0

    def _expand(self, frontier: Frontier, table: int, descent: Descent) -> None:
        """Replace the nodes of lowest bound by their children; look for arrangements near the first of them."""
        batch = frontier.pop(BATCH)

        def piece(number: int) -> Expansion:
            return expand(self.tables[table], _part(batch, number), self.pool.threshold_eV)

        for number, done in enumerate(self.team.each(piece, -(-len(batch.bound) // _NODES_PER_PIECE))):
            if done is None:
                rest = _part(batch, number)
                frontier.push(rest, len(rest.bound))
                continue
            frontier.push(done.children, done.open_nodes)
            self.pool.offer(done.found)
        self.pool.offer(descent.polish(descent.rounded(batch.warm[:_POLISHED_PER_BATCH])))
        self.nodes += len(batch.bound)


def _part(batch: Stack, number: int) -> Stack:
    return batch.rows(slice(number * _NODES_PER_PIECE, (number + 1) * _NODES_PER_PIECE))


def _pattern_states(problem: LiteralProblem) -> NDArray[np.int8]:
    """First nodes of the search, shape (nodes, m): one dopant pattern of each orbit, or the empty node.

    Patterns are those of the group with the fewest choices, if there are other groups and if they can be listed.
    """
    states = np.full((1, problem.size), FREE, dtype=np.int8)
    members = [np.flatnonzero(problem.group == g) for g in range(len(problem.wanted))]
    order = len(problem.images)
    listed = [g for g, m in enumerate(members) if enumerable(len(m), int(problem.wanted[g]), order)]
    if len(members) < 2 or not listed:
        return states
    first = min(listed, key=lambda g: math.comb(len(members[g]), int(problem.wanted[g])))
    literals = members[first]
    images = np.ascontiguousarray(problem.images[:, literals] - literals[0])
    masks, _ = distinct_patterns(images, int(problem.wanted[first]))
    states = np.repeat(states, len(masks), axis=0)
    states[:, literals] = (masks[:, None] >> np.arange(len(literals), dtype=np.uint64)) & np.uint64(1)
    return states
