"""Displacement statistics of one trajectory at chosen lag times: what every diffusivity is estimated from.

Tracer and collective displacements are taken over all overlapping time origins. Drift of the centre of mass is removed
through the framework: conductivity is charge moved relative to the host.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from screening.trajectory.trajectory import Positions, Trajectory

Floats = NDArray[np.float64]

JUMP_A = 3.0
"""Length of one typical hop in A: sets the upper limit when no hop was seen, and how far a back-and-forth hop goes."""

MAX_LAGS = 42

CHUNK = 100_000
"""Coordinates that are worked on together: as many as fit a processor's cache."""

BLOCKS = 32
"""Parts of the run whose scatter measures the uncertainty."""


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
    msd_blocks_A2, collective_blocks_A2
        (L, B) the traces of both, averaged over B consecutive parts of the run: their scatter measures the uncertainty.
    ions, frames
        Mobile ions and frames.
    """

    lag_frames: NDArray[np.int64]
    lag_ps: Floats
    products_A2: Floats
    collective_A2: Floats
    msd_blocks_A2: Floats
    collective_blocks_A2: Floats
    ions: int
    frames: int

    @property
    def msd_A2(self) -> Floats:
        """(L,) mean squared displacement."""
        return np.trace(self.products_A2, axis1=1, axis2=2)

    @property
    def collective_msd_A2(self) -> Floats:
        """(L,) mean squared summed displacement per ion."""
        return np.trace(self.collective_A2, axis1=1, axis2=2)


def choose_lags(frames: int, count: int = MAX_LAGS) -> NDArray[np.int64]:
    """Return at most `count` lags, spaced logarithmically from one frame to half the run."""
    longest = max(1, (frames - 1) // 2)
    return np.unique(np.rint(np.geomspace(1, longest, count)).astype(np.int64))


def mobile_positions(trajectory: Trajectory, mobile: NDArray[np.int64]) -> Positions:
    """Return (n, 3, F) positions of the mobile ions relative to the mean of the framework, contiguous in time."""
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
    total = positions_A.sum(axis=0, dtype=np.float64)[None] / np.sqrt(ions)
    parts = min(BLOCKS, frames - int(lags[-1]))
    products = np.empty((2, len(lags), 3, 3))
    blocks = np.empty((2, len(lags), parts))
    for row, lag in enumerate(lags):
        for kind, positions in enumerate((positions_A, total)):
            products[kind, row], by_origin = _moments(positions, int(lag))
            blocks[kind, row] = _block_means(by_origin, parts)
    return Displacements(lags, lags * frame_fs / 1000, products[0], products[1], blocks[0], blocks[1], ions, frames)


def _block_means(series: Floats, parts: int) -> Floats:
    """Return the means of consecutive parts of nearly equal length."""
    edges = np.linspace(0, len(series), parts + 1).astype(np.int64)
    return np.asarray(np.add.reduceat(series, edges[:-1]) / np.diff(edges))


def _moments(positions: Positions, lag: int) -> tuple[Floats, Floats]:
    """Return mean dx_a dx_b (3, 3), and the mean r^2 over ions at every origin; some ions at a time to spare memory."""
    products = np.zeros((3, 3))
    by_origin = np.zeros(positions.shape[2] - lag)
    together = max(1, CHUNK // (3 * positions.shape[2]))
    for first in range(0, len(positions), together):
        ions = positions[first : first + together].astype(np.float64)
        step = ions[:, :, lag:] - ions[:, :, :-lag]
        products += np.tensordot(step, step, axes=([0, 2], [0, 2]))
        by_origin += np.einsum("iat,iat->t", step, step)
    return products / (len(positions) * len(by_origin)), by_origin / len(positions)
