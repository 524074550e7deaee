"""Stages are strings with words; a decision survives its journey and an older name."""

import pytest
from pydantic import ValidationError

from screening.decision import CANDIDATE_STAGES, CHECKS, Decision, Stage, Verdict

FIELDS = {
    "campaign": "c", "subject": "a", "stage": "hull", "quantity": "q", "value": 1.0, "unit": "u", "threshold": None,
    "verdict": "pass", "reason": "r", "inputs_hash": "h", "version": "0",
}  # fmt: skip


def test_a_stage_is_its_name():
    assert Stage("short_md") is Stage.SHORT_MD == "short_md"
    assert str(Stage.SHORT_MD) == "short_md"
    assert Stage.SHORT_MD.heading == "Short MD"
    with pytest.raises(ValueError, match="no-such"):
        Stage("no-such")


def test_only_stages_with_a_word_for_passing_decide_about_candidates():
    assert [stage for stage in Stage if stage not in CANDIDATE_STAGES] == [Stage.ENUMERATE, Stage.EWALD, *CHECKS]
    assert all(stage.passed and stage.verdict for stage in CANDIDATE_STAGES)


def test_a_decision_comes_back():
    decision = Decision(**FIELDS, superseded_by="b", warnings=("w",))
    assert Decision.from_document(decision.to_document()) == decision
    assert (decision.stage, decision.verdict) == (Stage.HULL, Verdict.PASS)


def test_the_earlier_name_of_the_one_that_goes_on_is_read():
    assert Decision.from_document({**FIELDS, "stood_for_by": "b"}).superseded_by == "b"


@pytest.mark.parametrize("changes", [{"stage": "x"}, {"verdict": "maybe"}, {"value": "high"}, {"another": 1}])
def test_what_is_none_is_refused(changes):
    with pytest.raises(ValidationError):
        Decision(**(FIELDS | changes))
