import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pymatgen.core import Lattice, Structure

from screening.arrangements.candidate import Candidate
from screening.campaign import Campaign
from screening.campaign.stages import Audit
from screening.decision import Decision, Stage, Verdict
from screening.hull.result import HullRecord
from screening.record.audit import audited, filter_recall, recall_sentence, short_against_long
from screening.record.ranking import rank, survivors
from screening.record.record import CampaignRecord

CAMPAIGN = Campaign.model_validate(
    {
        "name": "demo",
        "mothers": [{"structure": "Na3PS4_cubic", "mobile": "Na"}],
        "doping": [{"site": "P", "dopants": ["Si4+"]}],
        "engine": {"preset": "toy"},
    }
)
P, F, U = Verdict.PASS, Verdict.FAIL, Verdict.UNDECIDED


def candidate(name):
    structure = Structure(Lattice.cubic(4), ["Na", "S"], [[0, 0, 0], [0.5] * 3])
    return Candidate(
        id=name, composition_id=name[:2], mother="m", formula="NaS", rank=1, ewald_energy_eV=-1.0, multiplicity="1",
        certified=True, structure=structure, mobile="Na",
    )  # fmt: skip


def decision(name, stage, verdict, value=1.0, **changes):
    values = {
        "campaign": "demo", "subject": name, "stage": stage, "quantity": "q", "value": value, "unit": "u",
        "threshold": 1.0, "verdict": verdict, "reason": "r", "inputs_hash": "h", "version": "0",
    }  # fmt: skip
    return Decision(**(values | changes))


def record(*decisions, hulls=()):
    names = dict.fromkeys(line.subject for line in decisions)
    return CampaignRecord(
        campaign=CAMPAIGN, revision="r", version="0", mothers=("m",), compositions=(),
        candidates=tuple(candidate(name) for name in names), relaxed=(), references=(), hulls=tuple(hulls), md=(),
        decisions=decisions,
    )  # fmt: skip


def plain_record(*decisions):
    """Give the decisions alone, without candidates."""
    return record().model_copy(update={"decisions": decisions})


def hull(name, energy):
    return HullRecord(
        candidate_id=name,
        hull_energy_meV_per_atom=energy,
        formation_energy_eV_per_atom=None,
        decomposition={},
        reaction="",
    )


def test_order():
    lines = rank(
        record(
            decision("slow", Stage.SHORT_MD, F, 0.1),
            decision("good", Stage.SHORT_MD, P, 9.0),
            decision("good", Stage.LONG_MD, P, 5.0, low95=4.0, high95=6.0),
            decision("best", Stage.LONG_MD, P, 8.0),
            decision("open", Stage.LONG_MD, U, 50.0),
            decision("unstable", Stage.HULL, F, 300.0),
            decision("audited", Stage.HULL, F, 300.0, audited=True),
            decision("audited", Stage.LONG_MD, P, 99.0),
            hulls=[hull("best", 12.0)],
        )
    )
    assert [line.candidate_id for line in lines] == ["best", "good", "open", "slow", "unstable", "audited"]
    assert [line.rank for line in lines] == [1, 2, 3, 4, 5, 6]
    assert lines[0].hull_energy_meV_per_atom == 12.0
    assert lines[1].sigma_mS_cm.low95 == 4.0
    assert lines[4].sigma_mS_cm is None


def test_survivors_leave_the_audited_out():
    found = survivors(
        record(
            decision("a", Stage.LONG_MD, P),
            decision("b", Stage.HULL, F, audited=True),
            decision("b", Stage.LONG_MD, P),
            decision("c", Stage.LONG_MD, U),
        )
    )
    assert [line.candidate_id for line in found] == ["a"]


def test_ties_are_broken_by_hull_and_name():
    decisions = [decision(name, Stage.LONG_MD, P, 5.0) for name in ("b", "a", "c")]
    lines = rank(record(*decisions, hulls=[hull("b", 50.0), hull("a", 50.0), hull("c", 10.0)]))
    assert [line.candidate_id for line in lines] == ["c", "a", "b"]


def test_a_later_decision_replaces_an_earlier_one():
    (line,) = rank(record(decision("a", Stage.LONG_MD, U, 2.0), decision("a", Stage.LONG_MD, P, 3.0)))
    assert line.verdict is P
    assert line.sigma_mS_cm.mean == 3.0


def test_warnings_are_gathered_once():
    lines = rank(
        record(decision("a", Stage.HULL, P, warnings=("w1",)), decision("a", Stage.LONG_MD, P, warnings=("w2", "w1")))
    )
    assert lines[0].warnings == ("w1", "w2")


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
    # Ranks 1 2 3 4 5 against 2 3 4 1 5: 1 - 6 * 12 / 120.
    assert found.spearman == pytest.approx(0.4)


def test_short_against_long_of_nothing():
    found = short_against_long(record(decision("f", Stage.SHORT_MD, F)))
    assert (found.candidates, found.spearman, found.false_negative_rate) == (0, None, None)
