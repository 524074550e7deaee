"""Which rejected candidates go on all the same, and what that tells of the filters."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from screening.campaign.stages import Audit
from screening.decision import Stage
from screening.record.audit import audited, filter_recall, recall_sentence, short_against_long
from tests.screening.record.decided import CAMPAIGN, F, P, U, decision, plain_record, record


def with_audit(fraction, seed):
    return CAMPAIGN.model_copy(update={"audit": Audit(fraction=fraction), "seed": seed})


def drawn_of(names, stage, fraction, seed):
    campaign = with_audit(fraction, seed)
    return [name for name in names if audited(decision(name, stage, F), campaign).audited]


def test_the_lot_is_fair_and_repeatable():
    names = [f"c{i}" for i in range(4000)]
    drawn = drawn_of(names, Stage.HULL, 0.1, 7)
    assert len(drawn) == pytest.approx(400, abs=70)
    assert drawn == drawn_of(names, Stage.HULL, 0.1, 7)
    assert drawn != drawn_of(names, Stage.HULL, 0.1, 8)
    assert drawn != drawn_of(names, Stage.SHORT_MD, 0.1, 7)
    assert set(drawn) <= set(drawn_of(names, Stage.HULL, 0.2, 7))


@given(st.text(), st.sampled_from(Stage), st.integers(0, 10**6), st.floats(0, 1), st.floats(0, 1))
def test_only_the_rejected_are_drawn_and_more_of_them_the_larger_the_fraction(name, stage, seed, one, other):
    few, many = (with_audit(fraction, seed) for fraction in sorted((one, other)))
    rejected = decision(name, stage, F)
    assert not audited(rejected, with_audit(0.0, seed)).audited
    assert audited(rejected, with_audit(1.0, seed)).audited
    assert audited(rejected, few).audited <= audited(rejected, many).audited
    assert audited(rejected, many) in (rejected, rejected.model_copy(update={"audited": True}))
    for verdict in (P, U):
        assert audited(decision(name, stage, verdict), with_audit(1.0, seed)) == decision(name, stage, verdict)


def test_recall_of_a_filter_by_hand():
    lines = [decision(f"kept{i}", Stage.HULL, P) for i in range(6)]
    lines += [decision(f"kept{i}", Stage.LONG_MD, P if i < 4 else F) for i in range(6)]
    lines += [decision(f"out{i}", Stage.HULL, F, audited=i < 5) for i in range(20)]
    lines += [decision(f"out{i}", Stage.LONG_MD, P if i == 0 else F) for i in range(5)]
    (found,) = filter_recall(record(*lines))
    assert (found.stage, found.rejected, found.audited, found.decided, found.lost, found.passed) == (
        Stage.HULL, 20, 5, 5, 1, 4,
    )  # fmt: skip
    # One of five followed is good, so four of the twenty rejected: recall 4 / (4 + 4).
    assert found.recall.mean == pytest.approx(0.5)
    assert found.recall.low95 < 0.5 < found.recall.high95
    assert "Hull rejected 20; 5 of them continued, 5 decided, 1 good" in recall_sentence(found)
    assert "it keeps 0.5 (" in recall_sentence(found)


FILTERS = [Stage.EWALD, Stage.RELAX, Stage.HULL, Stage.SHORT_MD]


@pytest.mark.parametrize("stage", FILTERS)
def test_every_filter_is_measured(stage):
    lines = [decision(f"kept{i}", stage, P) for i in range(3)]
    lines += [decision(f"out{i}", stage, F, audited=i < 2) for i in range(6)]
    lines += [decision(name, Stage.LONG_MD, P) for name in ("kept0", "kept1", "kept2", "out0")]
    lines += [decision("out1", Stage.LONG_MD, F)]
    (found,) = filter_recall(record(*lines))
    assert (found.stage, found.rejected, found.audited, found.lost, found.passed) == (stage, 6, 2, 1, 3)
    # One of two followed is good, so three of the six rejected: recall 3 / (3 + 3).
    assert found.recall.mean == pytest.approx(0.5)


@pytest.mark.parametrize("stage", FILTERS)
def test_the_interval_of_the_recall_covers_the_truth(stage):
    rng = np.random.default_rng(FILTERS.index(stage))
    campaign = with_audit(0.3, 1)
    covered = 0
    for repeat in range(40):
        good = rng.random(300) < 0.3
        kept = rng.random(300) < np.where(good, 0.8, 0.2)
        lines = []
        for i in range(300):
            name = f"r{repeat}c{i}"
            lines.append(audited(decision(name, stage, P if kept[i] else F), campaign))
            if kept[i] or lines[-1].audited:
                lines.append(decision(name, Stage.LONG_MD, P if good[i] else F))
        (found,) = filter_recall(plain_record(*lines))
        truth = float((good & kept).sum() / good.sum())
        covered += found.recall.low95 <= truth <= found.recall.high95
    assert covered >= 34


def test_recall_without_an_audit_is_unknown():
    (found,) = filter_recall(record(decision("a", Stage.HULL, F), decision("b", Stage.LONG_MD, P)))
    assert found.recall is None
    assert "rejected 1; none of them was continued" in recall_sentence(found)


def test_short_against_long_by_hand():
    pairs = {"a": (1, P, 10, P), "b": (2, P, 20, F), "c": (3, F, 30, P), "d": (4, F, 5, F), "e": (5, U, 50, P)}
    lines = []
    for name, (short, short_verdict, long, long_verdict) in pairs.items():
        lines += [
            decision(name, Stage.SHORT_MD, short_verdict, short),
            decision(name, Stage.LONG_MD, long_verdict, long),
        ]
    found = short_against_long(record(*lines, decision("f", Stage.SHORT_MD, F)))
    assert found.candidates == 5
    assert found.confusion == {"pass/pass": 1, "pass/fail": 1, "fail/pass": 1, "fail/fail": 1, "undecided/pass": 1}
    assert found.false_negative_rate == pytest.approx(1 / 3)
    assert found.spearman is None


@pytest.mark.parametrize("number", [7, 8])
def test_a_rank_correlation_needs_eight_pairs(number):
    # Long values are the short ones with the last two exchanged: 1 - 6 * 2 / (n (n^2 - 1)).
    order = [*range(1, number - 1), number, number - 1]
    lines = []
    for rank, long in enumerate(order, start=1):
        lines += [decision(f"c{rank}", Stage.SHORT_MD, P, rank), decision(f"c{rank}", Stage.LONG_MD, P, long)]
    found = short_against_long(record(*lines))
    assert found.spearman == (None if number < 8 else pytest.approx(1 - 12 / (number * (number**2 - 1))))


def test_short_against_long_of_nothing():
    found = short_against_long(record(decision("f", Stage.SHORT_MD, F)))
    assert (found.candidates, found.spearman, found.false_negative_rate) == (0, None, None)
