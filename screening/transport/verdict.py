"""Pass, fail or undecided: a sequential test of the conductivity against a threshold.

A run that is judged again and again while it grows would sooner or later cross any fixed level by chance. So each
interim analysis (`look` in the code, numbered from 1) spends a part of the permitted error: with a planned number of
them the level of every one is Pocock's constant (S. J. Pocock, Biometrika 64, 191 (1977)), computed by numerical
integration; without a plan the k-th may spend 1 / (k (k + 1)) of it, which adds up to the whole over infinitely many.
"""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import scipy
from numpy.typing import NDArray

from ewald.numbers import probability, significant
from ewald.version import __version__
from screening.campaign.stages import VerdictRule
from screening.decision import Decision, Stage, Verdict
from screening.transport.arrhenius import JudgedConductivity
from screening.transport.conductivity import TransportResult
from screening.transport.replicas import contradictions
from screening.value import content_hash


def spent_error(error: float, look: int, planned_looks: int | None = None) -> float:
    """Return the one-sided error that an interim analysis may spend, so that all of them together spend `error`.

    Parameters
    ----------
    error
        Probability of a wrong decision over the whole run.
    look
        Number of the interim analysis, 1 for the first.
    planned_looks
        Interim analyses within the budget, equally spaced; None when their number is not known beforehand.

    Raises
    ------
    ValueError
        When `look` is below 1.

    Examples
    --------
    >>> spent_error(0.1, 1, 1)
    0.1
    >>> spent_error(0.1, 1)
    0.05
    """
    if look < 1:
        raise ValueError("interim analyses are counted from 1")
    if planned_looks is not None and look <= planned_looks:
        return pocock_error(error, planned_looks)
    return error / (look * (look + 1))


@lru_cache(maxsize=64)
def pocock_error(error: float, looks: int) -> float:
    """Return the error of each of `looks` equally spaced interim analyses of a one-sided test that spends `error`.

    The statistic is a Brownian motion seen at times 1 .. looks; its density below the boundary is carried from one
    to the next on a grid (P. Armitage, C. K. McPherson, B. C. Rowe, J. R. Stat. Soc. A 132, 235 (1969)).
    """
    if looks == 1:
        return error
    low, high = error / looks, error
    for _ in range(40):
        middle = (low + high) / 2
        if _crossing_probability(-float(scipy.special.ndtri(middle)), looks) > error:
            high = middle
        else:
            low = middle
    return low


def _crossing_probability(boundary: float, looks: int) -> float:
    """Return P(max over k of S_k / sqrt(k) > boundary) for a sum S_k of k standard normal steps."""
    spacing = 0.02
    grid = np.arange(-8 * looks**0.5, boundary * looks**0.5 + spacing, spacing)
    density = _normal(grid) * _inside(grid, boundary, spacing)
    kernel = _normal(np.arange(-8, 8 + spacing / 2, spacing)) * spacing
    half = len(kernel) // 2
    for look in range(2, looks + 1):
        density = np.convolve(density, kernel)[half : half + len(grid)]
        density *= _inside(grid, boundary * look**0.5, spacing)
    return 1.0 - float(density.sum() * spacing)


def _normal(steps: NDArray[np.float64]) -> NDArray[np.float64]:
    """Density of the standard normal distribution."""
    return np.asarray(np.exp(-(steps**2) / 2) / np.sqrt(2 * np.pi))


def _inside(grid: NDArray[np.float64], edge: float, spacing: float) -> NDArray[np.float64]:
    """Share of every cell of the grid that lies below the edge."""
    return np.clip((edge - grid) / spacing + 0.5, 0.0, 1.0)


def judge(judged: JudgedConductivity, rule: VerdictRule, look: int = 1, planned_looks: int | None = None) -> Verdict:
    """Compare a conductivity with the threshold at one interim analysis.

    Parameters
    ----------
    judged
        The conductivity, which may be known only as a bound, or not at all.
    rule
        Threshold in mS/cm and the probabilities that pass and fail take.
    look, planned_looks
        Number of this interim analysis, and how many the budget has; see :func:`spent_error`.
    """
    if judged.probability_above is None:
        return Verdict.UNDECIDED
    if not judged.upper_bound_only and 1 - judged.surely_above <= spent_error(
        1 - rule.pass_probability, look, planned_looks
    ):
        return Verdict.PASS
    if not judged.lower_bound_only and judged.maybe_above <= spent_error(rule.fail_probability, look, planned_looks):
        return Verdict.FAIL
    return Verdict.UNDECIDED


def printed_probability(judged: JudgedConductivity, verdict: Verdict) -> float | None:
    """Return the probability that goes with a verdict; none with a bound, unless even the bound is too low.

    The probability of a bound says how high the bound is, not how likely the conductivity is above the threshold.
    """
    return None if judged.estimate.bound and verdict is not Verdict.FAIL else judged.probability_above


def decide_md(
    candidate_id: str,
    campaign: str,
    stage: Stage,
    judged: JudgedConductivity,
    rule: VerdictRule,
    *,
    results: Sequence[TransportResult],
    earlier: Sequence[TransportResult] = (),
    look: int = 1,
    planned_looks: int | None = None,
    final: bool = False,
    inputs: object = None,
) -> Decision:
    """Turn the judged conductivity of one candidate into a line of the ledger.

    Parameters
    ----------
    candidate_id, campaign, stage
        Whom the decision is about, and at which of the MD stages.
    judged
        The conductivity that follows from the runs, see :func:`screening.transport.arrhenius.judged_conductivity`.
    results
        Those runs, one for each temperature.
    earlier
        Runs of the same crystal with the same engine at an earlier stage; a warning names those that contradict.
    rule
        Threshold and probabilities, from the campaign.
    look, planned_looks
        Number of this interim analysis, and how many the budget has; see :func:`spent_error`.
    final
        The budget is spent: an undecided run stays undecided, and the reason says so.
    inputs
        Anything JSON-compatible that identifies the trajectories (their checksums), for the inputs' hash.
    """
    verdict = judge(judged, rule, look, planned_looks)
    reason = _reason(verdict, judged, rule)
    if verdict is Verdict.UNDECIDED and judged.close_enough(rule):
        reason += f"; it is known to lie within a factor of {rule.close_factor:g} of the threshold"
    elif final and verdict is Verdict.UNDECIDED:
        reason += "; the budget of MD is spent"
    if verdict is Verdict.UNDECIDED and judged.probability_above is not None:
        reason += _level(rule, look, planned_looks)
    notes = [*contradictions(results, earlier), *(w for result in results for w in result.warnings)]
    return Decision(
        campaign=campaign,
        subject=candidate_id,
        stage=stage,
        quantity="conductivity",
        value=judged.estimate.value,
        low95=None if judged.estimate.bound else judged.estimate.low95,
        high95=judged.estimate.high95,
        bound=judged.estimate.bound,
        unit="mS/cm",
        threshold=rule.threshold_mS_cm,
        temperature_K=judged.temperature_K,
        probability_above=printed_probability(judged, verdict),
        verdict=verdict,
        reason=reason,
        inputs_hash=content_hash(candidate_id, str(stage), [*results, *earlier], rule, look, inputs),
        version=__version__,
        warnings=tuple(dict.fromkeys(notes)),
    )


def _level(rule: VerdictRule, look: int, planned_looks: int | None) -> str:
    """Say which probabilities an interim analysis asks for, where they are stricter than the rule's."""
    to_pass = 1 - spent_error(1 - rule.pass_probability, look, planned_looks)
    to_fail = spent_error(rule.fail_probability, look, planned_looks)
    if to_pass <= rule.pass_probability + 1e-9:
        return ""
    return f"; interim analysis {look} passes from a probability of {to_pass:.3g} and fails below {to_fail:.2g}"


def _reason(verdict: Verdict, judged: JudgedConductivity, rule: VerdictRule) -> str:
    known, limit = judged.estimate, f"the threshold of {rule.threshold_mS_cm:g} mS/cm"
    words = {Verdict.PASS: f"is above {limit}", Verdict.FAIL: f"is below {limit}"}.get(verdict)
    if words is None and not known.bound and known.low95 > rule.threshold_mS_cm:
        words = f"seems to be above {limit}, but this is not established"
    elif words is None and not known.bound and known.high95 < rule.threshold_mS_cm:
        words = f"seems to be below {limit}, but this is not established"
    value = f"of at most {significant(known.high95, 2)}" if known.bound else significant(known.mean, 2)
    text = (
        f"conductivity {value} mS/cm at {judged.temperature_K:g} K {f'({known.bound}) ' if known.bound else ''}"
        f"{words or f'cannot yet be distinguished from {limit}'}"
    )
    # Where only a bound is known, the probability is one of the bound, and would contradict the verdict.
    if verdict is not Verdict.UNDECIDED or not (judged.upper_bound_only or judged.lower_bound_only):
        text += f" (probability of exceeding it: {probability(judged.probability_above)})"
    return f"{text}; {judged.note}" if judged.note else text
