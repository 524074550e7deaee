"""Open nodes of a search that always goes on at the lowest bound."""

import heapq
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ewald.search.exact.tree import Stack
from ewald.search.exact.units import Unit


class Node(NamedTuple):
    """An open node: the row of a :class:`Stack` in few bytes. Nodes are ordered by their first two fields.

    Attributes
    ----------
    bound_eV
        Proven bound.
    number
        Running number, which breaks ties.
    state, warm, shift_eV, shift_size
        As in the stack, in single precision.
    alive
        Its symmetries, eight to a byte.
    """

    bound_eV: float
    number: int
    state: NDArray[np.int8]
    warm: NDArray[np.float32]
    shift_eV: float
    shift_size: int
    alive: NDArray[np.uint8]


class Frontier:
    """A heap of open nodes.

    Parameters
    ----------
    order
        Number of symmetries.
    """

    def __init__(self, order: int) -> None:
        self.order = order
        self._heap: list[Node] = []
        self._numbered = 0

    def __len__(self) -> int:
        return len(self._heap)

    @property
    def lowest_bound_eV(self) -> float:
        """Nothing in the frontier is below this."""
        return self._heap[0].bound_eV if self._heap else np.inf

    def push(self, stack: Stack, count: int) -> None:
        """Take the first ``count`` nodes of a stack."""
        for k in range(count):
            self._numbered += 1
            node = Node(
                float(stack.bound[k]), self._numbered, stack.state[k].copy(), stack.warm[k].astype(np.float32),
                float(stack.shift[k]), int(stack.shift_size[k]), np.packbits(stack.alive[k]),
            )  # fmt: skip
            heapq.heappush(self._heap, node)

    def pop(self, count: int) -> Stack:
        """Take out the ``count`` nodes of lowest bound, or as many as there are."""
        nodes = [heapq.heappop(self._heap) for _ in range(min(count, len(self._heap)))]
        return Stack(
            np.stack([node.state for node in nodes]),
            np.stack([node.warm for node in nodes]).astype(np.float64),
            np.array([node.bound_eV for node in nodes]),
            np.array([node.shift_eV for node in nodes]),
            np.array([node.shift_size for node in nodes], dtype=np.int32),
            np.unpackbits(np.stack([node.alive for node in nodes]), axis=1, count=self.order).astype(np.bool_),
        )

    def units(self, table: int, size: int) -> list[Unit]:
        """Empty the frontier into units of at most ``size`` nodes each, the lowest bounds together."""
        units = []
        while self._heap:
            stack = self.pop(size)
            # The last of a stack is searched first.
            units.append(Unit.of(stack.rows(slice(None, None, -1)), table))
        return units
