"""The long-time slope of a mean squared displacement, averaged over the correlation time of the hops.

Correlated back-and-forth hops make the MSD rise steeply before it becomes diffusive: it is then noise + slope n +
amplitude (1 - exp(-n / correlation time)). Neither that time nor whether hops are correlated at all is known
beforehand. So the slope is estimated by generalised least squares without correlation and with each of a row of
correlation times, and the estimates are averaged with the probability that the run itself gives to each (Bayesian
model averaging: J. A. Hoeting, D. Madigan, A. E. Raftery, C. T. Volinsky, Stat. Sci. 14, 382 (1999)). A start of the
fit need not be chosen, a chance dip at long lags moves the estimate little, and a correlation time that the run is too
short to resolve makes the interval wide.

The prior: 0.9 for uncorrelated hops; 0.1 for correlation times from the shortest lag to a sixth of the run, equal on a
logarithmic scale, but no longer than the time in which an ion diffuses by three squared jumps, since hops are
uncorrelated by then; amplitudes of about one squared jump (half-normal), since an ion that comes back has not gone
further.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, stats

from screening.transport.displacement import JUMP_A, Displacements
from screening.transport.msd_covariance import fit_curve, msd_covariance

Floats = NDArray[np.float64]

_FIRST_PS = 1.0
"""Shortest lag of the fit: beyond vibrations of the lattice."""

_LONGEST_SHARE = 4
"""The longest lag of the fit is this part of the run."""

_CORRELATION_SHARE = 6
"""The longest correlation time that is considered is this part of the run."""

_CORRELATION_JUMPS = 3.0
"""... or the time in which an ion diffuses by this many squared jumps."""

_CORRELATION_RATIO = 1.6
"""From one correlation time to the next."""

UNCORRELATED = 0.9
"""Prior probability that hops are uncorrelated beyond the shortest lag.

A smaller one finds long correlation times sooner and makes the interval of every run wider: below 0.9 it covers 99 %.
"""

_DECAYED = 4.0
"""After so many correlation times the correlation has decayed to exp(-4)."""

_LEAST_LAGS = 6
"""Fewer lags cannot resolve a correlation time."""


@dataclass(frozen=True)
class Slope:
    """Long-time slope of an MSD.

    Attributes
    ----------
    value, variance
        Per frame, A^2; mean and variance over all correlation times.
    weights
        (L,) of the lags of the fit: their product with the MSD is the slope, but for the limits of the amplitudes.
    correlation_frames, probabilities
        (K,) correlation times in frames, 0 for uncorrelated hops, and the posterior probability of each.
    """

    value: float
    variance: float
    weights: Floats
    correlation_frames: Floats
    probabilities: Floats

    @property
    def correlation_probability(self) -> float:
        """Probability that hops are correlated."""
        return float(self.probabilities[1:].sum())

    @property
    def mean_correlation_frames(self) -> float:
        """Mean correlation time if they are; 0 when they cannot be."""
        weights = self.probabilities[1:]
        return float(weights @ self.correlation_frames[1:] / weights.sum()) if weights.sum() > 0 else 0.0


@dataclass(frozen=True)
class _CorrelatedFit:
    """The fit with one correlation time: slope = slope of the uncorrelated fit - excess * amplitude."""

    frames: float
    excess: float
    weights: Floats
    amplitude: float
    variance: float
    measured: float


def fit_range(moved: Displacements) -> slice:
    """Return the lags of the fit: from 1 ps, beyond lattice vibrations, to a quarter of the run, three at least."""
    count = len(moved.lag_ps)
    stop = int(np.searchsorted(moved.lag_frames, (moved.frames - 1) / _LONGEST_SHARE, side="right"))
    stop = min(count, max(stop, 3))
    latest = int(np.searchsorted(moved.lag_frames, (moved.frames - 1) / 10, side="right")) - 1
    start = max(0, min(int(np.searchsorted(moved.lag_ps, _FIRST_PS)), latest, stop - 3))
    return slice(start, stop)


def long_time_slope(  # noqa: PLR0917 - a fit is six arrays and numbers
    lags: NDArray[np.int64], frames: int, msd: Floats, blocks: Floats, tracks: float, known: Slope | None = None
) -> Slope:
    """Estimate the long-time slope of an MSD.

    Parameters
    ----------
    lags
        (L,) in frames.
    frames
        Length of the run.
    msd, blocks
        (L,) MSD, and (L, B) the same of consecutive parts of the run; their scatter measures the uncertainty where it
        exceeds that of independent Gaussian walkers.
    tracks
        Number of independent one-dimensional tracks behind it.
    known
        The slope of the tracer MSD: the collective one is too noisy to resolve a correlation time, so it takes over
        the tracer's, and its fit begins where the correlation has decayed.
    """
    if len(lags) < 3 or msd[-1] <= 0:
        weights = np.zeros(len(lags))
        weights[-1] = 1 / lags[-1]
        slope = float(weights @ msd)
        return Slope(slope, 2 * slope**2 * lags[-1] / (frames * tracks), weights, np.zeros(1), np.ones(1))
    times = _correlation_times(lags, frames, msd)
    curve = fit_curve(lags, msd, times).values(2 * int(lags[-1]))
    covariance = msd_covariance(lags, frames, curve) / tracks
    if known is not None:
        return _after_correlation(lags, msd, blocks, covariance, known)
    line = np.column_stack([lags, np.ones(len(lags))])
    solution, model = _least_squares(line, covariance)
    weights, variance = solution[0], max(float(model[0, 0]), _mean_variance(solution[0] @ blocks))
    slope = float(weights @ msd)
    if not len(times) or slope <= 0:
        return Slope(slope, variance, weights, np.zeros(1), np.ones(1))
    fits = []
    for time in times:
        rise = 1 - np.exp(-lags / time)
        solution, model = _least_squares(np.column_stack([line, rise]), covariance)
        of = solution[2]
        fits.append(
            _CorrelatedFit(time, float(weights @ rise), of, float(of @ msd), model[2, 2], _mean_variance(of @ blocks))
        )
    averaged = _averaged(Slope(slope, variance, weights, np.zeros(1), np.ones(1)), fits)
    return replace(averaged, variance=max(averaged.variance, _mean_variance(averaged.weights @ blocks)))


def _correlation_times(lags: NDArray[np.int64], frames: int, msd: Floats) -> Floats:
    """Return the correlation times that are considered, in frames."""
    if len(lags) < _LEAST_LAGS:
        return np.empty(0)
    shortest = max(0.7 * float(lags[0]), 1.0)
    longest = min(frames / _CORRELATION_SHARE, _CORRELATION_JUMPS * JUMP_A**2 * float(lags[-1]) / float(msd[-1]))
    if longest <= shortest:
        return np.empty(0)
    return np.geomspace(shortest, longest, int(np.log(longest / shortest) / np.log(_CORRELATION_RATIO)) + 1)


def _least_squares(design: Floats, covariance: Floats) -> tuple[Floats, Floats]:
    """Return the (P, L) matrix that solves generalised least squares and the (P, P) covariance of the result."""
    inverse = np.linalg.inv(covariance)
    parameters = np.asarray(np.linalg.inv(design.T @ inverse @ design), dtype=float)
    return np.asarray(parameters @ design.T @ inverse), parameters


def _averaged(plain: Slope, fits: list[_CorrelatedFit]) -> Slope:
    """Average over the uncorrelated fit and all correlation times.

    The amplitude is known to N(measured, variance) and lies between 0 and what would make the slope vanish. One factor
    of inflation for all of them: comparing them with variances that are measured one by one would be comparing noise.
    """
    inflation = max(1.0, float(np.mean([fit.measured / fit.variance for fit in fits])))
    slopes, variances, weights = [plain.value], [plain.variance], [plain.weights]
    evidence = [np.log(UNCORRELATED)]
    for fit in fits:
        likely = fit.variance * inflation
        spread = (1 / JUMP_A**4 + 1 / likely) ** -0.5
        centre = spread**2 * fit.amplitude / likely
        limit = plain.value / fit.excess
        low, high = -centre / spread, (limit - centre) / spread
        mean, variance = stats.truncnorm.stats(low, high, loc=centre, scale=spread)
        prior = stats.norm.cdf(limit / JUMP_A**2) - 0.5
        evidence.append(
            np.log((1 - UNCORRELATED) / len(fits))
            + _log_mass(low, high)
            - np.log(prior)
            + np.log(spread / JUMP_A**2)
            + (centre / spread) ** 2 / 2
        )
        slopes.append(plain.value - fit.excess * float(mean))
        variances.append(plain.variance + fit.excess**2 * float(variance))
        share = min(float(mean) / fit.amplitude, 1.0) if fit.amplitude > 0 else 0.0
        weights.append(plain.weights - fit.excess * share * fit.weights)
    chance = np.exp(np.array(evidence) - max(evidence))
    chance /= chance.sum()
    return Slope(
        float(chance @ slopes),
        _mixture_variance(chance, np.array(slopes), np.array(variances)),
        chance @ np.array(weights),
        np.array([0.0, *(fit.frames for fit in fits)]),
        chance,
    )


def _mixture_variance(chance: Floats, means: Floats, variances: Floats) -> float:
    """Return the variance of the normal distribution whose central 95 % are as wide as those of the mixture.

    Its own variance would let an outlier of one per cent widen the interval that it lies outside of.
    """
    spreads = np.sqrt(variances)
    edges = [
        optimize.brentq(
            lambda x, p=probability: float(chance @ stats.norm.cdf((x - means) / spreads)) - p,
            float((means - 9 * spreads).min()),
            float((means + 9 * spreads).max()),
        )
        for probability in (0.025, 0.975)
    ]
    return float(((edges[1] - edges[0]) / (2 * stats.norm.ppf(0.975))) ** 2)


def _log_mass(low: float, high: float) -> float:
    """Return the logarithm of the mass of a standard normal distribution between two values, also far out."""
    near, far = (low, high) if low > -high else (-high, -low)
    above = stats.norm.logsf(near)
    return float(above + np.log1p(-np.exp(min(stats.norm.logsf(far) - above, -1e-300))))


def _after_correlation(lags: NDArray[np.int64], msd: Floats, blocks: Floats, covariance: Floats, known: Slope) -> Slope:
    """Average straight lines that begin when the correlation has decayed for each of the times already known."""
    lines: dict[int, tuple[Floats, float]] = {}
    rows = []
    for time in known.correlation_frames:
        start = max(0, min(int(np.searchsorted(lags, _DECAYED * time)), len(lags) - 4))
        if start not in lines:
            solution, model = _least_squares(
                np.column_stack([lags[start:], np.ones(len(lags) - start)]), covariance[start:, start:]
            )
            weights = np.concatenate([np.zeros(start), solution[0]])
            lines[start] = weights, max(model[0, 0], _mean_variance(weights @ blocks))
        rows.append(lines[start])
    slopes = np.array([float(weights @ msd) for weights, _ in rows])
    chance = known.probabilities
    variance = _mixture_variance(chance, slopes, np.array([variance for _, variance in rows]))
    return Slope(
        float(chance @ slopes),
        variance,
        chance @ np.array([weights for weights, _ in rows]),
        known.correlation_frames,
        chance,
    )


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
