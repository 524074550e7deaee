"""The MD of a composition's arrangements in turn: after each verdict, the next one begins or the others are spared."""

from fireworks import Workflow

from screening.decision import Decision, Stage, Verdict
from screening.hull.turns import spared_decision, whose_turn
from workflows.builders.md import md_start
from workflows.firetasks.stage_task import StageContext
from workflows.launchpad.queries import fireworks_of
from workflows.store.results import CampaignResults


def next_in_turn(context: StageContext) -> list[Workflow]:
    """Return the first MD of the arrangement whose turn it is, unless it is there already; note those that are spared.

    Safe to call again after any crash: it looks at verdicts and Fireworks only. Nothing where all begin together.
    """
    campaign, results = context.entry.campaign, context.campaign_results
    if not campaign.hull.in_turn:
        return []
    sent_on = _sent_on(context)
    order = [decision.subject for decision in sent_on]
    ends = {name: end for name in order if (end := _end(results, name)) is not None}
    turn = whose_turn(order, ends, _begun(context, order))
    if turn.passed is not None:
        passed = results.decision(str(Stage.LONG_MD), turn.passed)
        for decision in sent_on:
            if decision.subject in turn.spared and passed is not None:
                results.decide(spared_decision(decision, passed))
    if turn.begins is None:
        return []
    found = results.decision(str(Stage.SHORT_MD), turn.begins)
    if found is not None and found.superseded_by is not None:
        # The arrangement that answered for the composition does so no longer.
        results.withdraw(turn.begins, [str(Stage.SHORT_MD)])
    return context.missing([md_start(context.spec, "short_md", turn.begins, campaign.short_md)])


def _sent_on(context: StageContext) -> list[Decision]:
    """Return the hull's decisions about the arrangements that take turns, lowest first; audit samples are none."""
    candidates = context.candidates_of(context.spec.composition)
    found = [context.campaign_results.decision(str(Stage.HULL), candidate.id) for candidate in candidates]
    kept = [decision for decision in found if decision is not None and decision.verdict is not Verdict.FAIL]
    return sorted(kept, key=lambda decision: (decision.value or 0.0, decision.subject))


def _end(results: CampaignResults, name: str) -> Verdict | None:
    """Return the final verdict of an arrangement's MD; None before there is one, and where it was spared."""
    long, short = (results.decision(str(stage), name) for stage in (Stage.LONG_MD, Stage.SHORT_MD))
    if short is None or short.superseded_by is not None:
        return None
    if short.verdict is Verdict.FAIL:
        return Verdict.FAIL
    if results.failures(stage=str(Stage.SHORT_MD), subject=name):
        return Verdict.UNDECIDED
    return None if long is None else long.verdict


def _begun(context: StageContext, names: list[str]) -> list[str]:
    if context.launchpad is None:
        return names
    work = fireworks_of(context.entry, stage=str(Stage.SHORT_MD), subject={"$in": names})
    return list(context.launchpad.fireworks.distinct("spec.subject", work))
