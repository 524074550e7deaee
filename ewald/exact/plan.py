"""The plan of an exact search: first arrangements, relaxations to search with, and work units by promise."""

import math
import time
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ewald.exact.incumbents import Descent
from ewald.exact.literals import LiteralProblem
from ewald.exact.multipliers import MAX_TUNED_LITERALS, Multipliers
from ewald.exact.patterns import distinct_patterns, enumerable
from ewald.exact.pool import Pool
from ewald.exact.threads import run_numbered
from ewald.exact.tree import FREE, IN, Shift, Tables, advance, bound_states
from ewald.exact.units import Unit

PATTERNS_PER_UNIT = 32
PATTERNS_PER_CHUNK = 256
# So many patterns that a first bound did not cut off make it worth tuning the relaxation.
TUNE_ABOVE = 1000
ROOT_SPLIT_NODES = 256
DESCENTS_PER_LOOK = 2048
DESCENTS_FROM_BEST = 24
DESCENTS_FROM_NOTHING = 200


@dataclass(frozen=True, eq=False)
class Plan:
    """Units, the most promising first.

    Parameters
    ----------
    units, tables
        What to search, and the arrays to search it with.
    nodes
        Nodes looked at to make the units.
    complete
        Whether there was time for all of the planning: a complete plan is the same every time.
    """

    units: tuple[Unit, ...]
    tables: tuple[Tables, ...]
    nodes: int
    complete: bool


def make_plan(
    problem: LiteralProblem, pool: Pool, *, seed: int = 0, deadline_s: float = np.inf, workers: int | None = None
) -> Plan:
    """Fill the pool with good arrangements and divide the search into units."""
    states = pattern_states(problem)
    seed_pool(problem, states, pool, seed, deadline_s)
    planner = _Planner(problem, pool, deadline_s, workers)
    planner.use(Multipliers.plain(problem))
    return planner.split_root() if len(states) == 1 else planner.split_patterns(states)


def pattern_states(problem: LiteralProblem) -> NDArray[np.int8]:
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


def seed_pool(
    problem: LiteralProblem, states: NDArray[np.int8], pool: Pool, seed: int, deadline_s: float = np.inf
) -> None:
    """Offer good arrangements: one descent from each state of shape (s, m), many from the best of them."""
    descent = Descent(problem)
    looked = []
    for k in range(0, len(states), DESCENTS_PER_LOOK):
        if k == 0 or time.monotonic() <= deadline_s:
            looked.append(descent.each(states[k : k + DESCENTS_PER_LOOK], seed))
    rows, energies = (np.concatenate(parts) for parts in zip(*looked, strict=True))
    order = np.argsort(energies, kind="stable")
    pool.offer(rows[order[: 4 * pool.keep + 16]])
    restarts = DESCENTS_FROM_BEST if len(states) > 1 else DESCENTS_FROM_NOTHING
    best = []
    for k in order[: 4 * pool.keep + 28]:
        if time.monotonic() <= deadline_s:
            best.append(descent(states[k], restarts, seed + 1 + int(k)))
    pool.offer(np.concatenate([rows[:0], *best]))


@dataclass
class _Planner:
    """Makes units while the tables grow."""

    problem: LiteralProblem
    pool: Pool
    deadline_s: float
    workers: int | None
    tables: list[Tables] = field(default_factory=list)
    nodes: int = 0

    def use(self, multipliers: Multipliers) -> int:
        """Add tables with these multipliers; return their number."""
        self.tables.append(Tables.of(self.problem, multipliers))
        return len(self.tables) - 1

    def plan(self, units: list[Unit]) -> Plan:
        """Put the units in order."""
        units.sort(key=lambda unit: unit.lowest_bound_eV)
        return Plan(tuple(units), tuple(self.tables), self.nodes, time.monotonic() <= self.deadline_s)

    def bound(self, states: NDArray[np.int8], bound_eV: NDArray[np.float64], table: int, shift: Shift) -> None:
        """Raise the bounds of many nodes, on threads, as long as there is time."""

        def chunk(number: int) -> None:
            part = slice(number * PATTERNS_PER_CHUNK, (number + 1) * PATTERNS_PER_CHUNK)
            if time.monotonic() <= self.deadline_s:
                bound_states(self.tables[table], states[part], bound_eV[part], shift, self.pool.threshold_eV)

        run_numbered(chunk, -(-len(states) // PATTERNS_PER_CHUNK), self.workers)
        self.nodes += len(states)

    def empty_node(self, table: int) -> tuple[NDArray[np.int8], NDArray[np.float64], Shift]:
        """Return the empty node, its bound and its shift."""
        states = np.full((1, self.problem.size), FREE, dtype=np.int8)
        bound_eV = np.full(1, -np.inf)
        shift = Shift.of(self.tables[table], states[0])
        bound_states(self.tables[table], states.copy(), bound_eV, shift, self.pool.threshold_eV)
        return states, bound_eV, shift

    def split_patterns(self, origin: NDArray[np.int8]) -> Plan:
        """Bound every pattern; those that stay become units with the relaxation that bounds them best."""
        states = origin.copy()
        bound_eV = np.repeat(self.empty_node(0)[1], len(states))
        shifts = [Shift.of(self.tables[0], origin[0])]
        self.bound(states, bound_eV, 0, shifts[0])
        table = np.zeros(len(states), dtype=np.int64)
        keep = self.pool.wants_each(bound_eV)
        origin, states, bound_eV, table = origin[keep], states[keep], bound_eV[keep], table[keep]
        if len(states) > TUNE_ABOVE and shifts[0].literals <= MAX_TUNED_LITERALS:
            number = self.use(self.tune(origin[0]))
            shifts.append(Shift.of(self.tables[number], origin[0]))
            tuned_eV = np.full(len(states), -np.inf)
            self.bound(states, tuned_eV, number, shifts[number])
            table[tuned_eV > bound_eV] = number
            bound_eV = np.maximum(bound_eV, tuned_eV)
        units = []
        for number in range(len(self.tables)):
            rows = np.flatnonzero(self.pool.wants_each(bound_eV) & (table == number))
            rows = rows[np.argsort(bound_eV[rows], kind="stable")]
            for k in range(0, len(rows), PATTERNS_PER_UNIT):
                part = rows[k : k + PATTERNS_PER_UNIT][::-1]
                units.append(Unit(states[part], bound_eV[part], shifts[number], number, origin[part]))
        return self.plan(units)

    def tune(self, state: NDArray[np.int8]) -> Multipliers:
        """Tune the relaxation of the free literals for the mean of all patterns of the decided ones."""
        problem = self.problem
        free = np.flatnonzero(state == FREE).astype(np.int32)
        decided = np.flatnonzero(state != FREE)
        mean = np.array([np.mean(state[problem.group == g] == IN) for g in problem.group[decided]])
        field_eV = problem.h_eV[free] + problem.B_eV[np.ix_(free, decided)] @ mean
        wanted = problem.wanted.copy()
        np.subtract.at(wanted, problem.group[np.flatnonzero(state == IN)], 1)
        return Multipliers.tuned(problem, free, field_eV, wanted, self.deadline_s)

    def split_root(self) -> Plan:
        """Search from the empty node a little, and make a unit of each node then open."""
        states, bound_eV, shift = self.empty_node(0)
        table = 0
        if self.problem.size <= MAX_TUNED_LITERALS:
            number = self.use(self.tune(states[0]))
            tuned = self.empty_node(number)
            if tuned[1][0] > bound_eV[0]:
                (states, bound_eV, shift), table = tuned, number
        stack = Unit(states, bound_eV, shift, table, states).stack(self.problem.images)
        step = advance(self.tables[table], stack, 1, self.pool.threshold_eV, ROOT_SPLIT_NODES)
        self.pool.offer(step.found)
        self.nodes += step.nodes
        units = []
        for k in range(step.open_nodes):
            row = slice(k, k + 1)
            node_shift = Shift(float(stack.shift[k]), int(stack.shift_size[k]))
            parts = (stack.state[row].copy(), stack.bound[row].copy(), node_shift, table)
            units.append(Unit(*parts, origin=stack.state[row].copy(), alive=stack.alive[row].copy()))
        return self.plan(units)
