"""Work units of the exact search: subtrees that any thread or process can search on its own.

A unit is searched against a threshold that others may lower meanwhile, and a :class:`~ewald.exact.pool.Pool` merges
what the units find. Which unit runs where, and when, changes how many nodes are looked at, never the result.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ewald.exact.pool import Pool
from ewald.exact.tree import Shift, Stack, Tables, advance

FIRST_SLICE_NODES = 64
SLICE_S = 0.1


@dataclass(frozen=True, eq=False)
class Unit:
    """Open nodes that belong together, the most promising last (it is searched first).

    Parameters
    ----------
    states
        What is decided in each node; shape (u, m), int8.
    bound_eV
        Proven bound of each node; shape (u,).
    shift
        Curvature that makes the relaxation of all of them convex.
    table
        Which of the plan's tables to search with.
    origin
        What was decided in each node by choice, not by proof; symmetries that leave it as it is leave the node's
        good arrangements as they are. Shape (u, m).
    alive
        Those symmetries, where they are fewer than ``origin`` tells; shape (u, order) or None.
    """

    states: NDArray[np.int8]
    bound_eV: NDArray[np.float64]
    shift: Shift
    table: int
    origin: NDArray[np.int8]
    alive: NDArray[np.bool_] | None = None

    @property
    def lowest_bound_eV(self) -> float:
        """No arrangement below this is in the unit."""
        return float(self.bound_eV.min(initial=np.inf))

    def stack(self, images: NDArray[np.int32]) -> Stack:
        """Make a stack on which the unit can be searched, given the images of the literals, shape (order, m)."""
        size = len(self.bound_eV)
        stack = Stack.holding(size, self.states.shape[1], len(images))
        stack.state[:size] = self.states
        stack.warm[:size] = 0.5
        stack.bound[:size] = self.bound_eV
        stack.shift[:size] = self.shift.value_eV
        stack.shift_size[:size] = self.shift.literals
        for k in range(size):
            origin = self.origin[k]
            stack.alive[k] = (origin[images] == origin).all(axis=1) if self.alive is None else self.alive[k]
        return stack


@dataclass(frozen=True)
class UnitResult:
    """What became of a unit: nodes looked at, and the bound of what is still open (infinite when finished)."""

    nodes: int
    open_bound_eV: float


def run_unit(
    tables: tuple[Tables, ...],
    unit: Unit,
    pool: Pool,
    deadline_s: float,
    threshold: Callable[[], float] | None = None,
) -> UnitResult:
    """Search a unit to its end, or until ``time.monotonic()`` passes ``deadline_s``.

    Arrangements found go to the pool at once, so that its threshold falls for everyone. ``threshold`` tells what
    other processes know.
    """
    if not pool.wants(unit.lowest_bound_eV):
        return UnitResult(0, np.inf)
    if time.monotonic() > deadline_s:
        return UnitResult(0, unit.lowest_bound_eV)
    chosen = tables[unit.table]
    stack = unit.stack(chosen.images)
    open_nodes, nodes, slice_nodes = len(unit.bound_eV), 0, FIRST_SLICE_NODES
    while open_nodes:
        begun_s = time.monotonic()
        if begun_s > deadline_s:
            break
        if threshold is not None:
            pool.lower(threshold())
        step = advance(chosen, stack, open_nodes, pool.threshold_eV, slice_nodes)
        pool.offer(step.found)
        open_nodes, nodes = step.open_nodes, nodes + step.nodes
        share = SLICE_S / max(time.monotonic() - begun_s, 1e-6)
        slice_nodes = max(1, min(2 * slice_nodes, int(step.nodes * share) + 1))
    return UnitResult(nodes, float(stack.bound[:open_nodes].min(initial=np.inf)))
