"""Tracer and charge diffusivity with a posterior.

The long-time slope of the mean squared displacement comes from :mod:`screening.transport.slope`: generalised least
squares, since displacements that overlap in time are strongly correlated, and ordinary least squares, which ignores
it, gives error bars that are too small by orders of magnitude. Its uncertainty holds the differences between ions, ions
that move together, rare hops, and what is unknown about hops that are taken back.

kinisi (A. R. McCluskey, S. W. Coles, B. J. Morgan, J. Chem. Theory Comput. 21, 79 (2025)) solves the same problem; see
:mod:`screening.transport.kinisi_estimator` and the comparison in the documentation.
"""

from dataclasses import dataclass, replace

import numpy as np
import scipy
from numpy.typing import NDArray

from screening.estimated import Estimate
from screening.transport.displacement import JUMP_A, Displacements
from screening.transport.slope import Slope, fit_range, long_time_slope

Floats = NDArray[np.float64]

A2_PER_PS_TO_CM2_PER_S = 1e-4

_RESOLVED = 2.0
"""Standard deviations above zero from which on a slope counts independent events."""


@dataclass(frozen=True)
class Posterior:
    """Posterior distribution of a diffusivity, given its estimate and the effective number of independent events.

    Attributes
    ----------
    value
        Unbiased estimate; with no event at all, the value that one event would have had.
    events
        (value / standard deviation)^2, of value and background together.
    counted
        True for a rate of counted events: a gamma distribution of shape `events + 1/2`, the posterior of a Poisson rate
        under Jeffreys' prior. False for the variance of Gaussian displacements, as the collective one is: an inverse
        gamma distribution of shape `events`, wider upwards. Both approach the normal distribution of the regression
        for many events, and stay positive and honest for few.
    background
        Of a counted rate: what is counted beside it, as scatter that is no diffusion. The gamma distribution is that of
        both together, cut off where the diffusivity would become negative.
    """

    value: float
    events: float
    counted: bool = True
    background: float = 0.0

    @classmethod
    def of_slope(cls, value: float, deviation: float) -> "Posterior":
        """Return the posterior of a measured slope; one that is not resolved stands on a background of its scatter.

        Parameters
        ----------
        value, deviation
            Estimate and its standard deviation, in the same unit (cm2/s for a diffusivity).
        """
        if value >= _RESOLVED * deviation:
            return cls(value, (value / deviation) ** 2)
        return cls(value, _RESOLVED**2, background=_RESOLVED * deviation - value)

    @property
    def _per_event(self) -> float:
        return (self.value + self.background) / self.events if self.events > 0 else self.value

    @property
    def mean(self) -> float:
        """Posterior mean of a counted rate; the estimate itself otherwise, whose posterior mean may be infinite."""
        if not self.counted:
            return self.value
        shape, scale = self.events + 0.5, self._per_event
        cut = self.background / scale if scale > 0 else 0.0
        kept = float(scipy.special.gammaincc(shape + 1, cut) / scipy.special.gammaincc(shape, cut))
        return shape * scale * kept - self.background

    def quantile(self, probability: float) -> float:
        """Return the value below which the diffusivity lies with `probability`.

        Parameters
        ----------
        probability
            Between 0 and 1.
        """
        if self.counted:
            shape, scale = self.events + 0.5, self._per_event
            above = float(scipy.special.gammaincc(shape, self.background / scale)) if self.background else 1.0
            return scale * float(scipy.special.gammainccinv(shape, (1 - probability) * above)) - self.background
        if self.value <= 0:
            return 0.0
        shape = max(self.events, 0.5)
        return shape * self.value / float(scipy.special.gammainccinv(shape, probability))

    def estimate(self) -> Estimate:
        """Return mean and central 95 % interval."""
        return Estimate(mean=self.mean, low95=self.quantile(0.025), high95=self.quantile(0.975))

    def scaled(self, factor: float) -> "Posterior":
        """Return the posterior of `factor` times the diffusivity.

        Parameters
        ----------
        factor
            A positive number, such as a change of unit.
        """
        return replace(self, value=self.value * factor, background=self.background * factor)


@dataclass(frozen=True)
class Diffusivity:
    """Diffusion of one species, in cm2/s.

    Attributes
    ----------
    tracer, charge
        Posteriors; `charge` is collective, per ion.
    tensor_cm2_s
        (3, 3) tracer tensor; its trace is three times the mean of the tracer diffusivity, no eigenvalue is negative.
    start_ps
        Shortest lag of the fit.
    one_event_cm2_s
        Diffusivity of one hop of one ion during the whole run: what cannot be seen below.
    resolved
        The tracer diffusivity over its standard deviation.
    doubt
        Share of its variance that comes from hops back and forth that the run may be too short to see the end of.
    """

    tracer: Posterior
    charge: Posterior
    tensor_cm2_s: Floats
    start_ps: float
    one_event_cm2_s: float
    resolved: float = 0.0
    doubt: float = 0.0

    @property
    def eigenvalues_cm2_s(self) -> tuple[float, float, float]:
        """Eigenvalues of the tensor, largest first."""
        return eigenvalues(self.tensor_cm2_s)


def fit_diffusivity(moved: Displacements, hops: int | None = None, *, seen_to_lead_on: bool = False) -> Diffusivity:
    """Fit tracer and charge diffusivity from displacement statistics.

    Parameters
    ----------
    moved
        From :func:`screening.transport.displacement.displacements`.
    hops
        Hops counted in the run. There cannot be more independent events than hops, whatever the scatter says: ions
        that only vibrate have a small scatter too.
    seen_to_lead_on
        Ions left their cages, see :func:`screening.transport.slope.long_time_slope`.
    """
    fit = fit_range(moved)
    lags = moved.lag_frames[fit]
    dimensions = _effective_dimensions(moved.products_A2[fit][-1])
    per_frame = float(moved.lag_ps[0] / moved.lag_frames[0])
    unit = A2_PER_PS_TO_CM2_PER_S / per_frame
    one_event = JUMP_A**2 / (6 * moved.ions * (moved.frames - 1)) * unit
    line = long_time_slope(
        lags,
        moved.frames,
        moved.msd_A2[fit],
        tracks=moved.ions * dimensions,
        ions=moved.ions,
        by_ion=moved.msd_ions_A2[:, fit],
        together=moved.together,
        seen_to_lead_on=seen_to_lead_on,
    )
    collective = _collective(moved, lags, fit, dimensions, line)
    variance = line.scatter / line.few + line.doubt
    tracer = _posterior(line, unit / 6, one_event, hops)
    return Diffusivity(
        tracer=tracer,
        charge=_charge(collective, unit / 6, hops),
        tensor_cm2_s=tensor_of(np.einsum("l,lab->ab", line.weights, moved.products_A2[fit]), tracer.mean),
        start_ps=float(moved.lag_ps[fit][0]),
        one_event_cm2_s=one_event,
        resolved=line.value / variance**0.5 if variance > 0 else 0.0,
        doubt=line.doubt / variance if variance > 0 else 0.0,
    )


def _collective(moved: Displacements, lags: NDArray[np.int64], fit: slice, dimensions: float, line: Slope) -> Slope:
    """Estimate the slope of the collective MSD, that of one walker, from early lags where it is least noisy.

    What relaxes there is far better seen in the tracer MSD: by how much the same weights overestimate its slope is
    taken off. Ions may relax together, so the correction is doubted by half of itself.
    """
    found = long_time_slope(lags, moved.frames, moved.collective_msd_A2[fit], tracks=dimensions, ions=moved.ions)
    excess = float(found.weights @ moved.msd_A2[fit]) - line.value
    return replace(found, value=found.value - excess, doubt=found.doubt + (excess / 2) ** 2)


def tensor_of(slopes: Floats, mean: float) -> Floats:
    """Return the tensor nearest in shape to measured slopes that has this mean and no negative eigenvalue.

    Parameters
    ----------
    slopes
        (3, 3) symmetric; noise may make it negative in a direction in which nothing diffuses.
    mean
        A third of the trace of the result.
    """
    values, axes = np.linalg.eigh((slopes + slopes.T) / 2)
    values = np.clip(values, 0.0, None)
    total = float(values.sum())
    values = values * (3 * mean / total) if total > 0 else np.full(3, mean)
    return np.asarray((axes * values) @ axes.T)


def eigenvalues(tensor: Floats) -> tuple[float, float, float]:
    """Return the eigenvalues of a tensor without negative ones, largest first."""
    low, middle, high = (max(float(value), 0.0) for value in np.linalg.eigvalsh(tensor))
    return high, middle, low


def _effective_dimensions(products: Floats) -> float:
    """Return between 1 and 3, how many directions the motion has: (tr M)^2 / tr M^2."""
    square = float(np.trace(products @ products))
    return float(np.trace(products)) ** 2 / square if square > 0 else 3.0


def _posterior(slope: Slope, unit: float, one_event: float, hops: int | None) -> Posterior:
    deviation = (slope.scatter + slope.doubt) ** 0.5
    if deviation <= 0 or hops == 0:
        return Posterior(one_event, 0.0)
    posterior = Posterior.of_slope(slope.value * unit, deviation * unit)
    if hops is not None and hops < posterior.events and not posterior.background:
        return replace(posterior, events=float(hops))
    return posterior


def _charge(slope: Slope, unit: float, hops: int | None) -> Posterior:
    """Return the posterior of the collective slope; without events, of the size of its scatter, when not positive."""
    variance = slope.scatter + slope.doubt
    if slope.value <= 0 or variance <= 0 or hops == 0:
        return Posterior(variance**0.5 * unit, 0.0, counted=False)
    # The scatter is that of the curve: a value that lies above it by chance does not rest on as many more events.
    return Posterior(slope.value * unit, slope.value * min(slope.value, slope.model) / variance, counted=False)
