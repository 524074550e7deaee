"""The long-time slope of a mean squared displacement, averaged over how long the ions remember.

Ions that hop to and fro make the MSD rise steeply before it becomes diffusive: it is then noise + slope n +
amplitude (1 - exp(-n / memory)). Neither the memory nor whether there is any is known beforehand. So the slope is
estimated by generalised least squares without memory and with each of a row of memories, and the estimates are averaged
with the probability that the run itself gives to each (Bayesian model averaging: J. A. Hoeting, D. Madigan, A. E.
Raftery, C. T. Volinsky, Stat. Sci. 14, 382 (1999)). A start of the fit need not be chosen, a chance dip at long lags
moves the estimate little, and a memory that the run is too short to tell makes the interval wide.

The prior: 0.9 for no memory; 0.1 for memories from the shortest lag to a sixth of the run, equal on a logarithmic
scale, but no longer than the time in which an ion diffuses by three squared jumps, since by then it has forgotten
where it came from; amplitudes of about one squared jump (half-normal), since an ion that comes back has not gone
further.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, stats

from screening.transport.displacement import JUMP_A, Displacements
from screening.transport.msd_covariance import fit_curve, msd_covariance

Floats = NDArray[np.float64]

FIRST_PS = 1.0
"""Shortest lag of the fit: beyond vibrations of the lattice."""

LONGEST_SHARE = 4
"""The longest lag of the fit is this part of the run."""

MEMORY_SHARE = 6
"""The longest memory that is considered is this part of the run."""

MEMORY_JUMPS = 3.0
"""... or the time in which an ion diffuses by this many squared jumps."""

MEMORY_RATIO = 1.6
"""From one memory to the next."""

NO_MEMORY = 0.9
"""Prior probability that ions forget within the shortest lag.

A smaller one finds long memories sooner and makes the interval of every run wider: below 0.9 it covers 99 %.
"""

FORGOTTEN = 4.0
"""After so many memories a memory is forgotten to within exp(-4)."""

LEAST_LAGS = 6
"""Fewer lags cannot tell a memory."""


@dataclass(frozen=True)
class Slope:
    """Long-time slope of an MSD.

    Attributes
    ----------
    value, variance
        Per frame, A^2; mean and variance over all memories.
    weights
        (L,) of the lags of the fit: their product with the MSD is the slope, but for the limits of the amplitudes.
    memories, probabilities
        (K,) memories in frames, 0 for none, and what the run makes of them.
    """

    value: float
    variance: float
    weights: Floats
    memories: Floats
    probabilities: Floats

    @property
    def memory_probability(self) -> float:
        """Probability that ions remember at all."""
        return float(self.probabilities[1:].sum())

    @property
    def memory_frames(self) -> float:
        """Mean memory of ions that do; 0 without any."""
        weights = self.probabilities[1:]
        return float(weights @ self.memories[1:] / weights.sum()) if weights.sum() > 0 else 0.0


@dataclass(frozen=True)
class _Memory:
    """What the fit with one memory says: slope = slope without memory - excess * amplitude."""

    frames: float
    excess: float
    weights: Floats
    amplitude: float
    variance: float
    measured: float


def fit_range(moved: Displacements) -> slice:
    """Return the lags of the fit: from 1 ps, beyond lattice vibrations, to a quarter of the run, three at least."""
    count = len(moved.lag_ps)
    stop = int(np.searchsorted(moved.lag_frames, (moved.frames - 1) / LONGEST_SHARE, side="right"))
    stop = min(count, max(stop, 3))
    latest = int(np.searchsorted(moved.lag_frames, (moved.frames - 1) / 10, side="right")) - 1
    start = max(0, min(int(np.searchsorted(moved.lag_ps, FIRST_PS)), latest, stop - 3))
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
        The slope of the tracer MSD: the collective one is too noisy to tell a memory, so it takes over the tracer's,
        and its fit begins where that is forgotten.
    """
    if len(lags) < 3 or msd[-1] <= 0:
        weights = np.zeros(len(lags))
        weights[-1] = 1 / lags[-1]
        slope = float(weights @ msd)
        return Slope(slope, 2 * slope**2 * lags[-1] / (frames * tracks), weights, np.zeros(1), np.ones(1))
    memories = _memories(lags, frames, msd)
    curve = fit_curve(lags, msd, memories).values(2 * int(lags[-1]))
    covariance = msd_covariance(lags, frames, curve) / tracks
    if known is not None:
        return _after_memory(lags, msd, blocks, covariance, known)
    line = np.column_stack([lags, np.ones(len(lags))])
    solution, model = _least_squares(line, covariance)
    weights, variance = solution[0], max(float(model[0, 0]), mean_variance(solution[0] @ blocks))
    slope = float(weights @ msd)
    if not len(memories) or slope <= 0:
        return Slope(slope, variance, weights, np.zeros(1), np.ones(1))
    fits = []
    for memory in memories:
        rise = 1 - np.exp(-lags / memory)
        solution, model = _least_squares(np.column_stack([line, rise]), covariance)
        of = solution[2]
        fits.append(
            _Memory(memory, float(weights @ rise), of, float(of @ msd), model[2, 2], mean_variance(of @ blocks))
        )
    averaged = _averaged(Slope(slope, variance, weights, np.zeros(1), np.ones(1)), fits)
    return replace(averaged, variance=max(averaged.variance, mean_variance(averaged.weights @ blocks)))


def _memories(lags: NDArray[np.int64], frames: int, msd: Floats) -> Floats:
    """Return the memories that are considered, in frames."""
    if len(lags) < LEAST_LAGS:
        return np.empty(0)
    shortest = max(0.7 * float(lags[0]), 1.0)
    longest = min(frames / MEMORY_SHARE, MEMORY_JUMPS * JUMP_A**2 * float(lags[-1]) / float(msd[-1]))
    if longest <= shortest:
        return np.empty(0)
    return np.geomspace(shortest, longest, int(np.log(longest / shortest) / np.log(MEMORY_RATIO)) + 1)


def _least_squares(design: Floats, covariance: Floats) -> tuple[Floats, Floats]:
    """Return the (P, L) matrix that solves generalised least squares and the (P, P) covariance of the result."""
    inverse = np.linalg.inv(covariance)
    parameters = np.asarray(np.linalg.inv(design.T @ inverse @ design), dtype=float)
    return np.asarray(parameters @ design.T @ inverse), parameters


def _averaged(plain: Slope, fits: list[_Memory]) -> Slope:
    """Average over no memory and all memories.

    The amplitude is known to N(measured, variance) and lies between 0 and what would make the slope vanish. One factor
    of inflation for all memories: comparing them with variances that are measured one by one would be comparing noise.
    """
    inflation = max(1.0, float(np.mean([fit.measured / fit.variance for fit in fits])))
    slopes, variances, weights = [plain.value], [plain.variance], [plain.weights]
    evidence = [np.log(NO_MEMORY)]
    for fit in fits:
        likely = fit.variance * inflation
        spread = (1 / JUMP_A**4 + 1 / likely) ** -0.5
        centre = spread**2 * fit.amplitude / likely
        limit = plain.value / fit.excess
        low, high = -centre / spread, (limit - centre) / spread
        mean, variance = stats.truncnorm.stats(low, high, loc=centre, scale=spread)
        prior = stats.norm.cdf(limit / JUMP_A**2) - 0.5
        evidence.append(
            np.log((1 - NO_MEMORY) / len(fits))
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


def _after_memory(lags: NDArray[np.int64], msd: Floats, blocks: Floats, covariance: Floats, known: Slope) -> Slope:
    """Average straight lines that begin when each of the memories already known is forgotten."""
    lines: dict[int, tuple[Floats, float]] = {}
    rows = []
    for memory in known.memories:
        start = max(0, min(int(np.searchsorted(lags, FORGOTTEN * memory)), len(lags) - 4))
        if start not in lines:
            solution, model = _least_squares(
                np.column_stack([lags[start:], np.ones(len(lags) - start)]), covariance[start:, start:]
            )
            weights = np.concatenate([np.zeros(start), solution[0]])
            lines[start] = weights, max(model[0, 0], mean_variance(weights @ blocks))
        rows.append(lines[start])
    slopes = np.array([float(weights @ msd) for weights, _ in rows])
    chance = known.probabilities
    variance = _mixture_variance(chance, slopes, np.array([variance for _, variance in rows]))
    return Slope(
        float(chance @ slopes), variance, chance @ np.array([weights for weights, _ in rows]), known.memories, chance
    )


def mean_variance(blocks: Floats) -> float:
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
