"""Every symmetry-distinct arrangement, one after the other, none of them remembered.

Orderly generation (R. C. Read, Ann. Discrete Math. 2, 107 (1978); B. D. McKay, J. Algorithms 26, 306 (1998)): the
picks of a run are taken in rising order, and a beginning is dropped as soon as a symmetry copy of it comes before it,
for then a copy of every set that begins so comes before it as well. What leaves the picks of one run where they are is
the symmetry of the next run.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ewald.search.enumeration.picks import Picks, Run

# Elements of the arrays of one step.
_ELEMENTS = 1 << 17


@dataclass(frozen=True, eq=False)
class _Part:
    """Beginnings of arrangements under one symmetry.

    Picks made (r, p), which further picks are open (r, size), and the rows of the group that leave the complete runs
    as they are.
    """

    chosen: NDArray[np.int32]
    open: NDArray[np.bool_]
    symmetry: NDArray[np.intp]


def visit_distinct(picks: Picks, permutations: NDArray[np.int32]) -> Iterator[tuple[NDArray[np.int32], int]]:
    """Yield every allowed arrangement that is no copy of another: picks (r, number of picks), and copies of each.

    Parameters
    ----------
    picks
        The problem.
    permutations
        The group of the variable sites, shape (order, n).
    """
    moved = _moved(picks, permutations)
    slots = [(run, k) for run in picks.runs for k in range(run.count)]
    start = _Part(np.empty((1, 0), dtype=np.int32), np.ones((1, picks.size), dtype=bool), np.arange(len(permutations)))

    def descend(part: _Part, depth: int) -> Iterator[tuple[NDArray[np.int32], int]]:
        if depth == len(slots):
            yield part.chosen, len(permutations) // len(part.symmetry)
            return
        run, k = slots[depth]
        for grown in _extended(picks, part, run, k):
            if len(part.symmetry) == 1:
                yield from descend(grown, depth + 1)
                continue
            first, kept = _first_copies(grown, moved, k + 1)
            one = _Part(grown.chosen[first], grown.open[first], part.symmetry)
            if k + 1 < run.count:
                yield from descend(one, depth + 1)
                continue
            for rows, symmetry in _by_symmetry(kept[first], part.symmetry):
                yield from descend(_Part(one.chosen[rows], one.open[rows], symmetry), depth + 1)

    yield from descend(start, 0)


def energies_eV(picks: Picks, chosen: NDArray[np.int32]) -> NDArray[np.float64]:
    """Return the energies of arrangements, shape (r,), given their picks, shape (r, number of picks)."""
    pairs = picks.B_eV[chosen[:, :, None], chosen[:, None, :]].sum(axis=(1, 2))
    return np.asarray(picks.constant_eV + picks.h_eV[chosen].sum(axis=1) + 0.5 * pairs)


def _moved(picks: Picks, permutations: NDArray[np.int32]) -> NDArray[np.int32]:
    """Where each symmetry operation takes each pick, shape (order, size); it stays in its run."""
    moved = np.empty((len(permutations), picks.size), dtype=np.int32)
    for run in picks.runs:
        own = slice(run.low, run.high)
        number = np.full(permutations.shape[1], -1, dtype=np.int32)
        number[picks.site[own]] = np.arange(run.low, run.high)
        moved[:, own] = number[permutations[:, picks.site[own]]]
    return moved


def _extended(picks: Picks, part: _Part, run: Run, k: int) -> Iterator[_Part]:
    """Add pick number ``k`` of a run to every beginning, in all ways, some at a time."""
    # Above the pick there must be room for those that are left.
    numbers = np.arange(run.low + k, run.high - (run.count - 1 - k))
    possible = part.open[:, numbers[0] : numbers[-1] + 1]
    if k:
        possible = possible & (numbers > part.chosen[:, -1:])
    rows, column = np.nonzero(possible)
    size = max(1, _ELEMENTS // picks.size)
    for first in range(0, len(rows), size):
        some, new = rows[first : first + size], numbers[column[first : first + size]]
        chosen = np.concatenate([part.chosen[some], new[:, None].astype(np.int32)], axis=1)
        yield _Part(chosen, part.open[some] & ~picks.excludes[new], part.symmetry)


def _first_copies(part: _Part, moved: NDArray[np.int32], width: int) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Find beginnings whose last ``width`` picks no copy comes before (r,), and what leaves them alone (r, s)."""
    own = part.chosen[:, -width:]
    first = np.ones(len(own), dtype=bool)
    kept = np.zeros((len(own), len(part.symmetry)), dtype=bool)
    step = max(1, (1 << 20) // max(own.size, 1))
    for begin in range(0, len(part.symmetry), step):
        rows = np.flatnonzero(first)
        if not len(rows):
            break
        some = part.symmetry[begin : begin + step]
        copies = np.sort(moved[some][:, own[rows]], axis=2)
        differ = copies != own[rows]
        where = differ.argmax(axis=2)[:, :, None]
        before = np.take_along_axis(copies, where, 2)[:, :, 0] < np.take_along_axis(own[rows][None], where, 2)[:, :, 0]
        kept[rows, begin : begin + step] = ~differ.any(axis=2).T
        first[rows] = ~before.any(axis=0)
    return first, kept


def _by_symmetry(
    kept: NDArray[np.bool_], symmetry: NDArray[np.intp]
) -> Iterator[tuple[NDArray[np.intp], NDArray[np.intp]]]:
    """Put together the beginnings that the same operations leave as they are."""
    if not len(kept):
        return
    keys, group = np.unique(np.packbits(kept, axis=1), axis=0, return_inverse=True)
    for number in range(len(keys)):
        rows = np.flatnonzero(group.reshape(-1) == number)
        yield rows, symmetry[kept[rows[0]]]
