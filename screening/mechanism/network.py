"""The network of sites: in how many dimensions it reaches from cell to cell."""

from dataclasses import dataclass

import numpy as np

from screening.mechanism.jumps import Jumps
from screening.mechanism.sites import Ints


@dataclass(frozen=True)
class Network:
    """Sites that are connected by jumps.

    Attributes
    ----------
    dimensions
        0 for a cage, 1 to 3 for a network that reaches from cell to cell in so many independent directions.
    sites
        Indices of its sites.
    directions
        (d, 3) independent translations, in whole cells, that lead from a site to its copies.
    """

    dimensions: int
    sites: tuple[int, ...]
    directions: tuple[tuple[int, ...], ...]


def find_networks(jumps: Jumps, sites: int, least_jumps: int = 1) -> tuple[Network, ...]:
    """Return the connected networks, those of most dimensions and sites first.

    Parameters
    ----------
    jumps
        Of the run.
    sites
        Their number.
    least_jumps
        Jumps, in both directions together, that connect two sites.
    """
    edges: dict[tuple[int, ...], int] = {}
    for a, b, image in zip(jumps.origin.tolist(), jumps.target.tolist(), jumps.image.tolist(), strict=True):
        forward = (a, b, *image)
        backward = (b, a, *(-x for x in image))
        key = min(forward, backward)
        edges[key] = edges.get(key, 0) + 1
    near: list[list[tuple[int, Ints]]] = [[] for _ in range(sites)]
    for (a, b, *image), count in edges.items():
        if count >= least_jumps:
            near[a].append((b, np.array(image)))
            near[b].append((a, -np.array(image)))
    seen: dict[int, Ints] = {}
    found = []
    for start in range(sites):
        if start not in seen:
            members, cycles = _explore(start, near, seen)
            basis = _independent(cycles)
            found.append(Network(len(basis), tuple(sorted(members)), basis))
    return tuple(sorted(found, key=lambda n: (-n.dimensions, -len(n.sites))))


def _explore(start: int, near: list[list[tuple[int, Ints]]], seen: dict[int, Ints]) -> tuple[list[int], list[Ints]]:
    """Walk through one network; every way back to a site in another cell is a translation."""
    seen[start] = np.zeros(3, dtype=np.int64)
    members, queue, cycles = [start], [start], []
    while queue:
        at = queue.pop()
        for other, image in near[at]:
            there = seen[at] + image
            if other not in seen:
                seen[other] = there
                members.append(other)
                queue.append(other)
            elif (there != seen[other]).any():
                cycles.append(there - seen[other])
    return members, cycles


def _independent(vectors: list[Ints]) -> tuple[tuple[int, ...], ...]:
    """Return linearly independent ones, the shortest first."""
    chosen: list[tuple[int, ...]] = []
    for vector in sorted({tuple(int(x) for x in v) for v in vectors}, key=lambda v: (sum(x * x for x in v), v)):
        if np.linalg.matrix_rank(np.array([*chosen, vector])) > len(chosen):
            chosen.append(vector)
    return tuple(chosen)
