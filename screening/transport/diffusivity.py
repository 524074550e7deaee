"""Tracer and charge diffusivity with a posterior.

The long-time slope of the mean squared displacement comes from :mod:`screening.transport.slope`: generalised least
squares, since displacements that overlap in time are strongly correlated, and ordinary least squares, which ignores
it, gives error bars that are too small by orders of magnitude. Its uncertainty is the larger of the one that
independent walkers have and the one that is seen between consecutive parts of the run, which also knows of ions that
move together and of rare hops; and it includes what is unknown about correlated back-and-forth hops.

kinisi (A. R. McCluskey, S. W. Coles, B. J. Morgan, J. Chem. Theory Comput. 21, 79 (2025)) solves the same problem; see
:mod:`screening.transport.kinisi_estimator` and the comparison in the documentation.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from screening.estimated import Estimate
from screening.transport.displacement import JUMP_A, Displacements
from screening.transport.slope import UNCORRELATED, Slope, fit_range, long_time_slope

Floats = NDArray[np.float64]

A2_PER_PS_TO_CM2_PER_S = 1e-4

_LIKELY = 1 - UNCORRELATED
"""Correlated hops that the run makes more probable than the prior does are worth a warning."""

_LONG_RUN = 20.0
"""A run of so many correlation times resolves the diffusivity beyond them."""


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
    correlation_ps, correlation_probability
        Correlation time of back-and-forth hops, and the probability that hops are correlated.
    """

    tracer: Posterior
    charge: Posterior
    tensor_cm2_s: Floats
    start_ps: float
    one_event_cm2_s: float
    correlation_ps: float = 0.0
    correlation_probability: float = 0.0

    def too_short(self, length_ps: float) -> bool:
        """Whether hops may be correlated over a time that a run of this length does not exceed by far."""
        return self.correlation_probability > _LIKELY and length_ps < _LONG_RUN * self.correlation_ps

    @property
    def eigenvalues_cm2_s(self) -> tuple[float, float, float]:
        """Eigenvalues of the tensor, largest first."""
        low, middle, high = np.linalg.eigvalsh(self.tensor_cm2_s)
        return float(high), float(middle), float(low)


def fit_diffusivity(moved: Displacements, hops: int | None = None) -> Diffusivity:
    """Fit tracer and charge diffusivity from displacement statistics.

    Parameters
    ----------
    moved
        From :func:`screening.transport.displacement.displacements`.
    hops
        Hops counted in the run. There cannot be more independent events than hops, whatever the scatter says: ions
        that only vibrate have a small scatter too.
    """
    fit = fit_range(moved)
    lags = moved.lag_frames[fit]
    dimensions = _effective_dimensions(moved.products_A2[fit][-1])
    per_frame = float(moved.lag_ps[0] / moved.lag_frames[0])
    unit = A2_PER_PS_TO_CM2_PER_S / per_frame
    one_event = JUMP_A**2 / (6 * moved.ions * (moved.frames - 1)) * unit
    line = long_time_slope(lags, moved.frames, moved.msd_A2[fit], moved.msd_blocks_A2[fit], moved.ions * dimensions)
    collective = long_time_slope(
        lags, moved.frames, moved.collective_msd_A2[fit], moved.collective_blocks_A2[fit], dimensions, line
    )
    tracer, charge = (_posterior(slope, unit / 6, one_event, hops) for slope in (line, collective))
    return Diffusivity(
        tracer=tracer,
        charge=replace(charge, counted=False),
        tensor_cm2_s=_tensor(line, moved.products_A2[fit]) * unit / 2,
        start_ps=float(moved.lag_ps[fit][0]),
        one_event_cm2_s=one_event,
        correlation_ps=line.mean_correlation_frames * per_frame,
        correlation_probability=line.correlation_probability,
    )


def _tensor(line: Slope, products: Floats) -> Floats:
    """Return the (3, 3) slope per frame, whose trace is that of the MSD."""
    tensor = np.einsum("l,lab->ab", line.weights, products)
    trace = float(np.trace(tensor))
    return np.asarray(tensor * (line.value / trace) if trace > 0 else tensor)


def _effective_dimensions(products: Floats) -> float:
    """Return between 1 and 3, how many directions the motion has: (tr M)^2 / tr M^2."""
    square = float(np.trace(products @ products))
    return float(np.trace(products)) ** 2 / square if square > 0 else 3.0


def _posterior(slope: Slope, unit: float, one_event: float, hops: int | None) -> Posterior:
    value = slope.value * unit
    if value <= 0 or slope.variance <= 0 or hops == 0:
        return Posterior(one_event, 0.0)
    events = slope.value**2 / slope.variance
    if hops is not None:
        events = min(events, float(hops))
    return Posterior(value, events)
