"""Work units of the exact search: subtrees that any thread or process can search on its own.

A unit is searched against a threshold that others may lower meanwhile; what the units find is merged in a
:class:`~ewald.search.exact.pool.IncumbentPool`. Which unit runs where, and when, changes how many nodes are looked at,
never the result.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ewald.parallel.clock import Deadline
from ewald.search.exact.pool import IncumbentPool
from ewald.search.exact.relaxation.tables import RelaxationTables
from ewald.search.exact.tree import Stack, advance

_FIRST_SLICE_NODES = 4
_SLICE_S = 0.1


@dataclass(frozen=True, eq=False)
class Unit:
    """Open nodes that belong together, the most promising last (it is searched first).

    Parameters
    ----------
    states
        What is decided in each node; shape (u, m), int8.
    bound_eV
        Proven bound of each node; shape (u,).
    shift_eV, shift_size
        Curvature that makes the relaxation of each node convex, and for how many literals it was found; shape (u,).
    alive
        Symmetries that leave the good arrangements of each node as they are, eight to a byte; shape (u, order / 8).
    table
        Which of the plan's tables to search with.
    """

    states: NDArray[np.int8]
    bound_eV: NDArray[np.float64]
    shift_eV: NDArray[np.float64]
    shift_size: NDArray[np.int32]
    alive: NDArray[np.uint8]
    table: int

    @classmethod
    def of(cls, stack: Stack, table: int) -> "Unit":
        """Make a unit of every node of a stack."""
        alive = np.packbits(stack.alive, axis=1)
        return cls(stack.state, stack.bound, stack.shift, stack.shift_size, alive, table)

    @property
    def lowest_bound_eV(self) -> float:
        """No arrangement below this is in the unit."""
        return float(self.bound_eV.min(initial=np.inf))

    def only(self, row: int) -> "Unit":
        """Make a unit of one of the nodes."""
        part = slice(row, row + 1)
        return Unit(
            self.states[part], self.bound_eV[part], self.shift_eV[part], self.shift_size[part], self.alive[part],
            self.table,
        )  # fmt: skip

    def stack(self, order: int) -> Stack:
        """Make a stack on which the unit can be searched, given the number of symmetries."""
        size = len(self.bound_eV)
        stack = Stack.holding(size, self.states.shape[1], order)
        stack.state[:size] = self.states
        stack.warm[:size] = 0.5
        stack.bound[:size] = self.bound_eV
        stack.shift[:size] = self.shift_eV
        stack.shift_size[:size] = self.shift_size
        stack.alive[:size] = np.unpackbits(self.alive, axis=1, count=order)
        return stack


def symmetries_left(origin: NDArray[np.int8], images: NDArray[np.int32]) -> NDArray[np.uint8]:
    """Symmetries that leave what was decided by choice, shape (u, m), as it is; for :attr:`Unit.alive`."""
    return np.stack([np.packbits((row[images] == row).all(axis=1)) for row in origin])


@dataclass(frozen=True)
class UnitResult:
    """What became of a unit: nodes looked at, and the bound of what is still open (infinite when finished)."""

    nodes: int
    open_bound_eV: float


def run_unit(
    tables: tuple[RelaxationTables, ...],
    unit: Unit,
    pool: IncumbentPool,
    deadline: Deadline,
    *,
    threshold: Callable[[], float] | None = None,
    beside: Callable[[float], None] | None = None,
) -> UnitResult:
    """Search a unit to its end, or until ``deadline`` has passed.

    Arrangements found go to the pool at once, so that its threshold falls for everyone. ``threshold`` tells what
    other processes know; ``beside`` is told the CPU seconds of every slice, and may do something else in between.
    """
    if not pool.wants(unit.lowest_bound_eV):
        return UnitResult(0, np.inf)
    if deadline.passed():
        return UnitResult(0, unit.lowest_bound_eV)
    chosen = tables[unit.table]
    stack = unit.stack(len(chosen.images))
    open_nodes, nodes, slice_nodes = len(unit.bound_eV), 0, _FIRST_SLICE_NODES
    while open_nodes:
        if deadline.passed():
            break
        begun_s, begun_cpu_s = time.monotonic(), time.thread_time()
        if threshold is not None:
            pool.lower(threshold())
        step = advance(chosen, stack, open_nodes, pool.threshold_eV, slice_nodes)
        pool.offer(step.found)
        open_nodes, nodes = step.open_nodes, nodes + step.nodes
        share = _SLICE_S / max(time.monotonic() - begun_s, 1e-6)
        slice_nodes = max(1, min(2 * slice_nodes, int(step.nodes * share) + 1))
        if beside is not None:
            beside(time.thread_time() - begun_cpu_s)
    return UnitResult(nodes, float(stack.bound[:open_nodes].min(initial=np.inf)))
