"""Displacement statistics of one trajectory at chosen lag times: what every diffusivity is estimated from.

Tracer and collective displacements are taken over all overlapping time origins. Drift of the centre of mass is removed
through the framework: conductivity is charge moved relative to the host.
"""

from dataclasses import dataclass

import numpy as np
import scipy
from numpy.typing import NDArray

from screening.trajectory.trajectory import Positions, Trajectory

Floats = NDArray[np.float64]

JUMP_A = 3.0
"""Length of one typical hop in A: sets the upper limit when no hop was seen, and how far a back-and-forth hop goes."""

_FEWEST_WINDOWS = 20
"""Lags up to this part of the run tell whether ions move together: longer ones have too few independent windows."""

_TOGETHER_PS = 1.0
"""Ions that move one behind the other do so within about a picosecond, so shorter lags do not see it."""

_LEAST_FREEDOM = 1.0
"""Degrees of freedom of the band where nearly all ions move as one."""

MAX_LAGS = 42

CHUNK = 100_000
"""Coordinates that are worked on together: as many as fit a processor's cache."""


@dataclass(frozen=True)
class Displacements:
    """Mean products of displacements by lag time.

    Attributes
    ----------
    lag_frames, lag_ps
        (L,) lags.
    products_A2
        (L, 3, 3) mean of dx_a dx_b over ions and origins; the trace is the MSD.
    collective_A2
        (L, 3, 3) the same products of the summed displacement of all mobile ions, divided by their number.
    msd_ions_A2
        (N, L) mean squared displacement of every ion: their differences measure the uncertainty.
    together
        Variance over time of the squared displacement of all ions, over the sum of the variances of every one: 1 for
        ions that move independently, n for ions that move n at a time.
    frames
        Length of the run.
    """

    lag_frames: NDArray[np.int64]
    lag_ps: Floats
    products_A2: Floats
    collective_A2: Floats
    msd_ions_A2: Floats
    together: float
    frames: int

    @property
    def ions(self) -> int:
        """Mobile ions."""
        return len(self.msd_ions_A2)

    @property
    def msd_A2(self) -> Floats:
        """(L,) mean squared displacement."""
        return np.trace(self.products_A2, axis1=1, axis2=2)

    @property
    def msd_band_A2(self) -> Floats:
        """(2, L) ends of the 95 % band of the MSD, log-normal.

        From the differences between ions: where n move together there are only 1/n as many independent ones, whose
        mean is uncertain by Student's t for so many. The upper end also allows for one hop more than was seen.
        """
        freedom = max(self.ions / max(self.together, 1.0) - 1, _LEAST_FREEDOM)
        error = self.msd_ions_A2.std(axis=0) / np.sqrt(freedom)
        one_hop = self.together * JUMP_A**2 / self.ions * self.lag_frames / (self.frames - self.lag_frames)
        errors = np.array([-error, np.hypot(error, one_hop)])
        spread = float(scipy.special.stdtrit(freedom, 0.975)) * errors / np.maximum(self.msd_A2, 1e-300)
        return self.msd_A2 * np.exp(np.clip(spread, -700.0, 700.0))

    @property
    def collective_msd_A2(self) -> Floats:
        """(L,) mean squared summed displacement per ion."""
        return np.trace(self.collective_A2, axis1=1, axis2=2)


def choose_lags(frames: int, count: int = MAX_LAGS) -> NDArray[np.int64]:
    """Return at most `count` lags, spaced logarithmically from one frame to half the run."""
    longest = max(1, (frames - 1) // 2)
    return np.unique(np.rint(np.geomspace(1, longest, count)).astype(np.int64))


def mobile_positions(trajectory: Trajectory, mobile: NDArray[np.int64]) -> Positions:
    """Return positions (A) of the mobile ions relative to the mean of the framework, shape (n, 3, F).

    Parameters
    ----------
    trajectory
        F frames of all ions.
    mobile
        (n,) indices of the mobile ions; all others are the framework. The result is contiguous in time.
    """
    return relative_positions(trajectory, mobile, np.setdiff1d(np.arange(len(trajectory.numbers)), mobile))


def relative_positions(trajectory: Trajectory, chosen: NDArray[np.int64], host: NDArray[np.int64]) -> Positions:
    """Return (n, 3, F) positions of chosen ions without the drift of the host, some frames at a time to spare memory.

    Parameters
    ----------
    trajectory
        The run.
    chosen
        (n,) indices of the ions wanted.
    host
        Indices of the ions whose mean position stays where it was in the first frame; none for no correction.
    """
    whole = trajectory.positions_A
    positions = np.empty((len(chosen), 3, len(whole)), dtype=whole.dtype)
    start: Floats | float = 0.0
    together = max(1, CHUNK // (3 * whole.shape[1]))
    for first in range(0, len(whole), together):
        frames = whole[first : first + together].astype(np.float64)
        if len(host):
            drift = frames[:, host].mean(axis=1)
            start = drift[0] if first == 0 else start
            frames -= (drift - start)[:, None]
        positions[:, :, first : first + together] = frames[:, chosen].transpose(1, 2, 0)
    return np.asarray(positions)


def displacements(positions_A: Positions, frame_fs: float, lags: NDArray[np.int64] | None = None) -> Displacements:
    """Gather the statistics of displacements at a row of lags.

    Parameters
    ----------
    positions_A
        (n, 3, F) unwrapped and drift-free, see :func:`mobile_positions`.
    frame_fs
        Time between frames in fs.
    lags
        (L,) in frames; when left out, spaced logarithmically up to half the run.

    Raises
    ------
    ValueError
        When there are no ions or fewer than two frames.
    """
    ions, _, frames = positions_A.shape
    if ions == 0 or frames < 2:
        raise ValueError("displacements need at least one ion and two frames")
    lags = choose_lags(frames) if lags is None else lags
    total = positions_A.sum(axis=0, dtype=np.float64) / np.sqrt(ions)
    moments = [_moments(positions_A, int(lag)) for lag in lags]
    steps = [total[:, lag:] - total[:, :-lag] for lag in lags]
    return Displacements(
        lag_frames=lags,
        lag_ps=lags * frame_fs / 1000,
        products_A2=np.array([moment.products for moment in moments]),
        collective_A2=np.array([step @ step.T / step.shape[1] for step in steps]),
        msd_ions_A2=np.array([moment.by_ion for moment in moments]).T,
        together=_together([moment.together for moment in moments], lags, frames, frame_fs),
        frames=frames,
    )


@dataclass(frozen=True)
class _Moments:
    """Of one lag: mean dx_a dx_b (3, 3), mean r^2 of every ion (N,), and how far ions move together."""

    products: Floats
    by_ion: Floats
    together: float


def _moments(positions: Positions, lag: int) -> _Moments:
    """Average over all origins; some ions at a time to spare memory."""
    ions, _, frames = positions.shape
    products, by_ion = np.zeros((3, 3)), np.empty(ions)
    total, alone = np.zeros(frames - lag), 0.0
    at_once = max(1, CHUNK // (3 * frames))
    for first in range(0, ions, at_once):
        some = positions[first : first + at_once].astype(np.float64)
        step = some[:, :, lag:] - some[:, :, :-lag]
        products += np.tensordot(step, step, axes=([0, 2], [0, 2]))
        squares = np.einsum("iat,iat->it", step, step)
        by_ion[first : first + at_once] = squares.mean(axis=1)
        total += squares.sum(axis=0)
        alone += float(squares.var(axis=1).sum())
    return _Moments(products / (ions * (frames - lag)), by_ion, float(total.var()) / alone if alone > 0 else 1.0)


def _together(ratios: list[float], lags: NDArray[np.int64], frames: int, frame_fs: float) -> float:
    """Return the mean over the lags that tell, at least 1: ions that avoid each other are not more than independent."""
    tells = (lags * frame_fs / 1000 >= _TOGETHER_PS) & (lags <= frames / _FEWEST_WINDOWS)
    return max(1.0, float(np.mean(np.array(ratios)[tells]))) if tells.any() else 1.0
