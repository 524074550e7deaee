"""Work units of the exact search: subtrees that any thread or process can search on its own.

``plan`` makes them (the same list in every process), ``run_unit`` searches one against a threshold that others may
lower meanwhile, and a :class:`~ewald.exact.pool.Pool` merges what they find. Which unit runs where, and when, changes
how many nodes are looked at, never the result.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ewald.exact.bounds import convex_shift, gershgorin
from ewald.exact.incumbents import Descent
from ewald.exact.literals import LiteralProblem
from ewald.exact.patterns import distinct_patterns, enumerable
from ewald.exact.pool import Pool
from ewald.exact.tree import FREE, Stack, Tables, advance, bound_nodes

PATTERNS_PER_UNIT = 32
FIRST_SLICE_NODES = 64
SLICE_S = 0.1
ROOT_SPLIT_NODES = 256


@dataclass(frozen=True, eq=False)
class Unit:
    """Open nodes that belong together, the most promising last (it is searched first)."""

    nodes: Stack

    @property
    def bound_eV(self) -> float:
        """No arrangement below this is in the unit."""
        return float(self.nodes.bound.min(initial=np.inf))


@dataclass(frozen=True)
class UnitResult:
    """What became of a unit: nodes looked at, and the bound of what is still open (infinite when finished)."""

    nodes: int
    open_bound_eV: float

    @property
    def finished(self) -> bool:
        """Whether nothing is left to search."""
        return self.open_bound_eV == np.inf


def seed_pool(problem: LiteralProblem, patterns: NDArray[np.int8], pool: Pool, seed: int) -> None:
    """Offer good arrangements: one descent from each pattern, many from the best of them."""
    descent = Descent(problem)
    rows, energies = descent.each(patterns, seed)
    order = np.argsort(energies, kind="stable")
    pool.offer(rows[order[: 4 * pool.keep + 16]])
    restarts = 24 if len(patterns) > 1 else 200
    best = order[: 4 * pool.keep + 28]
    pool.offer(np.concatenate([descent(patterns[k], restarts, seed + 1 + int(k)) for k in best]))


def pattern_states(problem: LiteralProblem) -> NDArray[np.int8]:
    """First nodes of the search, shape (nodes, m): one dopant pattern of each orbit, or the empty node.

    Patterns are those of the group with the fewest choices, if there are other groups and if they can be listed.
    """
    import math

    states = np.full((1, problem.size), FREE, dtype=np.int8)
    members = [np.flatnonzero(problem.group == g) for g in range(len(problem.wanted))]
    listed = [g for g, m in enumerate(members) if enumerable(len(m), int(problem.wanted[g]))]
    if len(members) < 2 or not listed:
        return states
    first = min(listed, key=lambda g: math.comb(len(members[g]), int(problem.wanted[g])))
    literals = members[first]
    images = np.ascontiguousarray(problem.images[:, literals] - literals[0])
    masks, _ = distinct_patterns(images, int(problem.wanted[first]))
    states = np.repeat(states, len(masks), axis=0)
    states[:, literals] = (masks[:, None] >> np.arange(len(literals), dtype=np.uint64)) & np.uint64(1)
    return states


def plan(problem: LiteralProblem, pool: Pool, seed: int) -> tuple[list[Unit], int]:
    """Make the units, the most promising first, and say how many nodes that took.

    The pool is filled with good arrangements on the way, so that hopeless patterns never become units.
    """
    tables = Tables.of(problem)
    states = pattern_states(problem)
    seed_pool(problem, states, pool, seed)
    stack = _first_nodes(problem, states)
    bound_nodes(tables, stack, pool.threshold_eV)
    if len(states) == 1:
        return _split_root(problem, tables, stack, pool)
    alive = np.flatnonzero(stack.bound <= pool.threshold_eV[0] + 1e-6)
    order = alive[np.argsort(stack.bound[alive], kind="stable")]
    chunks = [order[k : k + PATTERNS_PER_UNIT][::-1] for k in range(0, len(order), PATTERNS_PER_UNIT)]
    return [Unit(_take(stack, chunk)) for chunk in chunks], len(states)


def _first_nodes(problem: LiteralProblem, states: NDArray[np.int8]) -> Stack:
    """Nodes of the given states, with their symmetry and the curvature that they share."""
    free = np.flatnonzero(states[0] == FREE).astype(np.int32)
    work = np.empty((problem.size, problem.size))
    B = np.ascontiguousarray(problem.B_eV)
    shift = convex_shift(B, free, len(free), problem.group, gershgorin(B), work)
    alive = np.stack([(state[problem.images] == state).all(axis=1) for state in states])
    return Stack(
        states.copy(),
        np.full(states.shape, 0.5),
        np.full(len(states), -np.inf),
        np.full(len(states), shift),
        np.full(len(states), len(free), dtype=np.int32),
        alive,
    )


def _take(stack: Stack, rows: NDArray[np.intp]) -> Stack:
    return Stack(*(np.ascontiguousarray(array[rows]) for array in stack))


def _split_root(problem: LiteralProblem, tables: Tables, root: Stack, pool: Pool) -> tuple[list[Unit], int]:
    """Search from the empty node a little, and make a unit of each node then open."""
    stack = _with_room(root, problem.size)
    step = advance(tables, stack, 1, pool.threshold_eV, ROOT_SPLIT_NODES)
    pool.offer(step.found)
    rows = np.arange(step.open_nodes)
    rows = rows[np.argsort(stack.bound[rows], kind="stable")]
    return [Unit(_take(stack, rows[k : k + 1])) for k in range(len(rows))], step.nodes


def _with_room(nodes: Stack, literals: int) -> Stack:
    """Copy open nodes to a stack on which they can be searched."""
    stack = Stack.holding(len(nodes.bound), literals, nodes.alive.shape[1])
    for target, source in zip(stack, nodes, strict=True):
        target[: len(source)] = source
    return stack


def run_unit(
    tables: Tables, unit: Unit, pool: Pool, deadline_s: float, report: Callable[[int], None] | None = None
) -> UnitResult:
    """Search a unit to its end, or until ``time.monotonic()`` passes ``deadline_s``.

    Arrangements found go to the pool at once, so that its threshold falls for everyone.
    """
    stack = _with_room(unit.nodes, len(tables.h))
    open_nodes, nodes, slice_nodes = len(unit.nodes.bound), 0, FIRST_SLICE_NODES
    while open_nodes:
        begun_s = time.monotonic()
        if begun_s > deadline_s:
            break
        step = advance(tables, stack, open_nodes, pool.threshold_eV, slice_nodes)
        pool.offer(step.found)
        open_nodes, nodes = step.open_nodes, nodes + step.nodes
        if report is not None:
            report(step.nodes)
        spent_s = time.monotonic() - begun_s
        if step.nodes == slice_nodes:
            slice_nodes = max(1, min(2 * slice_nodes, int(slice_nodes * SLICE_S / max(spent_s, 1e-6))))
    left = stack.bound[:open_nodes]
    return UnitResult(nodes, float(left.min(initial=np.inf)))
