"""The long-time slope of a mean squared displacement, beyond all that relaxes within the run.

Vibrations, rattling in a cage and hops that are taken back make the MSD rise before it becomes diffusive:

    MSD(n) = constant + slope n + sum over k of amplitude_k (1 - exp(-n / time_k)).

How large these amplitudes are, and of which relaxation times, is not known beforehand. So they are random effects,
whose width is that of hops back and forth (:data:`RELAXING_A2`), for a row of relaxation times up to an eighth of the
run, and where ions left their cages up to the time in which they diffuse by several hops, or half the run: an ion that
has done so no longer takes back the first hop, and longer times have a narrower prior. The run sees the end of what
relaxes within an eighth of it, so there a normal prior around zero serves. Of what relaxes later it shows little, and
then it matters that hops which are taken back only raise the MSD: with a probability of 0.35 the amplitude is positive
and of a half-normal distribution, else nothing relaxes. Mean and variance of this prior enter. An ion may take back
several hops at a time; then more relaxes than hops back and forth explain, and the curve of the MSD shows it. The prior
of such a relaxation time and its neighbours is as wide as what is seen (a width from the data, as in empirical Bayes:
C. N. Morris, J. Am. Stat. Assoc. 78, 47 (1983)).

Slope and constant follow by generalised least squares (A. C. Aitken, Proc. R. Soc. Edinburgh 55, 42 (1935); with random
effects G. K. Robinson, Stat. Sci. 6, 15 (1991)). The estimate begins early where relaxation is small beside diffusion,
and late where it is not. Its variance has two parts: the scatter of the MSD, and what may still relax (`doubt`).

The scatter is that of independent walkers, averaged with the one that is seen between the ions (which knows of ions
that are trapped and of rare hops), and multiplied where ions move together.
"""

from dataclasses import dataclass

import numpy as np
import scipy
from numpy.typing import NDArray

from screening.transport.displacement import JUMP_A, Displacements
from screening.transport.msd_covariance import MSDCurve, fit_curve, hop_covariance, msd_covariance

Floats = NDArray[np.float64]

_FIRST_PS = 0.5
"""Shortest lag of the fit: beyond the oscillations of the lattice."""

RELAXING_A2 = JUMP_A**2 / 2
"""Mean squared displacement of an ion that hops back and forth between two sites: the width of the prior."""

_LONGEST_RELAXATION = 8
"""The longest relaxation time is this part of a run in which ions diffuse by several hops."""

_FORGOTTEN_A2 = 3 * JUMP_A**2
"""An ion that has diffused by three squared hops has forgotten the first."""

_RELAXATION_RATIO = 2.0
"""From one relaxation time to the next."""

_LATE = 0.35
"""Prior probability that hops are taken back after more than an eighth of the run."""

_SEEN_TO_RELAX = 4
"""What relaxes later than this part of the run is not told from chance by the curve of the MSD.

Nor is what relaxes after ions have forgotten the first hop, where the scatter of the MSD is many squared hops.
"""

_POSITIVE = (2 / np.pi) ** 0.5
"""Mean of the positive half of the standard normal distribution."""

_MODEL_IONS = 10
"""The model of independent walkers counts as much as the scatter between so many ions."""


@dataclass(frozen=True)
class Slope:
    """Long-time slope of an MSD.

    Attributes
    ----------
    value
        Per frame, A^2.
    scatter, doubt
        Its variance from the scatter of the MSD, and from what may still relax.
    weights
        (L,) of the lags of the fit: their product with the MSD is the value, but for what relaxes late on average.
    model
        Slope of the curve that the scatter was calculated from.
    few
        Part of the scatter that allows for few groups of ions, as a factor: an interval needs it, a test against motion
        that leads nowhere does not.
    """

    value: float
    scatter: float
    doubt: float
    weights: Floats
    model: float
    few: float = 1.0


def fit_range(moved: Displacements) -> slice:
    """Return the lags of the fit: from 0.5 ps, or a tenth of a shorter run, to half the run; three at least."""
    latest = int(np.searchsorted(moved.lag_frames, (moved.frames - 1) / 10, side="right")) - 1
    start = min(int(np.searchsorted(moved.lag_ps, _FIRST_PS)), latest, len(moved.lag_ps) - 3)
    return slice(max(0, start), len(moved.lag_ps))


def long_time_slope(
    lags: NDArray[np.int64],
    frames: int,
    msd: Floats,
    *,
    tracks: float,
    ions: int,
    by_ion: Floats | None = None,
    together: float = 1.0,
    seen_to_lead_on: bool = False,
) -> Slope:
    """Estimate the long-time slope of an MSD.

    Parameters
    ----------
    lags
        (L,) in frames.
    frames
        Length of the run.
    msd
        (L,) MSD, of the tracer or collective.
    tracks
        Number of independent one-dimensional tracks behind it.
    ions
        Number of ions whose hops are behind it.
    by_ion
        (N, L) MSD of every ion, whose scatter counts too; None for the collective one.
    together
        How many ions move at a time: the scatter is so many times larger.
    seen_to_lead_on
        Ions left their cages, so that the slope is taken as a value and not as a bound: then hops that are taken back
        later than usual are allowed for where the ions went only a few hops.
    """
    if len(lags) < 3 or msd[-1] <= 0:
        weights = np.zeros(len(lags))
        weights[-1] = 1 / lags[-1]
        slope = float(weights @ msd)
        return Slope(slope, together * 2 * slope**2 * lags[-1] / (frames * tracks), 0.0, weights, slope)
    times = _relaxation_times(lags, frames, float(msd[-1]) if seen_to_lead_on else np.inf)
    curve = fit_curve(lags, msd, times)
    covariance = msd_covariance(lags, frames, curve.values(2 * int(lags[-1]))) / tracks
    # Hops of one length at a rate: their fourth cumulant is the slope times the square of that length.
    hops = hop_covariance(lags, frames) * JUMP_A**2 / ions
    covariance += hops * curve.slope
    forgotten = _FORGOTTEN_A2 * float(lags[-1]) / float(msd[-1])
    widths = np.minimum(1.0, forgotten / times) * RELAXING_A2
    if by_ion is not None:
        # The collective MSD has the noise of a single walker, which looks like relaxation.
        widths *= np.maximum(1.0, _seen_to_relax(curve, min(frames / _SEEN_TO_RELAX, forgotten)) / RELAXING_A2)
    rises = widths[:, None] * (1 - np.exp(-lags / times[:, None]))
    means, deviations = _relaxation_prior(times, frames)
    expected, rises = means @ rises, deviations[:, None] * rises
    weights = _weights(lags, covariance + rises.T @ rises)
    scatter, doubt = float(weights @ covariance @ weights), float(((rises @ weights) ** 2).sum())
    if by_ion is not None and ions > 1:
        # Ions that move together differ less from their mean than independent ones.
        seen = float((by_ion @ weights).var(ddof=1)) / ions * (ions - 1) / max(ions - together, 1.0)
        scatter = (_MODEL_IONS * scatter + ions * seen) / (_MODEL_IONS + ions)
    # The rate of a few events is as uncertain as if there had been one more (Jeffreys' posterior of a count).
    event = together * float(weights @ hops @ weights)
    few = _few_groups(together, ions)
    scatter = together * scatter + event**2 / few
    return Slope(float(weights @ (msd - expected)), few * scatter, doubt, weights, curve.slope, few)


def _few_groups(together: float, ions: int) -> float:
    """Return by how much more the variance is uncertain where ions move together: squares of Student's t at 95 %.

    It is known from the ions and the model, each of which is so many times fewer.
    """
    known = _MODEL_IONS + ions
    groups, alone = max(known / together - 1, 1.0), known - 1.0
    return float(scipy.special.stdtrit(groups, 0.975) / scipy.special.stdtrit(alone, 0.975)) ** 2


def _relaxation_times(lags: NDArray[np.int64], frames: int, msd_A2: float) -> Floats:
    """Return the relaxation times that are considered, in frames, from half the shortest lag; `msd_A2` at the last."""
    longest = min(max(_FORGOTTEN_A2 / msd_A2 * float(lags[-1]), frames / _LONGEST_RELAXATION), frames / 2)
    shortest = max(float(lags[0]) / 2, 0.5)
    count = max(0, int(np.log(longest / shortest) / np.log(_RELAXATION_RATIO))) + 1 if longest >= shortest else 0
    return longest * _RELAXATION_RATIO ** -np.arange(count, dtype=float)[::-1]


def _seen_to_relax(curve: MSDCurve, latest: float) -> Floats:
    """Return (K,) what the curve shows to relax in about each of its times, half and twice it included, in A^2.

    Later than `latest`, in frames, nothing counts.
    """
    seen = np.pad(np.where(curve.times <= latest * (1 + 1e-9), curve.amplitudes, 0.0), 1)
    return np.asarray(seen[:-2] + seen[1:-1] + seen[2:])


def _relaxation_prior(times: Floats, frames: int) -> tuple[Floats, Floats]:
    """Return mean and standard deviation of the amplitudes, over their width: (0, 1) up to an eighth of the run.

    From a quarter of it on they are those of an amplitude that is zero or positive; in between they go over.
    """
    late = np.clip(np.log(times / frames * _LONGEST_RELAXATION) / np.log(_RELAXATION_RATIO), 0.0, 1.0)
    variance = _LATE - (_LATE * _POSITIVE) ** 2
    return _LATE * _POSITIVE * late, np.sqrt(1 - late * (1 - variance))


def _weights(lags: NDArray[np.int64], covariance: Floats) -> Floats:
    """Return the weights that turn the MSD into the slope by generalised least squares."""
    scale = 1 / np.sqrt(np.diag(covariance))
    # With unit variances the matrix stays far from singular, whatever the MSD spans.
    whitening = np.linalg.inv(np.linalg.cholesky(covariance * np.outer(scale, scale))) * scale
    design = whitening @ np.column_stack([lags, np.ones(len(lags))])
    return np.asarray((np.linalg.pinv(design) @ whitening)[0])
