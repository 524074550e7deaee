"""What the filters lose: a random few of the rejected go on, and short MD is compared with long MD.

A funnel that only ever follows what it kept cannot know what it threw away. The audit follows a random share of the
rejected to the end, so that the recall of every filter is measured and not assumed.
"""

import hashlib
from collections.abc import Iterable

import numpy as np
from scipy import stats

from screening.conductivity import Estimate
from screening.decision import Decision, Stage, Verdict
from screening.ranking import latest_decisions
from screening.record import CampaignRecord
from screening.value import Value


class FilterRecall(Value):
    """What the audit says about one filter.

    Attributes
    ----------
    rejected, audited
        Candidates the filter rejected, and how many of them were followed all the same.
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
    spearman
        Rank correlation of the conductivities; None for fewer than three candidates or equal values.
    confusion
        Number of candidates by (short verdict, long verdict), as "pass/fail".
    false_negative_rate
        Share of those that pass the long MD which the short MD failed; None when none passed.
    """

    candidates: int
    spearman: float | None
    confusion: dict[str, int]
    false_negative_rate: float | None


def is_audited(subject: str, stage: Stage, fraction: float, seed: int) -> bool:
    """Decide by lot whether a rejected candidate goes on.

    The lot depends only on the arguments, so that repeated or resumed work draws the same.

    Examples
    --------
    >>> is_audited("x", Stage.HULL, 0.0, 1), is_audited("x", Stage.HULL, 1.0, 1)
    (False, True)
    """
    digest = hashlib.sha256(f"{seed}/{stage.value}/{subject}".encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2**64 < fraction


def audited_of(rejected: Iterable[str], stage: Stage, fraction: float, seed: int) -> tuple[str, ...]:
    """Return the rejected subjects that go on."""
    return tuple(subject for subject in rejected if is_audited(subject, stage, fraction, seed))


def filter_recall(record: CampaignRecord) -> tuple[FilterRecall, ...]:
    """Measure every filter that rejected something (Ewald, relaxation, hull, short MD)."""
    decided = latest_decisions(record)
    return tuple(
        _recall(stage, decided)
        for stage in (Stage.EWALD, Stage.RELAX, Stage.HULL, Stage.SHORT_MD)
        if any(stage in stages and _rejected(stages[stage]) for stages in decided.values())
    )


def _rejected(decision: Decision) -> bool:
    return decision.verdict is Verdict.FAIL and not (decision.stage is Stage.EWALD and decision.stood_for_by)


def _recall(stage: Stage, decided: dict[str, dict[Stage, Decision]]) -> FilterRecall:
    # A crystal that another candidate is as well is not lost: that one is followed in its place.
    counted = [s for s in decided.values() if Stage.EWALD not in s or s[Stage.EWALD].stood_for_by is None]
    rejected = [s for s in counted if stage in s and s[stage].verdict is Verdict.FAIL]
    kept = [s for s in counted if stage not in s or s[stage].verdict is not Verdict.FAIL]
    followed = [s for s in rejected if s[stage].audited]
    ends = [_end(s) for s in followed]
    known = [end for end in ends if end in {Verdict.PASS, Verdict.FAIL}]
    lost = sum(end is Verdict.PASS for end in known)
    passed = sum(_end(s) is Verdict.PASS and not _audited_elsewhere(s) for s in kept)
    recall = None
    if known and passed + lost > 0:
        # Jeffreys' posterior of the share of good ones among the rejected, scaled to all that were rejected.
        share = stats.beta(lost + 0.5, len(known) - lost + 0.5)
        low, high = (passed / (passed + float(share.ppf(p)) * len(rejected)) for p in (0.975, 0.025))
        recall = Estimate(mean=passed / (passed + lost / len(known) * len(rejected)), low95=low, high95=high)
    return FilterRecall(
        stage=stage,
        rejected=len(rejected),
        audited=len(followed),
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
    """Compare the short diagnosis with the long MD."""
    both = [
        (stages[Stage.SHORT_MD], stages[Stage.LONG_MD])
        for stages in latest_decisions(record).values()
        if Stage.SHORT_MD in stages and Stage.LONG_MD in stages
    ]
    confusion: dict[str, int] = {}
    for short, long in both:
        key = f"{short.verdict.value}/{long.verdict.value}"
        confusion[key] = confusion.get(key, 0) + 1
    good = [short for short, long in both if long.verdict is Verdict.PASS]
    missed = sum(short.verdict is Verdict.FAIL for short in good)
    pairs = np.array([(a.value, b.value) for a, b in both if a.value is not None and b.value is not None])
    spearman = None
    if len(pairs) >= 3 and np.ptp(pairs[:, 0]) > 0 and np.ptp(pairs[:, 1]) > 0:
        spearman = float(stats.spearmanr(pairs[:, 0], pairs[:, 1]).statistic)
    return ShortAgainstLong(
        candidates=len(both),
        spearman=spearman,
        confusion=confusion,
        false_negative_rate=missed / len(good) if good else None,
    )
