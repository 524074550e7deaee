"""Cuts the tree of picks into nodes, and the nodes into work units of a few million configurations."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ewald.search.exhaustive.compiled.kernel import Nodes
from ewald.search.exhaustive.compiled.tables import Slot
from ewald.search.exhaustive.orbits import Prefix, completions
from ewald.search.exhaustive.runs import Run

_UNIT_CONFIGURATIONS = 8_000_000
# Beyond this many units their size grows instead.
_MOST_UNITS = 1 << 19
# A unit is made of whole nodes, whose sizes are at most this part of it, unless that would make too many nodes.
MOST_NODES = 1 << 20
_NODES_PER_UNIT = 3


@dataclass(frozen=True, eq=False)
class Cut:
    """Nodes, cut into work units.

    Attributes
    ----------
    nodes
        Starting points of the visit.
    starts
        Unit u is nodes ``starts[u]`` to ``starts[u + 1]`` (excluded).
    sizes
        Configurations below each unit.
    """

    nodes: Nodes
    starts: NDArray[np.int64]
    sizes: NDArray[np.float64]

    @property
    def units(self) -> int:
        """Number of work units."""
        return len(self.starts) - 1


def cut(runs: tuple[Run, ...], prefix: Prefix, slots: tuple[Slot, ...], unit_configurations: int | None = None) -> Cut:
    """Cut everything below the prefix representatives into units.

    The result depends on the problem alone, never on the number of processes.
    """
    below = completions(runs, prefix.taken)
    total = below * len(prefix.copies)
    unit = unit_configurations or max(_UNIT_CONFIGURATIONS, total // _MOST_UNITS)
    largest = max(unit // _NODES_PER_UNIT, 1)
    most = max(MOST_NODES // len(prefix.copies), 1)
    paths, sizes = _paths(slots, below, largest, most)
    while len(paths) > most and largest < below:
        largest *= 4
        paths, sizes = _paths(slots, below, largest, most)
    width = max((len(path) for path in paths), default=0)
    sites = np.full((len(paths), width), -1, dtype=np.int32)
    for row, path in zip(sites, paths, strict=True):
        row[: len(path)] = path
    representatives = len(prefix.copies)
    nodes = Nodes(
        prefix=np.ascontiguousarray(prefix.sites),
        weight=prefix.copies,
        of=np.repeat(np.arange(representatives, dtype=np.int32), len(paths)),
        depth=np.tile(np.array([len(path) for path in paths], dtype=np.int32), representatives),
        sites=np.ascontiguousarray(np.tile(sites, (representatives, 1))),
    )
    all_sizes = np.tile(np.array(sizes, dtype=np.float64), representatives)
    # A node belongs to the unit in which its middle falls.
    middles = np.cumsum(all_sizes) - all_sizes / 2
    unit_of = np.floor(middles / unit).astype(np.int64)
    starts = np.flatnonzero(np.diff(unit_of, prepend=-1))
    return Cut(nodes, np.append(starts, len(all_sizes)), all_sizes)


def _paths(slots: tuple[Slot, ...], below: int, largest: int, most: int) -> tuple[list[tuple[int, ...]], list[int]]:
    """First picks, as few as leave at most ``largest`` configurations each (or a block of the kernel).

    Stops early, with more than ``most``, where there are more.
    """
    paths: list[tuple[int, ...]] = []
    sizes: list[int] = []
    outer = max(len(slots) - 2, 0)

    def descend(path: tuple[int, ...], size: int) -> None:
        depth = len(path)
        if len(paths) > most:
            return
        if size <= largest or depth == outer:
            paths.append(path)
            sizes.append(size)
            return
        slot = slots[depth]
        end = slot.run.high if slot.first else path[-1]
        left = sum(1 for other in slots[depth:] if other.run is slot.run)
        ways = math.comb(end - slot.run.low, left)
        for site in range(end - 1, slot.run.low - 1, -1):
            share = math.comb(site - slot.run.low, left - 1)
            if share and site not in path:
                descend((*path, site), size * share // ways)

    descend((), below)
    return paths, sizes
