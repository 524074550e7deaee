import math

import pytest

from screening.choice.known import Known, known_of
from screening.decision import Decision, Stage, Verdict


def decision(subject, stage, verdict, value=None, high95=None, *, unit="mS/cm", **more):
    return Decision(
        campaign="c", subject=subject, stage=stage, quantity="q", value=value, low95=None, high95=high95, unit=unit,
        threshold=1.0, verdict=verdict, reason="", inputs_hash="", version="0", **more,
    )  # fmt: skip


def known(*decisions):
    return known_of(decisions, {one.subject: "A" for one in decisions}).get("A")


def hull(subject, verdict, value):
    return decision(subject, Stage.HULL, verdict, value, unit="meV/atom")


def test_a_composition_near_the_hull_is_open():
    found = known(hull("A_a1", Verdict.PASS, 20.0), hull("A_a2", Verdict.FAIL, 45.0))
    assert found == Known(20.0, stage=Stage.HULL, passed=None)


def test_one_of_which_no_arrangement_is_near_the_hull_has_failed():
    assert known(hull("A_a1", Verdict.FAIL, 120.0)).passed is False


def test_the_latest_conductivity_counts():
    found = known(
        hull("A_a1", Verdict.PASS, 20.0),
        decision("A_a1", Stage.SHORT_MD, Verdict.PASS, 3.0, 30.0),
        decision("A_a1", Stage.LONG_MD, Verdict.PASS, 10.0, 20.0),
    )
    assert (found.stage, found.passed, found.log10_mS_cm) == (Stage.LONG_MD, True, 1.0)
    assert found.decades == pytest.approx(math.log10(2) / 1.96)


def test_what_long_md_cannot_decide_stays_open_and_a_slow_one_has_failed():
    near = hull("A_a1", Verdict.PASS, 20.0)
    assert known(near, decision("A_a1", Stage.LONG_MD, Verdict.UNDECIDED, 1.0, 3.0)).passed is None
    assert known(near, decision("A_a1", Stage.SHORT_MD, Verdict.FAIL, 0.01, 0.02)).passed is False


def test_a_bound_stays_one_and_a_value_of_another_arrangement_counts_before_it():
    bound = decision("A_a1", Stage.SHORT_MD, Verdict.FAIL, None, 0.1, bound="no hop")
    assert known(bound).log10_mS_cm == pytest.approx(-1.0)
    assert known(bound).bound
    found = known(bound, decision("A_a2", Stage.SHORT_MD, Verdict.FAIL, 0.01, 0.02))
    assert (found.log10_mS_cm, found.bound) == (-2.0, False)


def test_decisions_before_there_are_candidates_say_nothing():
    assert known_of([decision("Sb5+", Stage.ENUMERATE, Verdict.FAIL)], {}) == {}
