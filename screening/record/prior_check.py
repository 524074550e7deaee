"""Predictions from compositions, compared with the results of the campaign."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ewald.numbers import counted, significant
from screening.arrangements.candidate import composition_of
from screening.choice.expectation import Expectation
from screening.decision import Decision, Stage, Verdict
from screening.prior.measured import Measurement
from screening.prior.model import INTERVAL, Prediction
from screening.prior.scores import Scores, score
from screening.record.audit import LEAST_PAIRS
from screening.record.ledger import latest_decisions
from screening.record.record import CampaignRecord

_MS_TO_S_DECADES = -3.0


@dataclass(frozen=True)
class PriorCheck:
    """One composition with a verdict on its conductivity.

    Attributes
    ----------
    expected
        What was predicted, at the temperature of the verdict.
    decision
        Of the candidate with the highest conductivity, at the latest stage of MD.
    log10_mS_cm
        What was found, or the bound of it.
    """

    expected: Expectation
    decision: Decision
    log10_mS_cm: float

    @property
    def held(self) -> bool:
        """Whether the interval holds what was found; a bound is held unless all of the interval is above it."""
        low = self.expected.low90 <= self.log10_mS_cm
        return low if self.decision.bound else low and self.log10_mS_cm <= self.expected.high90


def predictions_of(record: CampaignRecord) -> tuple[Expectation, ...]:
    """Return what was predicted of the compositions of a campaign."""
    return () if record.choice is None else record.choice.expected


def prior_checks(expected: Sequence[Expectation], decisions: Sequence[Decision]) -> tuple[PriorCheck, ...]:
    """Return the compositions with a prediction and a verdict of MD, in the order of the predictions.

    Parameters
    ----------
    expected
        Predictions, one for each composition.
    decisions
        Lines of the ledger.
    """
    found = _decided(decisions) if expected else {}
    return tuple(
        PriorCheck(one.at(decision.temperature_K or one.temperature_K), decision, value)
        for one in expected
        if one.composition in found
        for decision, value in (found[one.composition],)
    )


def prior_scores(checks: Sequence[PriorCheck]) -> Scores | None:
    """Return coverage, error and rank correlation; None before anything is decided.

    Parameters
    ----------
    checks
        What :func:`prior_checks` returned.
    """
    if not checks:
        return None
    predictions = [
        Prediction(
            formula=check.expected.composition,
            mobile="",
            log10_sigma_S_cm=check.expected.log10_mS_cm + _MS_TO_S_DECADES,
            low90=check.expected.low90 + _MS_TO_S_DECADES,
            high90=check.expected.high90 + _MS_TO_S_DECADES,
        )
        for check in checks
    ]
    measurements = [
        Measurement(
            formula=check.expected.composition,
            mobile="",
            log10_sigma_S_cm=check.log10_mS_cm + _MS_TO_S_DECADES,
            bound=bool(check.decision.bound),
        )
        for check in checks
    ]
    return score(predictions, measurements)


def prior_sentence(expected: Sequence[Expectation], decisions: Sequence[Decision]) -> str:
    """Say in words how good the predictions were; empty if there were none.

    Parameters
    ----------
    expected
        Predictions, one for each composition.
    decisions
        Lines of the ledger.
    """
    if not expected:
        return ""
    checks = prior_checks(expected, decisions)
    found = prior_scores(checks)
    if found is None:
        predicted = f"{counted(len(expected), 'composition')} with a prediction from the composition"
        return f"{predicted}, none yet with an MD verdict."
    held = sum(check.held for check in checks)
    order = (
        f"Spearman rank correlation {significant(found.spearman, 2)}"
        if len(checks) >= LEAST_PAIRS
        else "too few for a rank correlation"
    )
    return (
        f"{counted(len(checks), 'composition')} with a prediction from the composition and an MD verdict: the "
        f"{100 * INTERVAL:.0f} % intervals contain {held} of the results; "
        f"mean error {significant(found.mae, 2)} decades; {order}."
    )


def not_computed_lines(record: CampaignRecord) -> Iterator[str]:
    """Yield why a campaign starts no more work, and what it did not compute with its probabilities."""
    choice = record.choice
    if choice is None or not choice.over:
        return
    yield (
        f"No new work is started: {choice.over}. About {choice.conductors_left:.1f} conductors are expected among "
        f"{counted(len(choice.not_begun), 'composition')} not started and {len(choice.unfinished)} not finished."
    )


def choice_lines(record: CampaignRecord, composition: str) -> Iterator[str]:
    """Yield the prediction for a composition beside its result, and its probabilities while it has none."""
    choice = record.choice
    if choice is None:
        return
    for one in (one for one in choice.expected if one.composition == composition):
        checks = prior_checks((one,), record.decisions)
        yield predicted_words(checks[0].expected if checks else one)
        for check in checks:
            value = significant(10**check.log10_mS_cm)
            place = "within" if check.held else "outside"
            yield f"found {'at most ' if check.decision.bound else ''}{value} mS/cm, {place} the interval"
    over = f" ({choice.over})" if choice.over else ""
    for words, outlooks in (("not started", choice.not_begun), ("open", choice.unfinished)):
        yield from (f"{words}{over}: {one.reason}" for one in outlooks if one.id == composition)


def predicted_words(expected: Expectation) -> str:
    """Return a prediction in words."""
    low, middle, high = (significant(10**value, 2) for value in (expected.low90, expected.log10_mS_cm, expected.high90))
    unlike = "; outside the training data" if expected.outside else ""
    return f"predicted from the composition: {middle} mS/cm ({low} to {high}) at {expected.temperature_K:g} K{unlike}"


def _decided(decisions: Sequence[Decision]) -> dict[str, tuple[Decision, float]]:
    """Return the decision with the highest conductivity of each composition, of the latest stage of MD."""
    found: dict[str, tuple[Decision, float]] = {}
    for stage in (Stage.SHORT_MD, Stage.LONG_MD):
        of_stage: dict[str, tuple[Decision, float]] = {}
        for subject, stages in latest_decisions(decisions).items():
            decision = stages.get(stage)
            value = None if decision is None else _logarithm(decision)
            if decision is None or value is None:
                continue
            name = composition_of(subject)
            if name not in of_stage or of_stage[name][1] < value:
                of_stage[name] = decision, value
        found |= of_stage
    return found


def _logarithm(decision: Decision) -> float | None:
    value = decision.high95 if decision.bound else decision.value
    if decision.verdict is Verdict.UNDECIDED or decision.unit != "mS/cm" or not value or value <= 0:
        return None
    return math.log10(value)
