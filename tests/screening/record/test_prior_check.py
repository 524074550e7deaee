import numpy as np
import pytest
from scipy.stats import spearmanr

from screening.arrangements.candidate import composition_of
from screening.choice import ChoiceRecord, Expectation, Outlook
from screening.decision import Stage, Verdict
from screening.record import explain_candidate, prior_checks, prior_scores, prior_sentence, read_record, write_record
from screening.record.prior_check import not_computed_lines, predictions_of
from screening.report.opening import not_tried
from tests.campaign_record import make_record

RECORD = make_record()


def predicted(shift=0.0, decades=1.0, **choice):
    """The record with predictions that are off by as much from every conductivity found."""
    found = {}
    for stage in (Stage.SHORT_MD, Stage.LONG_MD):
        for decision in RECORD.decisions:
            if decision.stage is stage and decision.value and decision.verdict is not Verdict.UNDECIDED:
                found.setdefault(composition_of(decision.subject), {}).setdefault(stage, []).append(decision.value)
    truth = {name: np.log10(max(stages.get(Stage.LONG_MD) or stages[Stage.SHORT_MD])) for name, stages in found.items()}
    expected = tuple(
        Expectation(composition=name, log10_mS_cm=value + shift, decades=decades) for name, value in truth.items()
    )
    return RECORD.model_copy(update={"choice": ChoiceRecord(method="ptr", expected=expected, **choice)}), truth


def checks_of(record):
    return prior_checks(predictions_of(record), record.decisions)


def sentence_of(record):
    return prior_sentence(predictions_of(record), record.decisions)


def outlook(name, hull=0.5, sigma=0.4):
    return Outlook(id=name, stage=Stage.ENUMERATE, probability_hull=hull, probability_sigma=sigma, core_hours=10.0,
                   gain=0.02, score=0.02)  # fmt: skip


def test_the_last_stage_and_the_fastest_candidate_are_what_was_found():
    record, truth = predicted()
    checks = {check.expected.composition: check for check in checks_of(record)}
    assert truth
    assert {name: check.log10_mS_cm for name, check in checks.items()} == pytest.approx(truth)


@pytest.mark.parametrize(("shift", "held"), [(0.5, True), (3.0, False)])
def test_scores_are_those_of_a_plain_recount(shift, held):
    record, truth = predicted(shift)
    checks = checks_of(record)
    found = prior_scores(checks)
    values = [check.expected.log10_mS_cm for check in checks]
    errors = [abs(value - truth[check.expected.composition]) for value, check in zip(values, checks, strict=True)]
    assert found.mae == pytest.approx(np.mean(errors))
    assert found.held90 == pytest.approx(np.mean([check.held for check in checks]))
    assert all(check.held is held for check in checks)
    expected = spearmanr(values, [check.log10_mS_cm for check in checks]).statistic
    assert found.spearman == pytest.approx(expected)


def test_a_bound_is_held_unless_all_of_the_interval_is_above_it():
    record, truth = predicted(decades=0.3)
    name = next(iter(truth))
    bounded = [
        d.model_copy(update={"value": None, "high95": 10 ** (truth[name] - 1), "bound": "no hop", "verdict": "fail"})
        if composition_of(d.subject) == name and d.unit == "mS/cm" else d
        for d in record.decisions
    ]  # fmt: skip
    checks = checks_of(record.model_copy(update={"decisions": tuple(bounded)}))
    (check,) = [check for check in checks if check.expected.composition == name]
    assert not check.held
    wide = check.expected.model_copy(update={"decades": 2.0})
    assert wide.low90 < check.log10_mS_cm < wide.high90


def test_nothing_is_said_where_nothing_was_predicted():
    assert checks_of(RECORD) == ()
    assert sentence_of(RECORD) == ""
    undecided = predicted()[0].model_copy(update={"decisions": ()})
    assert prior_scores(checks_of(undecided)) is None
    assert "none yet with an MD verdict" in sentence_of(undecided)


def test_what_was_left_is_counted_with_its_chances(tmp_path):
    record, truth = predicted(over="the budget of 3 core hours is spent", not_begun=(outlook("left-over"),))
    assert next(not_computed_lines(record)).endswith("1 composition not started and 0 not finished.")
    assert "About 0.2 conductors" in not_tried(record)
    assert f"{len(truth)} compositions with a prediction" in sentence_of(record)
    assert read_record(write_record(record, tmp_path / "record.json")) == record


def test_explain_tells_what_was_predicted_found_and_left():
    name = RECORD.compositions[0].id
    record, truth = predicted(over="the budget of 3 core hours is spent", unfinished=(outlook(name),))
    said = explain_candidate(record, name)
    assert "predicted from the composition" in said
    assert ("within the interval" in said) == (name in truth)
    assert "open (the budget of 3 core hours is spent): 20 % to be a conductor" in said
    candidate = next(c for c in RECORD.candidates if c.composition_id == name)
    assert "Prediction and choice\n  predicted from" in explain_candidate(record, candidate.id)
