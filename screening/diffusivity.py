"""Tracer and charge diffusivity with a posterior.

The mean squared displacement is fitted by a straight line with generalised least squares: displacements that overlap
in time are strongly correlated, and ordinary least squares, which ignores it, gives error bars that are too small by
orders of magnitude. The covariance between lags is that of a random walk with vibrations (J. T. Bullerjahn,
S. von Bulow, G. Hummer, J. Chem. Phys. 153, 024116 (2020)); the uncertainty is the larger of the one it implies and the
one that is seen between consecutive parts of the run, which also knows of ions that move together and of rare hops.

Compared on the same synthetic walks with kinisi 2.1 (A. R. McCluskey, S. W. Coles, B. J. Morgan, J. Chem. Theory
Comput. 21, 79 (2025)), which estimates the covariance from the data at each lag: both cover the truth, with an
interval here that is two to three times narrower, so that a verdict needs fewer MD steps. kinisi stays at hand as an
independent check in :mod:`screening.crosscheck`.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from screening.conductivity import Estimate
from screening.displacement import Displacements

Floats = NDArray[np.float64]

A2_PER_PS_TO_CM2_PER_S = 1e-4

JUMP_A = 3.0
"""Length of one typical hop in A; only sets the upper limit when no hop at all was seen."""


@dataclass(frozen=True)
class Posterior:
    """What is believed of a diffusivity, from its estimate and the effective number of independent events behind it.

    Attributes
    ----------
    value
        Unbiased estimate; with no event at all, the value that one event would have had.
    events
        (value / standard deviation)^2.
    counted
        True for a rate of counted events: a gamma distribution of shape `events + 1/2`, the posterior of a Poisson rate
        under Jeffreys' prior. False for the variance of Gaussian displacements, as the collective one is: an inverse
        gamma distribution of shape `events`, wider upwards. Both approach the normal distribution of the regression
        for many events, and stay positive and honest for few.
    """

    value: float
    events: float
    counted: bool = True

    @property
    def _per_event(self) -> float:
        return self.value / self.events if self.events > 0 else self.value

    @property
    def mean(self) -> float:
        """Posterior mean of a counted rate; the estimate itself otherwise, whose posterior mean may be infinite."""
        return (self.events + 0.5) * self._per_event if self.counted else self.value

    def quantile(self, probability: float) -> float:
        """Return the value below which the diffusivity lies with `probability`."""
        if self.counted:
            return float(stats.gamma.ppf(probability, self.events + 0.5, scale=self._per_event))
        shape = max(self.events, 0.5)
        return float(stats.invgamma.ppf(probability, shape, scale=shape * self.value))

    def estimate(self) -> Estimate:
        """Return mean and central 95 % interval."""
        return Estimate(mean=self.mean, low95=self.quantile(0.025), high95=self.quantile(0.975))

    def scaled(self, factor: float) -> "Posterior":
        """Return the posterior of `factor` times the diffusivity."""
        return Posterior(self.value * factor, self.events, self.counted)


@dataclass(frozen=True)
class Diffusivity:
    """Diffusion of one species, in cm2/s.

    Attributes
    ----------
    tracer, charge
        Posteriors; `charge` is collective, per ion.
    tensor_cm2_s
        (3, 3) tracer tensor.
    start_ps
        Shortest lag of the fit.
    one_event_cm2_s
        Diffusivity of one hop of one ion during the whole run: what cannot be seen below.
    """

    tracer: Posterior
    charge: Posterior
    tensor_cm2_s: Floats
    start_ps: float
    one_event_cm2_s: float

    @property
    def eigenvalues_cm2_s(self) -> tuple[float, float, float]:
        """Eigenvalues of the tensor, largest first."""
        low, middle, high = np.linalg.eigvalsh(self.tensor_cm2_s)
        return float(high), float(middle), float(low)


def diffusivity(moved: Displacements, hops: int | None = None) -> Diffusivity:
    """Fit tracer and charge diffusivity from displacement statistics.

    Parameters
    ----------
    moved
        From :func:`screening.displacement.displacements`.
    hops
        Hops counted in the run. There cannot be more independent events than hops, whatever the scatter says: ions
        that only vibrate have a small scatter too.
    """
    whole, fit = fit_range(moved), diffusive_range(moved)
    lags = moved.lag_frames[fit]
    terms = covariance_terms(moved.lag_frames[whole], moved.frames)
    part = terms[:, fit.start - whole.start :, fit.start - whole.start :]
    dimensions = effective_dimensions(moved.products_A2[fit][-1])
    floor = JUMP_A**2 / (6 * moved.ions * (moved.frames - 1) * moved.lag_ps[0])
    lines = []
    for msd, blocks, walkers in (
        (moved.msd_A2, moved.msd_blocks_A2, moved.ions),
        (moved.collective_msd_A2, moved.collective_blocks_A2, 1),
    ):
        walk = walk_of(moved.lag_frames[whole], moved.frames, msd[whole], terms)
        weights, model = slope_weights(lags, moved.frames, msd[fit], walkers * dimensions, part, walk)
        measured = _mean_variance(weights @ blocks[fit])
        lines.append((weights, float(weights @ msd[fit]), float(np.sqrt(max(model, measured)))))
    per_frame = moved.lag_ps[0] / moved.lag_frames[0]
    unit = A2_PER_PS_TO_CM2_PER_S / per_frame
    tensor = np.einsum("l,lab->ab", lines[0][0], moved.products_A2[fit]) / 2 * unit
    one_event = floor * A2_PER_PS_TO_CM2_PER_S
    tracer, charge = (_posterior(slope / 6 * unit, spread / 6 * unit, one_event, hops) for _, slope, spread in lines)
    charge = replace(charge, counted=False)
    return Diffusivity(tracer, charge, tensor, float(moved.lag_ps[fit][0]), one_event)


def fit_range(moved: Displacements) -> slice:
    """Return the lags of a first fit: from 1 ps, beyond lattice vibrations, to a fifth of the run, three at least."""
    count = len(moved.lag_ps)
    stop = int(np.searchsorted(moved.lag_frames, (moved.frames - 1) / 5, side="right"))
    stop = min(count, max(stop, 3))
    latest = int(np.searchsorted(moved.lag_frames, (moved.frames - 1) / 10, side="right")) - 1
    start = max(0, min(int(np.searchsorted(moved.lag_ps, 1.0)), latest, stop - 3))
    return slice(start, stop)


def diffusive_range(moved: Displacements) -> slice:
    """Return the lags of the fit, from where the slope no longer falls with longer lags.

    Ions that hop to and fro make the MSD rise steeply before it becomes diffusive. So the fit starts at the shortest
    lag whose slope is not above that of the three next starts, each twice the one before, up to a tenth of the run, by
    more than one, one and two standard deviations of the difference (a start too early costs more than one too late;
    still longer lags are so uncertain that they would only be chance). Most of the noise cancels in the difference; its
    deviation is the larger of what a random walk implies and what is seen between parts of the run.
    """
    whole = fit_range(moved)
    lags = moved.lag_frames[whole]
    if len(lags) < 6:
        return whole
    terms = covariance_terms(lags, moved.frames)
    msd, blocks = moved.msd_A2[whole], moved.msd_blocks_A2[whole]
    walk = walk_of(lags, moved.frames, msd, terms)
    offsets, fits = [], []
    for lag in lags[0] * 2 ** np.arange(20):
        offset = int(np.searchsorted(lags, lag))
        if len(lags) - offset < 4 or (offset and lags[offset] > (moved.frames - 1) / 10):
            break
        if offset in offsets:
            continue
        weights = np.zeros(len(lags))
        part = terms[:, offset:, offset:]
        weights[offset:], _ = slope_weights(lags[offset:], moved.frames, msd[offset:], 1.0, part, walk)
        offsets.append(offset)
        fits.append(weights)
    tracks = moved.ions * effective_dimensions(moved.products_A2[whole][-1])
    covariance = walk_covariance(terms, *walk) / tracks
    for number, offset in enumerate(offsets):
        later = [fits[number] - fit for fit in fits[number + 1 : number + 4]]
        doubts = [max(float(d @ covariance @ d), _mean_variance(d @ blocks)) ** 0.5 for d in later]
        falls = [float(d @ msd) / doubt if doubt > 0 else 0.0 for d, doubt in zip(later, doubts, strict=True)]
        if all(fall < (1.0, 1.0, 2.0)[k] for k, fall in enumerate(falls)):
            return slice(whole.start + offset, whole.stop)
    return slice(whole.start + offsets[-1], whole.stop)


def effective_dimensions(products: Floats) -> float:
    """Return between 1 and 3, how many directions the motion has: (tr M)^2 / tr M^2."""
    square = float(np.trace(products @ products))
    return float(np.trace(products)) ** 2 / square if square > 0 else 3.0


def slope_weights(  # noqa: PLR0917
    lags: NDArray[np.int64],
    frames: int,
    msd: Floats,
    tracks: float,
    terms: Floats | None = None,
    walk: tuple[float, float] | None = None,
) -> tuple[Floats, float]:
    """Generalised least squares of a straight line through the MSD.

    Parameters
    ----------
    lags
        (L,) lags in frames.
    msd
        (L,) mean squared displacement.
    tracks
        Number of independent one-dimensional tracks behind it.
    terms
        :func:`covariance_terms` of the same lags and frames, when they are known already.
    walk
        Step variance and noise for the covariance; found from the fit itself when left out. Long lags alone cannot tell
        the noise, and a wrong one makes the weights worse than the variance says.

    Returns
    -------
    weights, variance
        (L,) weights whose product with the MSD is its slope per frame, and the variance of that slope.
    """
    if len(lags) < 3:
        weights = np.zeros(len(lags))
        weights[-1] = 1 / lags[-1]
        return weights, 2 * float(weights @ msd) ** 2 * lags[-1] / (frames * tracks)
    terms = covariance_terms(lags, frames) if terms is None else terms
    design = np.column_stack([lags, np.ones(len(lags))])
    slope, intercept = np.linalg.lstsq(design, msd, rcond=None)[0] if walk is None else walk
    for _ in range(3 if walk is None else 1):
        step, noise = _floored(float(slope), float(intercept), lags, msd)
        inverse = np.linalg.inv(walk_covariance(terms, step, noise) / tracks)
        posterior = np.linalg.inv(design.T @ inverse @ design)
        solution = posterior @ design.T @ inverse
        slope, intercept = solution @ msd
    return solution[0], float(posterior[0, 0])


def _floored(slope: float, intercept: float, lags: NDArray[np.int64], msd: Floats) -> tuple[float, float]:
    """Keep step variance and noise positive."""
    step = max(slope, 1e-3 * float(msd[-1]) / float(lags[-1]), 1e-30)
    return step, max(intercept, 1e-3 * step)


def walk_of(lags: NDArray[np.int64], frames: int, msd: Floats, terms: Floats) -> tuple[float, float]:
    """Return step variance per frame and noise of the walk that fits the MSD over all given lags."""
    weights, _ = slope_weights(lags, frames, msd, 1.0, terms)
    slope = float(weights @ msd)
    return _floored(slope, float(msd[0]) - slope * float(lags[0]), lags, msd)


def walk_covariance(terms: Floats, step_variance: float, noise: float) -> Floats:
    """Covariance between lags of the MSD over all overlapping origins, of a one-dimensional walk with noise.

    The walk has `step_variance` per frame and an uncorrelated displacement of variance `noise` / 2 at every frame (an
    ion's vibration), so that MSD(n) = noise + n step_variance.

    Parameters
    ----------
    terms
        (3, L, L) from :func:`covariance_terms`.
    """
    return step_variance**2 * terms[0] + step_variance * noise * terms[1] + noise**2 * terms[2]


def covariance_terms(lags: NDArray[np.int64], frames: int) -> Floats:
    """Return the (3, L, L) factors of step^2, step noise and noise^2 in the covariance between lags.

    For Gaussian displacements the covariance of two squares is twice the square of their covariance (Isserlis), and
    two displacements covary by their overlap in time and by shared end points; see J. T. Bullerjahn, S. von Bulow,
    G. Hummer, J. Chem. Phys. 153, 024116 (2020).
    """
    terms = np.empty((3, len(lags), len(lags)))
    for a, m in enumerate(int(lag) for lag in lags):
        for b, n in enumerate(int(lag) for lag in lags[: a + 1]):
            shift = np.arange(-n, m + 1)
            overlap = np.clip(np.minimum(m, shift + n) - np.maximum(0, shift), 0, None).astype(float)
            ends = np.zeros(m + n + 1)
            for at, sign in ((n, 0.5), (m, 0.5), (m + n, -0.5), (0, -0.5)):
                ends[at] += sign
            pairs = np.clip(np.minimum(frames - m, frames - n - shift) - np.maximum(0, -shift), 0, None)
            scale = 2 / ((frames - m) * (frames - n))
            terms[:, a, b] = (
                scale * (pairs @ overlap**2),
                scale * (pairs @ (2 * overlap * ends)),
                scale * (pairs @ ends**2),
            )
            terms[:, b, a] = terms[:, a, b]
    return terms


def _mean_variance(blocks: Floats) -> float:
    """Variance of the mean of a short, correlated series (Bartlett's kernel), never below that of independent ones."""
    count = len(blocks)
    if count < 4:
        return 0.0
    centred = blocks - blocks.mean()
    plain = float(centred @ centred) / (count - 1)
    reach = round(count**0.5)
    correlated = plain + 2 * sum((1 - k / reach) * float(centred[k:] @ centred[:-k]) / count for k in range(1, reach))
    # Centring on the blocks' own mean loses about reach / count of the correlated variance.
    return max(plain, correlated) / count * (1 + reach / count)


def _posterior(value: float, spread: float, one_event: float, hops: int | None) -> Posterior:
    if value <= 0 or spread <= 0 or hops == 0:
        return Posterior(one_event, 0.0)
    events = (value / spread) ** 2
    if hops is not None:
        events = min(events, float(hops))
    return Posterior(value, events)
