"""Visits every arrangement of a small space, many at a time, in arrays of numpy."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ewald.search.enumeration.picks import Picks

# Elements of the arrays of one step: what stays in a processor's cache.
_ELEMENTS = 1 << 17


@dataclass(frozen=True, eq=False)
class _Part:
    """Beginnings of arrangements: energy (r,), energy of each further pick and whether it is open (r, m), picks made.

    Columns begin with ``offset``: picks of earlier runs are no longer of interest.
    """

    energy_eV: NDArray[np.float64]
    next_eV: NDArray[np.float64]
    open: NDArray[np.bool_]
    chosen: NDArray[np.int16]
    offset: int


def visit(picks: Picks) -> Iterator[tuple[NDArray[np.float64], NDArray[np.int16]]]:
    """Yield every allowed arrangement once: energies (r,) in eV, and picks (r, number of picks) as int16.

    Picks of one run fall in their numbers, so that no arrangement comes twice.
    """
    slots = [(run, run.count - k) for run in picks.runs for k in range(run.count)]
    start = _Part(
        np.array([picks.constant_eV]),
        picks.h_eV[None, :],
        np.ones((1, picks.size), dtype=bool),
        np.empty((1, 0), dtype=np.int16),
        0,
    )

    def descend(part: _Part, depth: int) -> Iterator[tuple[NDArray[np.float64], NDArray[np.int16]]]:
        if depth == len(slots):
            yield part.energy_eV, part.chosen
            return
        run, left = slots[depth]
        # Below the pick there must be room for those that are left.
        numbers = np.arange(run.low + left - 1, run.high)
        columns = slice(run.low + left - 1 - part.offset, run.high - part.offset)
        possible = part.open[:, columns]
        if left < run.count:
            possible = possible & (numbers < part.chosen[:, -1:])
        rows, column = np.nonzero(possible)
        picked = numbers[column]
        energy_eV = part.energy_eV[rows] + part.next_eV[:, columns][rows, column]
        if depth == len(slots) - 1:
            yield energy_eV, np.concatenate([part.chosen[rows], picked[:, None].astype(np.int16)], axis=1)
            return
        low = slots[depth + 1][0].low
        size = max(1, _ELEMENTS // (picks.size - low))
        for first in range(0, len(rows), size):
            some, new = rows[first : first + size], picked[first : first + size]
            grown = _Part(
                energy_eV[first : first + size],
                part.next_eV[some, low - part.offset :] + picks.B_eV[new, low:],
                part.open[some, low - part.offset :] & ~picks.excludes[new, low:],
                np.concatenate([part.chosen[some], new[:, None].astype(np.int16)], axis=1),
                low,
            )
            yield from descend(grown, depth + 1)

    yield from descend(start, 0)
