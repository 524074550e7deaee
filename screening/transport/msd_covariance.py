"""How the mean squared displacements at different lags of one run vary together.

Displacements that overlap in time are strongly correlated, so neighbouring lags say nearly the same. For Gaussian
displacements the covariance of two squares is twice the square of their covariance (Isserlis), and the covariance of
two displacements follows from the mean squared displacement itself, as for every process with stationary increments.
With a straight line it is the covariance of a random walk with vibrations that J. T. Bullerjahn, S. von Bulow,
G. Hummer, J. Chem. Phys. 153, 024116 (2020) give. Hops are not Gaussian: a walk of few, long hops has a fourth cumulant
besides (Campbell's theorem for shot noise), which adds the scatter of their number.
"""

from dataclasses import dataclass

import numpy as np
import scipy
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class MSDCurve:
    """MSD(n) = noise + slope n + sum over k of amplitudes_k (1 - exp(-n / times_k)), all of it positive.

    Such a curve belongs to a process that exists (a walk, vibrations, and correlated back-and-forth
    hops with these correlation times), so its covariance is positive definite.

    Attributes
    ----------
    noise, slope
        In A^2 and A^2 per frame.
    times, amplitudes
        (K,) in frames and A^2.
    """

    noise: float
    slope: float
    times: Floats
    amplitudes: Floats

    def values(self, longest: int) -> Floats:
        """Return the curve at 0, 1, ..., `longest` frames."""
        frames = np.arange(longest + 1, dtype=float)
        curve = self.noise + self.slope * frames
        for time, amplitude in zip(self.times, self.amplitudes, strict=True):
            if amplitude > 0:
                curve += amplitude * (1 - np.exp(-frames / time))
        curve[0] = 0.0
        return curve


def fit_curve(lags: NDArray[np.int64], msd: Floats, times: Floats) -> MSDCurve:
    """Fit the curve to a measured MSD by non-negative least squares.

    Its relative error grows as the root of the lag, and so do the residuals that are allowed: chance at long lags must
    not be taken for relaxation.

    Parameters
    ----------
    lags, msd
        (L,) in frames and A^2.
    times
        (K,) correlation times in frames.
    """
    scale = np.maximum(msd, 1e-12 * max(float(msd.max()), 1e-30)) * np.sqrt(lags)
    design = np.column_stack([np.ones(len(lags)), lags, *(1 - np.exp(-lags / time) for time in times)])
    found, _ = scipy.optimize.nnls(design / scale[:, None], msd / scale)
    # A little white noise keeps lags that follow each other closely from being the same to the last digit.
    floor = 1e-3 * float(msd[-1]) / float(lags[-1])
    return MSDCurve(float(found[0]) + floor, float(found[1]), times, found[2:])


def hop_covariance(lags: NDArray[np.int64], frames: int) -> Floats:
    """Return the (L, L) covariance that hops add to the MSD of one ion, for one hop of 1 A a frame.

    A hop counts in every window that it lies in, so less near the ends of the run.

    Parameters
    ----------
    lags
        (L,) in frames, increasing.
    frames
        Length of the run.
    """
    hop = np.arange(1, frames)
    windows = np.minimum(np.minimum(hop, frames - hop), np.minimum(lags, frames - lags)[:, None])
    shares = windows / (frames - lags)[:, None]
    return np.asarray(shares @ shares.T)


def msd_covariance(lags: NDArray[np.int64], frames: int, curve: Floats) -> Floats:
    """Return the (L, L) covariance of the MSD over all overlapping origins of one one-dimensional track.

    Parameters
    ----------
    lags
        (L,) in frames, increasing.
    frames
        Length of the run.
    curve
        MSD at 0, 1, ..., at least twice the longest lag.
    """
    covariance = np.empty((len(lags), len(lags)))
    for a, m in enumerate(int(lag) for lag in lags):
        for b, n in enumerate(int(lag) for lag in lags[: a + 1]):
            shift = np.arange(-n, m + 1)
            joint = curve[np.abs(shift + n)] + curve[np.abs(m - shift)] - curve[np.abs(shift)]
            joint = (joint - curve[np.abs(shift + n - m)]) / 2
            pairs = np.clip(np.minimum(frames - m, frames - n - shift) - np.maximum(0, -shift), 0, None)
            covariance[a, b] = covariance[b, a] = 2 * float(pairs @ joint**2) / ((frames - m) * (frames - n))
    return covariance
