"""Whether a cell lent by another file is that of a run: distances across its border must be as those inside.

However a file wraps its positions, they differ from the true ones by lattice vectors. So any difference of two of them
is one of the crystal, and so is one to which a cell vector was added, if that vector is right. The distances of pairs
without an added vector give, for each pair of elements, how frequent each distance is. With a vector that is too long
or too short, the pairs across the border lie at distances that are rare. The score of a vector is the log-likelihood of
its pairs against points at random.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d
from scipy.spatial import cKDTree

from ewald.errors import UserError

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_MOST_FRAMES = 16
_MOST_POSITIONS = 4000
"""Of all frames together: more add nothing but time."""

_REACH_A, _BIN_A, _BLUR_BINS = 5.0, 0.05, 2.0

_FEWEST_PAIRS = 10.0
"""Weight, in pairs, of the distribution of points at random: pairs of elements of which fewer are seen say little."""

_FORBIDDEN = -20.0
"""Score of a distance much shorter than any that is seen."""

_SCALES = np.exp(np.arange(np.log(0.8), np.log(1.12), 0.0025))
"""A vector that is much longer than the true one leaves a gap, in which no distance can be wrong."""
_SAME = 0.015
"""A cell within this of it, as of another temperature, is right."""

_LEAST = ((5.0, 5.0), (25.0, 3.0))
"""Gains of log-likelihood, and how many standard errors they must be: a large gain may come from few ions."""

_NEARLY = 0.1
"""Scales that reach all but this share of the gain are as good as the best: of them, the nearest to 1 is named."""

_AXES = ("a", "b", "c")


class FrameSample:
    """Keeps a few frames, evenly spread over those seen.

    Parameters
    ----------
    ions
        Of every frame.
    """

    def __init__(self, ions: int) -> None:
        self._most = int(np.clip(_MOST_POSITIONS // ions, 1, _MOST_FRAMES))
        self._every, self._seen = 1, 0
        self.frames: list[Floats] = []

    def add(self, positions_A: Floats) -> None:
        """Take the (N, 3) positions of the next frame, as they are in the file."""
        if self._seen % self._every == 0:
            self.frames.append(positions_A.copy())
            if len(self.frames) == 2 * self._most:
                self.frames, self._every = self.frames[::2], 2 * self._every
        self._seen += 1


@dataclass(frozen=True)
class _Scores:
    """Scores of pairs by elements and distance, (K, K, bins), and the kind of every ion, (N,)."""

    table: Floats
    kind: Ints


def _scores(frames: list[Floats], numbers: Ints) -> _Scores:
    """Return the log of the frequency of each distance against that of points at random."""
    elements, kind = np.unique(numbers, return_inverse=True)
    bins = round(_REACH_A / _BIN_A)
    counts = np.zeros((len(elements), len(elements), bins))
    for positions in frames:
        one, other = cKDTree(positions).query_pairs(_REACH_A, output_type="ndarray").T
        apart = np.linalg.norm(positions[one] - positions[other], axis=1)
        np.add.at(counts, (kind[one], kind[other], np.minimum(apart / _BIN_A, bins - 1).astype(int)), 1 / len(frames))
    counts = (counts + counts.transpose(1, 0, 2)) / (1 + np.eye(len(elements)))[:, :, None]
    counts = gaussian_filter1d(counts, _BLUR_BINS, axis=2, mode="constant")
    pairs = counts.sum(axis=2, keepdims=True)
    at_random = np.diff((np.arange(bins + 1) / bins) ** 3)
    table = np.log((counts / at_random + _FEWEST_PAIRS) / (pairs + _FEWEST_PAIRS))
    # A shorter vector brings more pairs within reach: a quarter of their mean score makes up for it.
    table -= 0.25 * (counts * table).sum() / max(pairs.sum(), 1.0)
    shortest = int(np.argmax(counts.sum(axis=(0, 1)) > 0.02))
    table[:, :, : int(0.8 * shortest)] = _FORBIDDEN
    return _Scores(table, kind)


def _along(frames: list[Floats], scores: _Scores, vector_A: Floats) -> Floats:
    """Return the score of each ion for the vector times each scale, (S, N), mean of the frames."""
    length = float(np.linalg.norm(vector_A))
    axis = vector_A / length
    across = np.linalg.svd(axis[None])[2][1:]
    found = np.zeros((len(_SCALES), len(scores.kind)))
    for positions in frames:
        near = cKDTree(positions @ across.T).query_pairs(_REACH_A, output_type="ndarray")
        itself = np.repeat(np.arange(len(positions))[:, None], 2, axis=1)
        one, other = np.concatenate([near, near[:, ::-1], itself]).T
        along = (positions[other] - positions[one]) @ axis
        within = (along + _SCALES[0] * length < _REACH_A) & (along + _SCALES[-1] * length > -_REACH_A)
        one, other, along = one[within], other[within], along[within]
        aside2 = (((positions[one] - positions[other]) @ across.T) ** 2).sum(axis=1)
        for at, scale in enumerate(_SCALES):
            apart2 = (along + scale * length) ** 2 + aside2
            seen = apart2 < _REACH_A**2
            pair = scores.kind[one[seen]], scores.kind[other[seen]]
            score = scores.table[(*pair, (np.sqrt(apart2[seen]) / _BIN_A).astype(int))] / (2 * len(frames))
            for ends in (one[seen], other[seen]):
                found[at] += np.bincount(ends, score, len(positions))
    return found


def _implied_scale(of_ions: Floats) -> float | None:
    """Return the scale at which the pairs across the border are as those inside; None if that is 1 within the error.

    The error is that of a sum over ions.
    """
    total = of_ions.sum(axis=1)
    same = np.flatnonzero(np.abs(_SCALES - 1) < _SAME)
    here = same[np.argmax(total[same])]
    gains = total - total[here]
    by_ion = of_ions[np.argmax(gains)] - of_ions[here]
    error = np.sqrt(((by_ion - by_ion.mean()) ** 2).sum())
    least_score = 0.0 if np.argmax(total) > here else -np.inf
    if total.max() < least_score or not any(
        gains.max() >= least and gains.max() >= errors * error for least, errors in _LEAST
    ):
        return None
    good = _SCALES[gains >= (1 - _NEARLY) * gains.max()]
    return float(good[np.argmin(np.abs(np.log(good)))])


def check_lent_cell(sample: FrameSample, numbers: Ints, cell_A: Floats, where: str, cell_of: str) -> None:
    """Refuse a cell of another file that is too long or too short for the positions.

    Parameters
    ----------
    sample
        Frames as they are in the file, wrapped or not.
    numbers
        (N,) atomic numbers.
    cell_A
        (3, 3), rows are the lattice vectors.
    where
        File of the trajectory, for the message.
    cell_of
        File that gives the cell.

    Raises
    ------
    UserError
        When, along an axis or all of them, another length than that of the cell, more than 1.5 % away, fits the
        distances across the border better by more than five standard errors.
    """
    scores = _scores(sample.frames, numbers)
    along = [_along(sample.frames, scores, vector) for vector in cell_A]
    scales = [_implied_scale(one) for one in along]
    if not any(scales):
        scales = [_implied_scale(np.sum(along, axis=0))] * 3
    wrong = [
        f"{name} = {length:.2f} A, where the distances between its ions imply {length * scale:.2f} A"
        for name, length, scale in zip(_AXES, np.linalg.norm(cell_A, axis=1), scales, strict=True)
        if scale
    ]
    if wrong:
        raise UserError(
            f"does not fit into the cell of {cell_of}: {'; '.join(wrong)}",
            file=where,
            fix="give the structure that the run started from, with the cell of the run",
        )
