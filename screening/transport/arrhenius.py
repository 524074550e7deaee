"""Conductivity at the temperature of the threshold: read off, or extrapolated by Arrhenius with its posterior."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import scipy
from numpy.typing import NDArray

from ewald.constants import BOLTZMANN_eV_K
from screening.campaign.stages import VerdictRule
from screening.estimated import Estimate
from screening.transport.conductivity import TransportResult

Floats = NDArray[np.float64]

_SAME_TEMPERATURE_K = 1.0

_SAMPLES = 20_000

_NORMAL_IQR = 1.349
"""Interquartile range of the normal distribution in standard deviations."""

NO_EVENT_HIGH95 = float(scipy.special.gammaincinv(0.5, 0.975))
"""Upper end of the 95 % interval of a rate without an event, in events: Jeffreys' posterior."""

_LEAST_ACTIVATED = 0.01
"""Share of draws with a positive activation energy below which the runs contradict one, and all draws are kept."""


@dataclass(frozen=True)
class ArrheniusFit:
    """ln(sigma T) = ln A - Ea / kT, drawn from the posteriors of the runs.

    Attributes
    ----------
    temperature_K
        Temperature asked for.
    activation_energy_eV
        With its interval.
    sigma_mS_cm
        Conductivity at `temperature_K`.
    samples_mS_cm
        (S,) draws of it.
    extrapolated
        Whether `temperature_K` lies outside the temperatures that were run.
    variances
        (T,) what each run adds to the variance of ln sigma at `temperature_K`.
    """

    activation_energy_eV: Estimate
    sigma_mS_cm: Estimate
    temperature_K: float
    samples_mS_cm: Floats
    extrapolated: bool
    variances: Floats


@dataclass(frozen=True)
class JudgedConductivity:
    """The conductivity that a verdict is about.

    Attributes
    ----------
    estimate
        Conductivity in mS/cm with its 95 % interval.
    temperature_K
        Temperature that it holds for.
    note
        How it was obtained, where that is not a single run at this temperature.
    probability_above
        Probability that it exceeds the threshold, from the posterior.
    surely_above, maybe_above
        The same with half an event taken away or added: the exact one-sided tests of a count against a rate, so that
        a run without a single hop can never pass and never fails too soon.
    upper_bound_only
        The run was hotter than the threshold's temperature, gives only a bound, or does not stand out from motion that
        leads nowhere: it can rule a candidate out but not in.
    lower_bound_only
        The run was colder: it can rule a candidate in but not out.
    variances
        (R,) what each run, from the coldest on, adds to the variance of ln sigma, relative to each other; 0 for a run
        that does not count, and empty when none does.
    """

    estimate: Estimate
    temperature_K: float
    probability_above: float | None
    surely_above: float = 0.0
    maybe_above: float = 1.0
    note: str = ""
    upper_bound_only: bool = False
    lower_bound_only: bool = False
    variances: tuple[float, ...] = ()

    def close_enough(self, rule: VerdictRule) -> bool:
        """Whether the 95 % interval lies within the rule's `close_factor` of the threshold on both sides.

        Parameters
        ----------
        rule
            Rule of the verdict, with threshold and factor.

        Examples
        --------
        >>> known = JudgedConductivity(Estimate(mean=1.0, low95=0.6, high95=1.7), 300.0, 0.5)
        >>> [known.close_enough(VerdictRule(close_factor=factor)) for factor in (2.0, 1.5, None)]
        [True, False, False]
        """
        if rule.close_factor is None or self.upper_bound_only or self.lower_bound_only:
            return False
        least, most = rule.threshold_mS_cm / rule.close_factor, rule.threshold_mS_cm * rule.close_factor
        return least <= self.estimate.low95 and self.estimate.high95 <= most


def gamma_of(estimate: Estimate) -> tuple[float, float]:
    """Return (shape, scale) of the gamma distribution with this mean and upper 97.5 % quantile.

    A bound has that of the exact test of a count n against a rate, of shape n + 1: the chance that a rate of r events
    shows no more than n. The count follows from the mean, which is what was counted.
    """
    if estimate.bound is not None:
        return _gamma_of_bound(estimate)
    if estimate.mean <= 0 or estimate.high95 <= estimate.mean:
        return 1e8, max(estimate.mean, 0.0) / 1e8
    ratio = estimate.high95 / estimate.mean

    def excess(log_shape: float) -> float:
        shape = np.exp(log_shape)
        return float(scipy.special.gammaincinv(shape, 0.975) / shape - ratio)

    low, high = np.log(0.2), np.log(1e8)
    if excess(low) * excess(high) > 0:
        shape = 0.5 if ratio > 2 else 1e8
    else:
        shape = float(np.exp(_root(excess, low, high)))
    return shape, estimate.mean / shape


def _root(function: Callable[[float], float], low: float, high: float) -> float:
    """Return where a function that has opposite signs at two points is zero, by bisection to the last digit.

    `explain` needs a root or two, and importing scipy.optimize for them would take a third of its time.
    """
    rising = function(low) < 0
    while low < (middle := (low + high) / 2) < high:
        if (function(middle) < 0) is rising:
            low = middle
        else:
            high = middle
    return high


def _gamma_of_bound(estimate: Estimate) -> tuple[float, float]:
    if estimate.bound == "no hop":
        return 1.0, estimate.high95 / NO_EVENT_HIGH95
    share = min(estimate.mean / estimate.high95, 0.9) if estimate.high95 > 0 else 0.0

    def excess(count: float) -> float:
        return count / float(scipy.special.gammaincinv(count + 1, 0.975)) - share

    count = 0.0 if share <= 0 else float(_root(excess, 0.0, 1e4))
    return count + 1, estimate.high95 / float(scipy.special.gammaincinv(count + 1, 0.975))


def pooled_bound(estimates: Sequence[Estimate]) -> Estimate:
    """Return the bound that independent runs give together which each gave only one: counts and exposures add up.

    Examples
    --------
    >>> none = Estimate(mean=0.0, low95=0.0, high95=2.0, bound="no hop")
    >>> round(pooled_bound([none, none]).high95, 6)
    1.0
    """
    shapes, scales = np.array([gamma_of(estimate) for estimate in estimates]).T
    exposure, count = float((1 / scales).sum()), float((shapes - 1).sum())
    reasons = ", ".join(dict.fromkeys(str(estimate.bound) for estimate in estimates))
    return Estimate(mean=count / exposure, low95=0.0, high95=_most_events(estimates) / exposure, bound=reasons)


def _most_events(bounds: Sequence[Estimate]) -> float:
    """Return how many events there may have been, with 97.5 % certainty, where the counts of these bounds were seen."""
    if all(bound.bound == "no hop" for bound in bounds):
        return NO_EVENT_HIGH95
    return float(scipy.special.gammaincinv(sum(gamma_of(bound)[0] - 1 for bound in bounds) + 1, 0.975))


def fit_arrhenius(
    temperatures_K: Sequence[float],
    conductivities: Sequence[Estimate],
    at_K: float = 300.0,
    seed: int = 0,
    bounds: Sequence[tuple[float, Estimate]] = (),
    *,
    least_prefactor_mS_K_cm: float | None = None,
) -> ArrheniusFit:
    """Fit and evaluate at `at_K`; every posterior draw of all runs gives one line, so correlation is carried through.

    Diffusion is activated: lines that fall with temperature are left out. Without this, runs with hardly a hop at any
    temperature would leave every conductivity at a lower one possible.

    Parameters
    ----------
    temperatures_K, conductivities
        (R,) of the runs, conductivities in mS/cm.
    at_K
        Temperature of the conductivity wanted.
    seed
        Of the draws.
    bounds
        Runs, with their temperatures in K, that gave only a bound: a line counts as much as it lets them see nothing.
    least_prefactor_mS_K_cm
        Lines with a smaller prefactor A are left out as well, unless nearly all have one.

    Raises
    ------
    ValueError
        With fewer than two different temperatures.
    """
    if len(set(temperatures_K)) < 2:
        raise ValueError("an Arrhenius fit needs at least two temperatures")
    rng = np.random.default_rng(seed)
    temperature = np.asarray(temperatures_K, dtype=float)
    draws = np.empty((len(temperature), _SAMPLES))
    spread = np.empty(len(temperature))
    for row, estimate in enumerate(conductivities):
        shape, scale = gamma_of(estimate)
        draws[row] = np.log(np.maximum(rng.gamma(shape, scale, _SAMPLES), 1e-300) * temperature[row])
        spread[row] = max(float(np.subtract(*np.percentile(draws[row], [75, 25]))), 1e-9)
    design = np.column_stack([np.ones(len(temperature)), -1 / (BOLTZMANN_eV_K * temperature)])
    solution = np.linalg.pinv(design / spread[:, None]) / spread
    coefficients = solution @ draws
    wanted = np.array([1.0, -1 / (BOLTZMANN_eV_K * at_K)])
    variances = (wanted @ solution * spread / _NORMAL_IQR) ** 2
    possible = [coefficients[1] > 0]
    if least_prefactor_mS_K_cm is not None:
        possible.append(coefficients[0] >= np.log(least_prefactor_mS_K_cm))
    for condition in (np.logical_and.reduce(possible), possible[0]):
        if condition.mean() >= _LEAST_ACTIVATED:
            coefficients = coefficients[:, condition]
            break
    coefficients = _within_bounds(coefficients, bounds, rng)
    samples = np.exp(coefficients[0] - coefficients[1] / (BOLTZMANN_eV_K * at_K)) / at_K
    inside = temperature.min() - _SAME_TEMPERATURE_K <= at_K <= temperature.max() + _SAME_TEMPERATURE_K
    return ArrheniusFit(_summary(coefficients[1]), _summary(samples), at_K, samples, not inside, variances)


def _within_bounds(coefficients: Floats, bounds: Sequence[tuple[float, Estimate]], rng: np.random.Generator) -> Floats:
    """Draw the lines anew, each as often as likely it is that the runs with only a bound saw nothing."""
    if not bounds:
        return coefficients
    logarithm = np.zeros(coefficients.shape[1])
    for temperature_K, bound in bounds:
        sigma = np.exp(coefficients[0] - coefficients[1] / (BOLTZMANN_eV_K * temperature_K)) / temperature_K
        shape, scale = gamma_of(bound)
        with np.errstate(divide="ignore"):  # a line that cannot be weighs nothing
            logarithm += np.log(scipy.special.gammaincc(shape, sigma / scale))
    weights = np.exp(logarithm - logarithm.max())
    return np.asarray(coefficients[:, rng.choice(len(weights), len(weights), p=weights / weights.sum())])


def _summary(samples: Floats) -> Estimate:
    """Return the median, which a heavy tail of extrapolation cannot drag along, and the central 95 % interval."""
    low, middle, high = np.quantile(samples, [0.025, 0.5, 0.975])
    return Estimate(mean=float(middle), low95=float(low), high95=float(high))


def judged_conductivity(results: Sequence[TransportResult], rule: VerdictRule, *, seed: int = 0) -> JudgedConductivity:
    """Return the conductivity at the rule's temperature from the runs there are.

    It holds at the rule's temperature where a run was made there or several temperatures lead there, else at that of
    the nearest run.

    Parameters
    ----------
    results
        Analysed runs, in any order.
    rule
        Threshold in mS/cm, its temperature in K, and which conductivity counts (tracer or charge).
    seed
        Of the draws of an Arrhenius fit.

    Raises
    ------
    ValueError
        When there are no results.
    """
    if not results:
        raise ValueError("a conductivity is judged from at least one analysed run")
    ordered = sorted(results, key=lambda result: result.temperature_K)
    wanted = rule.temperature_K if rule.temperature_K is not None else ordered[0].temperature_K
    nearest = min(ordered, key=lambda result: abs(result.temperature_K - wanted))
    values = [_chosen(result, rule.conductivity) for result in ordered]
    if abs(nearest.temperature_K - wanted) <= _SAME_TEMPERATURE_K:
        return replace(_at_run(nearest, rule), variances=tuple(float(result is nearest) for result in ordered))
    known = [(r.temperature_K, v) for r, v in zip(ordered, values, strict=True) if v is not None]
    bounds = [(temperature, value) for temperature, value in known if value.bound is not None]
    usable = [(temperature, value) for temperature, value in known if value.bound is None]
    least = _least_prefactor(ordered, rule)
    fit = line_through(known, wanted, seed, least_prefactor_mS_K_cm=least)
    if fit is not None:
        chance = float(np.mean(fit.samples_mS_cm > rule.threshold_mS_cm))
        kind = "extrapolated" if fit.extrapolated else "interpolated"
        ea = fit.activation_energy_eV
        note = (
            f"{kind} by Arrhenius from {', '.join(f'{t:g}' for t, _ in usable)} K with an activation energy of "
            f"{ea.mean:.2f} eV ({ea.low95:.2f} to {ea.high95:.2f})"
        )
        if bounds:
            note += f"; at {', '.join(f'{t:g}' for t, _ in bounds)} K only an upper bound is known"
        counted = zip(ordered, values, strict=True)
        unsound = [f"{run.temperature_K:g}" for run, v in counted if not run.sound and (v is None or v.bound is None)]
        if unsound:
            note += f"; what is seen at {', '.join(unsound)} K can rule it out but not in, see the warnings of the run"
        each = iter(fit.variances)
        variances = tuple(0.0 if v is None or v.bound is not None else float(next(each)) for v in values)
        return JudgedConductivity(
            fit.sigma_mS_cm, wanted, chance, chance, chance, note, upper_bound_only=bool(unsound), variances=variances
        )
    if bounds and (len({temperature for temperature, _ in known}) >= 2 or (least and bounds[-1][0] > wanted)):
        return _below_bounds(bounds, usable, rule, wanted, seed=seed, least=least)
    return _bound(nearest, rule, wanted)


def _below_bounds(
    bounds: Sequence[tuple[float, Estimate]],
    usable: Sequence[tuple[float, Estimate]],
    rule: VerdictRule,
    wanted_K: float,
    *,
    seed: int,
    least: float | None,
) -> JudgedConductivity:
    """Bound a conductivity from runs of which at most one temperature has a value: no line can be drawn."""
    hotter = [(temperature, bound) for temperature, bound in bounds if temperature >= wanted_K]
    reasons = ", ".join(dict.fromkeys(str(bound.bound) for _, bound in bounds))
    if usable and max(t for t, _ in usable) > max(t for t, _ in bounds) and hotter:
        # Every line from below the bound to the value: what is unknown of the bound only makes it steeper.
        runs = [*hotter, *usable]
        seen = [value for _, value in runs]
        fit = fit_arrhenius([t for t, _ in runs], seen, wanted_K, seed, least_prefactor_mS_K_cm=least)
        samples = fit.samples_mS_cm
        high = float(np.quantile(samples, 0.975))
        chance = float(np.mean(samples > rule.threshold_mS_cm))
    elif hotter:
        # The coldest of these runs alone may say more than with hotter ones that saw much.
        limits = [_below_hotter(some, rule.threshold_mS_cm, wanted_K, least) for some in (hotter[:1], hotter)]
        high, chance = (min(each) for each in zip(*limits, strict=True))
    else:
        high, chance = bounds[0][1].high95, 1.0
    temperatures = ", ".join(f"{temperature:g}" for temperature, _ in bounds)
    note = f"at {temperatures} K only an upper bound is known, so that there is no activation energy"
    if least is not None:
        note += f"; a prefactor of at least {rule.least_prefactor_cm2_s:g} cm2/s is assumed"
    return JudgedConductivity(
        Estimate(mean=0.0, low95=0.0, high95=high, bound=reasons),
        wanted_K,
        chance,
        surely_above=0.0,
        maybe_above=chance,
        note=note,
        upper_bound_only=True,
        lower_bound_only=not hotter,
    )


def _below_hotter(
    hotter: Sequence[tuple[float, Estimate]], threshold_mS_cm: float, wanted_K: float, least: float | None
) -> tuple[float, float]:
    """Return how high a conductivity may be of which hotter runs saw no more, and the chance of the threshold.

    What is reached at `wanted_K` is at least reached in every hotter run. It is tested as one count of all of them.
    """
    bounds = [bound for _, bound in hotter]
    shapes, scales = zip(*(gamma_of(bound) for bound in bounds), strict=True)

    def expected(sigma_mS_cm: float) -> float:
        at = (_hotter(sigma_mS_cm, wanted_K, at_K, least) for at_K, _ in hotter)
        return float(sum(sigma / scale for sigma, scale in zip(at, scales, strict=True)))

    events = _most_events(bounds)
    most = float(np.log(events * min(scales)))
    high = _root(lambda log_sigma: expected(float(np.exp(log_sigma))) - events, most - 200, most + 1e-9)
    chance = float(scipy.special.gammaincc(sum(shapes) - len(shapes) + 1, expected(threshold_mS_cm)))
    return float(np.exp(high)), chance


def _hotter(sigma_mS_cm: float, wanted_K: float, at_K: float, least_prefactor_mS_K_cm: float | None) -> float:
    """Return the least conductivity at a higher temperature of what has `sigma_mS_cm` at `wanted_K`.

    It grows with temperature; and of all lines ln(sigma T) through that point, the one of the least prefactor grows
    least.
    """
    least = 0.0
    if least_prefactor_mS_K_cm is not None:
        share = wanted_K / at_K
        least = least_prefactor_mS_K_cm ** (1 - share) * (sigma_mS_cm * wanted_K) ** share / at_K
    return max(sigma_mS_cm, least)


def _least_prefactor(results: Sequence[TransportResult], rule: VerdictRule) -> float | None:
    """Return the rule's least prefactor of the diffusivity as one of sigma T, in mS K/cm, where the runs tell both."""
    if rule.least_prefactor_cm2_s is None:
        return None
    for result in results:
        if result.D_cm2_s.high95 > 0 and result.sigma_mS_cm.high95 > 0:
            of_one = result.sigma_mS_cm.high95 * result.temperature_K / result.D_cm2_s.high95
            return rule.least_prefactor_cm2_s * of_one
    return None


def _bound(result: TransportResult, rule: VerdictRule, wanted_K: float) -> JudgedConductivity:
    """Use one run at another temperature: conductivity grows with temperature as long as Ea exceeds kT."""
    here = _at_run(result, rule)
    hotter = result.temperature_K > wanted_K
    note = (
        f"the threshold holds at {wanted_K:g} K and the run was {'hotter' if hotter else 'colder'}, so it can only "
        f"{'rule the candidate out' if hotter else 'rule it in'}: run a second temperature"
    )
    return replace(here, note=note, upper_bound_only=hotter or here.upper_bound_only, lower_bound_only=not hotter)


def line_through(
    known: Sequence[tuple[float, Estimate]],
    at_K: float = 300.0,
    seed: int = 0,
    *,
    least_prefactor_mS_K_cm: float | None = None,
) -> ArrheniusFit | None:
    """Return the Arrhenius line of what is known at several temperatures; None without values at two of them.

    Parameters
    ----------
    known
        Temperatures in K with conductivities in mS/cm. A bound is no point of the line, but limits it.
    at_K
        Temperature of the conductivity wanted.
    seed, least_prefactor_mS_K_cm
        See :func:`fit_arrhenius`.
    """
    usable = [(temperature, value) for temperature, value in known if value.bound is None]
    bounds = [(temperature, value) for temperature, value in known if value.bound is not None]
    if len({temperature for temperature, _ in usable}) < 2:
        return None
    temperatures, values = [t for t, _ in usable], [v for _, v in usable]
    return fit_arrhenius(temperatures, values, at_K, seed, bounds, least_prefactor_mS_K_cm=least_prefactor_mS_K_cm)


def _chosen(result: TransportResult, conductivity: str) -> Estimate | None:
    return result.sigma_mS_cm if conductivity == "tracer" else result.sigma_charge_interval_mS_cm


def _at_run(result: TransportResult, rule: VerdictRule) -> JudgedConductivity:
    estimate = _chosen(result, rule.conductivity)
    if estimate is None:
        note = "the charge diffusivity is not resolved from noise"
        return JudgedConductivity(result.sigma_mS_cm, result.temperature_K, None, note=note)
    if estimate.bound is not None:
        return _bounded(estimate, result, rule)
    shape, scale = gamma_of(estimate)
    fewer, chance, more = (
        float(scipy.special.gammaincc(max(shape + half, 1e-9), rule.threshold_mS_cm / scale)) if scale > 0 else 0.0
        for half in (-0.5, 0.0, 0.5)
    )
    note = "" if result.sound else "the run can rule the candidate out but not in, see its warnings"
    return JudgedConductivity(
        estimate, result.temperature_K, chance, fewer, more, note=note, upper_bound_only=not result.sound
    )


def _bounded(estimate: Estimate, result: TransportResult, rule: VerdictRule) -> JudgedConductivity:
    chance = _above(estimate, rule.threshold_mS_cm)
    return JudgedConductivity(
        estimate, result.temperature_K, chance, surely_above=0.0, maybe_above=chance, upper_bound_only=True
    )


def _above(bound: Estimate, threshold_mS_cm: float) -> float:
    """Return the chance that a rate at the threshold shows no more than what a bound was found from."""
    shape, scale = gamma_of(bound)
    return float(scipy.special.gammaincc(shape, threshold_mS_cm / scale)) if scale > 0 else 0.0
