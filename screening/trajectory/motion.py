"""What the steps from frame to frame say about a file: repeated frames, gaps, and parts that do not belong together.

Positions alone often tell that a file is not what it seems: an ion that is displaced by nearly half a cell cannot be
unwrapped, a frame that repeats another shifts all later times, and where a run has a gap or its parts are in the wrong
order the ions jump, all at once.
"""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import scipy
from numpy.typing import NDArray

from ewald.errors import UserError

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

JUMP_A = 1.5
"""Beyond vibration: an ion displaced so far between two frames has probably hopped."""

NEAR_HALF = 0.4
"""Scaled displacements beyond this are too near to half a cell to be told from those of a neighbouring image."""

_MOST_NEAR_HALF = 1e-3

_ERROR = 1e-4
"""Probability of refusing a sound run, for either test of a run."""

_NEIGHBOURS = 5

_BLOCK = 16
_TOO_FAR_A2 = 12.0
_MOST_GROWTH = 4.0
"""Ions that move further than any cage is wide from frame to frame, and yet hardly further in 16 frames than in one
(walks: 16 times the square), do not move: they change places in the file."""


class MotionLog:
    """Gathers, from frame to frame, how far the ions of each element moved.

    Parameters
    ----------
    numbers
        (N,) atomic numbers.
    number_of
        Gives the number in the files of a frame that was taken, for messages.
    """

    def __init__(self, numbers: Ints, number_of: Callable[[int], int] = int) -> None:
        self.number_of = number_of
        self.elements, which = np.unique(numbers, return_inverse=True)
        self._share = np.zeros((len(self.elements), len(numbers)))
        self._share[which, np.arange(len(numbers))] = 1.0
        self.counts = self._share.sum(axis=1)
        self._msd: list[Floats] = []
        self._jumped: list[Floats] = []
        self._near_half = np.zeros(len(self.elements))
        self._wrapped_steps = 0
        self._block = np.zeros((len(numbers), 3))
        self._block_msd: list[Floats] = []
        self._seen: dict[int, int] = {}
        self._first: bytes | None = None
        self._at_rest = True

    def repeats(self, positions_A: Floats) -> int | None:
        """Remember a frame, and return the earlier frame that it repeats; None for a run that never moved."""
        content = np.ascontiguousarray(positions_A).tobytes()
        self._first = self._first or content
        self._at_rest = self._at_rest and content == self._first
        at = self.number_of(len(self._seen))
        before = self._seen.setdefault(hash(content), at)
        if before == at:
            return None
        self._seen[-at - 1] = at
        return None if self._at_rest else before

    def add(self, step_A: Floats, scaled: Floats | None) -> None:
        """Take the displacements of one step.

        Parameters
        ----------
        step_A
            (N, 3) Cartesian.
        scaled
            (N, 3) in units of the cell, where positions were unwrapped by the nearest image.
        """
        square = (step_A**2).sum(axis=1)
        self._msd.append(self._share @ square / self.counts)
        self._jumped.append(self._share @ (square > JUMP_A**2))
        self._block += step_A
        if len(self._msd) % _BLOCK == 0:
            self._block_msd.append(self._share @ (self._block**2).sum(axis=1) / self.counts)
            self._block[:] = 0.0
        if scaled is not None:
            self._near_half += self._share @ (np.abs(scaled) > NEAR_HALF).any(axis=1)
            self._wrapped_steps += 1

    def check(self, seams: Sequence[int], paths: Sequence[Path]) -> None:
        """Refuse what cannot be one run.

        Parameters
        ----------
        seams
            First frame of every part but the first.
        paths
            Files of the parts.

        Raises
        ------
        UserError
            When ions cannot be unwrapped, or jump.
        """
        msd, jumped = np.array(self._msd), np.array(self._jumped)
        steps = np.array(seams, dtype=np.int64) - 1
        self._check_seams(msd, steps, paths)
        self._check_unwrapping(paths[0])
        self._check_places(msd, paths[0])
        self._check_jumps(jumped, paths)
        self._check_spacing(msd, paths)

    def _check_unwrapping(self, path: Path) -> None:
        total = self._wrapped_steps * self.counts
        share = self._near_half / np.maximum(total, 1)
        if (share > _MOST_NEAR_HALF).any() and self._near_half.max() > 20:
            raise UserError(
                f"{share.max():.1%} of the steps of its ions are of nearly half the cell, so that they cannot be "
                "unwrapped: frames are too far apart, the ions change places in the file, or the cell is another",
                file=path,
                fix="give unwrapped positions, or frames that are closer together",
            )

    def _check_places(self, msd: Floats, path: Path) -> None:
        if not self._block_msd:
            return
        near, far = msd.mean(axis=0), np.mean(self._block_msd, axis=0)
        mixed = (near > _TOO_FAR_A2) & (far < _MOST_GROWTH * near) & (self.counts >= 4)
        if mixed.any():
            wrapped = self._wrapped_steps == 0
            raise UserError(
                f"its ions move by {near[mixed].max() ** 0.5:.1f} A from frame to frame and hardly further in "
                f"{_BLOCK} frames: "
                + ("they are wrapped into a cell that is not in the file, or " if wrapped else "they ")
                + "change places in the file",
                file=path,
                fix=("give --structure with the cell of the run, or " if wrapped else "")
                + "write the ions in one order, or with their numbers (`id` in a LAMMPS dump)",
            )

    def _check_seams(self, msd: Floats, seams: Ints, paths: Sequence[Path]) -> None:
        inside = np.delete(msd, seams, axis=0)
        if not len(seams) or len(inside) < 10:
            return
        slack = 1.3 if len(inside) >= 100 else 2.0
        for part, step in enumerate(seams, start=1):
            far = msd[step] > slack * inside.max(axis=0) + 1e-6
            if (far & (self.counts >= 4)).any() or far.all():
                raise UserError(
                    f"does not continue {paths[part - 1].name}: between them its ions move by "
                    f"{msd[step].max() ** 0.5:.1f} A, further than between any two frames of one file",
                    file=paths[part],
                    fix="give the parts of one run in order and without a gap",
                )

    def _check_jumps(self, jumped: Floats, paths: Sequence[Path]) -> None:
        """Find a step in which far more ions hop than in the others; hops may be concerted."""
        for column in jumped.T:
            at, usual = int(np.argmax(column)), np.sort(column)[: -max(1, len(column) // 10)]
            if not len(usual):
                continue
            spread = max(1.0, float(usual.var() / usual.mean())) if usual.any() else 1.0
            typical = 1.5 * float(usual.mean()) + 1
            if scipy.special.gammainc(np.floor(column[at] / spread), typical / spread) * len(column) < _ERROR:
                _refuse_gap(self.number_of(at + 1), f"{column[at]:.0f} ions jump at once", paths[0])

    def _check_spacing(self, msd: Floats, paths: Sequence[Path]) -> None:
        """Find a step in which ions of every element move further than in the steps around it.

        The ions of one element alone may hop: it takes others that do not.
        """
        alone = len(self.elements) == 1 and np.any(self._jumped)
        if len(msd) < 4 * _NEIGHBOURS or self.counts.sum() < 8 or alone:
            return
        windows = np.lib.stride_tricks.sliding_window_view(msd, 2 * _NEIGHBOURS + 1, axis=0)
        around = np.median(windows, axis=2)
        middle = msd[_NEIGHBOURS:-_NEIGHBOURS]
        limits = np.maximum(2.5, 1 + 12 * np.sqrt(2 / (3 * self.counts)))
        far = (middle > limits * around + 1e-8).all(axis=1)
        if far.any():
            at = int(np.argmax(far)) + _NEIGHBOURS + 1
            _refuse_gap(
                self.number_of(at), "ions of every element move further than in the steps before and after", paths[0]
            )


def _refuse_gap(frame: int, seen: str, path: Path) -> None:
    raise UserError(
        f"between frames {frame - 1} and {frame} {seen}: frames are missing there, unequally spaced, or in another "
        "order",
        file=path,
        fix=f"give one run, in order and without a gap; --frames :{frame} takes what comes before",
    )
