"""Where a campaign that chooses stands: what is worth computing next, and why."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

from screening.arrangements.candidate import composition_of
from screening.campaign.campaign import Campaign
from screening.campaign.strategy import Strategy
from screening.choice.choice_record import ChoiceRecord
from screening.choice.descriptors import campaign_descriptors
from screening.choice.expectation import Expectation
from screening.choice.known import Known, known_of
from screening.choice.outlook import METHODS, Goal, Option, Outlook, outlooks
from screening.decision import Decision, Stage
from screening.plan.composition import Composition
from screening.prior.model import Prediction
from screening.species import element_of, summed
from workflows.loop.hours import hours_of
from workflows.loop.nimo_files import NimoRow
from workflows.store.results import PREDICTED, CampaignResults

REJECTED_DECADES = 3.0
_BELOW_BOUND_DECADES = 0.5
_OUTSIDE_DECADES = 2.0
_S_TO_MS_DECADES = 3
_DECADES, _OUTSIDE = "expected_decades", "expected_outside"


@dataclass(frozen=True)
class Situation:
    """What a strategy knows and makes of it.

    Attributes
    ----------
    strategy
        Of the campaign.
    order
        Compositions that are still open, the one to compute next first.
    begun
        Compositions that have a result.
    spent_core_hours
        Of the whole campaign.
    """

    strategy: Strategy
    order: tuple[Outlook, ...]
    begun: frozenset[str]
    spent_core_hours: float

    @property
    def not_begun(self) -> tuple[Outlook, ...]:
        """Compositions of which nothing was computed, the one to begin next first."""
        return tuple(outlook for outlook in self.order if outlook.id not in self.begun)

    @property
    def over(self) -> str:
        """Why no further composition is begun; empty while some will be."""
        budget, least = self.strategy.budget_core_hours, self.strategy.least_gain
        if budget is not None and self.spent_core_hours >= budget:
            return f"the budget of {budget:g} core hours is spent"
        best = max((outlook.gain for outlook in self.not_begun), default=0.0)
        if least is not None and self.not_begun and best < least:
            return f"no remaining composition is expected to give {least:g} conductors per core hour"
        return ""

    def lines(self, most: int = 5) -> Iterator[str]:
        """Yield what is computed next and why, what follows, and what is left out with its chances, in words."""
        begun = [outlook for outlook in self.order if outlook.id in self.begun]
        waiting, held = self.not_begun, [outlook for outlook in begun if not self.worth(outlook)]
        yield (
            f"strategy {self.strategy.method}: {len(begun) - len(held)} started and open, {len(held)} paused, "
            f"{len(waiting)} compositions not started"
        )
        for outlook in begun[:most]:
            state = "paused" if outlook in held else "undecided" if outlook.stage is Stage.LONG_MD else "next"
            yield f"{state}: {outlook.id}: {outlook.reason}"
        label = "not started" if self.over or self.strategy.waits else "to start"
        yield from (f"{label}: {outlook.id}: {outlook.reason}" for outlook in waiting[:most])
        if self.over:
            missed = sum(outlook.probability for outlook in (*waiting, *held))
            yield (
                f"no new work is started: {self.over}; about {missed:.1f} conductors are expected among the "
                "compositions not started or paused"
            )

    def document(self) -> dict[str, object]:
        """Return the same as plain values, all compositions of it."""
        return {
            "method": self.strategy.method,
            "over": self.over,
            "spent_core_hours": self.spent_core_hours,
            "compositions": [
                outlook.to_document() | {"begun": outlook.id in self.begun, "probability": outlook.probability}
                for outlook in self.order
            ],
        }

    def worth(self, outlook: Outlook) -> bool:
        """Whether work on a composition that was begun is to go on."""
        budget, least = self.strategy.budget_core_hours, self.strategy.least_gain
        within = budget is None or self.spent_core_hours < budget
        return within and (least is None or outlook.gain >= least)


def situation(results: CampaignResults) -> Situation:
    """Return what is worth computing next in a campaign, from all that is known now."""
    campaign = results.entry.campaign
    compositions = tuple(results.all(Composition, "plan").values())
    decisions = results.decisions()
    options = _options(results, compositions, decisions)
    goal = Goal(campaign.hull.threshold_meV_per_atom, campaign.verdict.threshold_mS_cm)
    method = campaign.strategy.method
    # What is drawn changes with what is known, and is the same for everybody who asks in between; a random order stays.
    seed = campaign.seed * 1_000_003 + (0 if method == "random" else len(decisions))
    return Situation(
        campaign.strategy,
        outlooks(options, goal, method=method if method in METHODS else "ptr", seed=seed),
        results.subjects("ewald"),
        sum(results.tallies().core_seconds().values()) / 3600,
    )


def _options(
    results: CampaignResults, compositions: tuple[Composition, ...], decisions: tuple[Decision, ...]
) -> list[Option]:
    hours = hours_of(results, compositions)
    known = known_of(decisions, {one.subject: composition_of(one.subject) for one in decisions})
    judged_K = _judged_K(results.entry.campaign)
    expected = {one.composition: one.at(judged_K) for one in expectations(results)}
    rows = campaign_descriptors([amounts_of(one) for one in compositions], [one.mobile for one in compositions])
    options = [Option(one.id, tuple(row), hours[one.id]) for one, row in zip(compositions, rows.tolist(), strict=True)]
    with_prior = [
        replace(option, log10_mS_cm=expected[option.id].log10_mS_cm, decades=expected[option.id].decades)
        if option.id in expected
        else option
        for option in options
    ]
    return [replace(one, known=known[one.id]) if one.id in known else one for one in with_prior]


def table_of(results: CampaignResults) -> list[NimoRow]:
    """Return the compositions as rows of NIMO's table, in a fixed order: known conductivities, and what was rejected.

    A composition that was rejected before MD counts as :data:`REJECTED_DECADES` below the threshold; one of which only
    a bound is known counts as half a decade below the bound, and at most as the threshold.
    """
    compositions = tuple(results.all(Composition, "plan").values())
    threshold = math.log10(results.entry.campaign.verdict.threshold_mS_cm)
    options = _options(results, compositions, results.decisions())
    return [NimoRow(option.id, option.descriptors, objective(option.known, threshold)) for option in options]


def objective(known: Known, threshold: float) -> float | None:
    """Return what NIMO is told of a composition: log10 of mS/cm, see :func:`table_of`; None where nothing is known."""
    if known.log10_mS_cm is None:
        return threshold - REJECTED_DECADES if known.passed is False else None
    return min(known.log10_mS_cm - _BELOW_BOUND_DECADES, threshold) if known.bound else known.log10_mS_cm


def amounts_of(composition: Composition) -> dict[str, float]:
    """Return the number of atoms by element of a composition's supercell."""
    return summed((element_of(ion), float(count)) for ion, count in composition.totals().items())


def _judged_K(campaign: Campaign) -> float:
    """Return the temperature of the verdicts; where each run is judged at its own, the lowest of long MD."""
    return campaign.verdict.temperature_K or min(campaign.long_md.temperatures_K)


def choice_record(results: CampaignResults) -> ChoiceRecord | None:
    """Return what was predicted, and what a campaign that chooses left out; None where there is neither."""
    strategy, expected = results.entry.campaign.strategy, expectations(results)
    if not strategy.chooses:
        return ChoiceRecord(method=strategy.method, expected=expected) if expected else None
    found = situation(results)
    return ChoiceRecord(
        method=strategy.method,
        over=found.over if found.order else "",
        expected=expected,
        not_begun=found.not_begun,
        unfinished=tuple(outlook for outlook in found.order if outlook.id in found.begun),
    )


def expectations(results: CampaignResults) -> tuple[Expectation, ...]:
    """Return what was predicted of the compositions when the campaign was submitted."""
    expected, decades, outside = (results.kept(name, name) or {} for name in (PREDICTED, _DECADES, _OUTSIDE))
    return tuple(
        Expectation(composition=name, log10_mS_cm=value, decades=decades[name], outside=bool(outside.get(name)))
        for name, value in expected.items()
    )


def expect(results: CampaignResults, compositions: tuple[Composition, ...]) -> None:
    """Keep what the model of compositions predicts of each, once, where the campaign asks for it.

    Raises
    ------
    DependencyError
        When the campaign asks for it in so many words, and scikit-learn is not installed.
    """
    from ewald.errors import DependencyError
    from workflows.loop.prior import open_prior

    strategy = results.entry.campaign.strategy
    if not strategy.predicts or results.kept(PREDICTED, PREDICTED) is not None:
        return
    try:
        prior = open_prior()
    except DependencyError:
        if strategy.prior:
            raise
        return
    formulas = ["".join(f"{symbol}{count:g}" for symbol, count in amounts_of(one).items()) for one in compositions]
    said = prior.predict(formulas, [one.mobile for one in compositions])
    numbers = {
        PREDICTED: [prediction.log10_sigma_S_cm + _S_TO_MS_DECADES for prediction in said],
        _DECADES: [_decades(prediction) for prediction in said],
        _OUTSIDE: [float(bool(prediction.outside)) for prediction in said],
    }
    for name, values in numbers.items():
        results.keep(name, name, dict(zip((one.id for one in compositions), values, strict=True)))


def _decades(prediction: Prediction) -> float:
    """Return the standard deviation of a prediction; where its interval does not hold, a wide one."""
    return max(prediction.deviation, _OUTSIDE_DECADES) if prediction.outside else prediction.deviation
