"""Recall of the filters, and short MD against long MD.

The audit continues a random share of the rejected candidates to the end, so that the share of good conductors that
every filter keeps is measured and not assumed.
"""

import scipy

from ewald.numbers import estimate
from screening.campaign.campaign import Campaign
from screening.decision import Decision, Stage, Verdict
from screening.estimated import Estimate
from screening.rank_correlation import rank_correlation
from screening.record.ledger import latest_decisions
from screening.record.record import CampaignRecord
from screening.value import Value, content_hash

LEAST_PAIRS = 8
"""Pairs below which a rank correlation is not given: of three candidates a third of all orders give +-1 by chance."""


class FilterRecall(Value):
    """What the audit says about one filter.

    Attributes
    ----------
    stage
        The filter.
    rejected, audited
        Candidates the filter rejected, and how many of them were continued despite rejection.
    decided
        Audited ones whose conductivity was decided in the end.
    lost
        Of those, how many passed there: good conductors that the filter would have lost.
    passed
        Candidates that the filter kept and that passed in the end.
    recall
        Share of all good conductors that the filter keeps, with its 95 % interval; None without audited candidates.
    """

    stage: Stage
    rejected: int
    audited: int
    decided: int
    lost: int
    passed: int
    recall: Estimate | None


class ShortAgainstLong(Value):
    """Short against long MD, over all candidates that have both.

    Attributes
    ----------
    candidates
        Number of candidates with both conductivities.
    pairs
        (candidate, conductivity judged after short MD, after long MD), in mS/cm.
    spearman
        Rank correlation of the conductivities; None for fewer than eight candidates or equal values.
    confusion
        Number of candidates by (short verdict, long verdict), as "pass/fail".
    false_negative_rate
        Share of those that pass the long MD which the short MD failed, among the candidates that have both; None when
        none passed. Known only through audits, see :func:`filter_recall` for all that were rejected.
    """

    candidates: int
    pairs: tuple[tuple[str, float, float], ...]
    spearman: float | None
    confusion: dict[str, int]
    false_negative_rate: float | None


def audited(decision: Decision, campaign: Campaign) -> Decision:
    """Return the decision, marked when a rejected candidate is drawn at random to be continued.

    The draw depends on the campaign's seed, the stage and the candidate alone, so that it is the same again after a
    crash and on any number of workers.
    """
    if decision.verdict is not Verdict.FAIL:
        return decision
    drawn = int(content_hash("audit", campaign.seed, str(decision.stage), decision.subject)[:13], 16) / 16**13
    return decision.model_copy(update={"audited": True}) if drawn < campaign.audit.fraction else decision


def filter_recall(record: CampaignRecord) -> tuple[FilterRecall, ...]:
    """Measure every filter that rejected something (Ewald, relaxation, hull, short MD).

    Parameters
    ----------
    record
        Record of the campaign, see :func:`read_record`.
    """
    decided = latest_decisions(record.decisions)
    return tuple(
        _recall(stage, decided)
        for stage in (Stage.EWALD, Stage.RELAX, Stage.HULL, Stage.SHORT_MD)
        if any(stage in stages and _rejected(stages[stage]) for stages in decided.values())
    )


def recall_sentence(found: FilterRecall) -> str:
    """Say in one sentence what is known of the recall of a filter.

    Examples
    --------
    >>> recall_sentence(FilterRecall(
    ...     stage=Stage.HULL, rejected=20, audited=0, decided=0, lost=0, passed=4, recall=None,
    ... ))
    'Hull rejected 20; none of them was continued, so its recall is unknown (set audit.fraction to measure it)'
    """
    start = f"{found.stage.heading} rejected {found.rejected}"
    if not found.audited:
        return f"{start}; none of them was continued, so its recall is unknown (set audit.fraction to measure it)"
    start += f"; {found.audited} of them continued, {found.decided} decided, {found.lost} good conductors"
    if found.recall is None:
        return f"{start}: too few to estimate its recall"
    return f"{start}: it keeps {estimate(found.recall)} of the good conductors"


def _rejected(decision: Decision) -> bool:
    """Whether a filter rejected a candidate: not where it is a copy of another one, or its MD was spared by another."""
    spared = decision.stage in (Stage.EWALD, Stage.SHORT_MD) and decision.superseded_by is not None
    return decision.verdict is Verdict.FAIL and not spared


def _recall(stage: Stage, decided: dict[str, dict[Stage, Decision]]) -> FilterRecall:
    # A crystal that another candidate is as well is not lost: that one is continued in its place.
    counted = [s for s in decided.values() if Stage.EWALD not in s or s[Stage.EWALD].superseded_by is None]
    rejected = [s for s in counted if stage in s and _rejected(s[stage])]
    kept = [s for s in counted if stage not in s or s[stage].verdict is not Verdict.FAIL]
    continued = [s for s in rejected if s[stage].audited]
    ends = [_end(s) for s in continued]
    known = [end for end in ends if end in {Verdict.PASS, Verdict.FAIL}]
    lost = sum(end is Verdict.PASS for end in known)
    passed = sum(_end(s) is Verdict.PASS and not _audited_elsewhere(s) for s in kept)
    recall = None
    if known and passed + lost > 0:
        # Jeffreys' posterior of the share of good ones among the rejected, scaled to all that were rejected.
        shares = scipy.special.betaincinv(lost + 0.5, len(known) - lost + 0.5, [0.975, 0.025])
        low, high = (passed / (passed + float(share) * len(rejected)) for share in shares)
        recall = Estimate(mean=passed / (passed + lost / len(known) * len(rejected)), low95=low, high95=high)
    return FilterRecall(
        stage=stage,
        rejected=len(rejected),
        audited=len(continued),
        decided=len(known),
        lost=lost,
        passed=passed,
        recall=recall,
    )


def _end(stages: dict[Stage, Decision]) -> Verdict | None:
    """Return the verdict on the conductivity from the longest MD there is."""
    for stage in (Stage.LONG_MD, Stage.SHORT_MD):
        if stage in stages:
            return stages[stage].verdict
    return None


def _audited_elsewhere(stages: dict[Stage, Decision]) -> bool:
    return any(decision.audited for decision in stages.values())


def short_against_long(record: CampaignRecord) -> ShortAgainstLong:
    """Compare the short diagnosis with the long MD.

    Parameters
    ----------
    record
        Record of the campaign, see :func:`read_record`.
    """
    both = [
        (stages[Stage.SHORT_MD], stages[Stage.LONG_MD])
        for stages in latest_decisions(record.decisions).values()
        if Stage.SHORT_MD in stages and Stage.LONG_MD in stages
    ]
    confusion: dict[str, int] = {}
    for short, long in both:
        key = f"{short.verdict.value}/{long.verdict.value}"
        confusion[key] = confusion.get(key, 0) + 1
    good = [short for short, long in both if long.verdict is Verdict.PASS]
    missed = sum(short.verdict is Verdict.FAIL for short in good)
    pairs = [(a.subject, a.value, b.value) for a, b in both if a.value is not None and b.value is not None]
    short_values, long_values = [pair[1] for pair in pairs], [pair[2] for pair in pairs]
    spearman = None
    if len(pairs) >= LEAST_PAIRS and len(set(short_values)) > 1 and len(set(long_values)) > 1:
        spearman = rank_correlation(short_values, long_values)
    return ShortAgainstLong(
        candidates=len(both),
        pairs=tuple(pairs),
        spearman=spearman,
        confusion=confusion,
        false_negative_rate=missed / len(good) if good else None,
    )
