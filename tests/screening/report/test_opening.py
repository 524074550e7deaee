"""The first paragraph."""

from screening.decision import Stage, Verdict
from screening.record.history import histories
from screening.report.opening import chosen_first, how_sure, not_tried, opening, what_would_change
from tests.campaign_record import make_record

RECORD = make_record()


def test_it_names_what_passed_and_how_likely_it_is():
    chosen = chosen_first(RECORD)
    assert chosen.verdict(Stage.LONG_MD) is Verdict.PASS
    said = how_sure(RECORD, chosen)
    assert "95 %" in said
    assert "at 500, 600, 700 K, extrapolated to 300 K" in said
    assert "not an error of the potential" in said
    assert "not checked with a better engine" in what_would_change(RECORD, chosen)


def test_what_was_not_tried_is_counted():
    said = not_tried(RECORD)
    assert f"{len(RECORD.relaxed)} were relaxed" in said
    assert "Not screened yet: 1 of 12 compositions" in said
    assert "the relaxation and the hull rejected is unknown: no rejected candidate was continued" in said
    assert said.startswith("Only ")


def test_the_share_of_an_unfinished_audit_is_no_change():
    audit = RECORD.campaign.audit.model_copy(update={"fraction": 0.1})
    campaign = RECORD.campaign.model_copy(update={"audit": audit})
    assert "an audit of 10 % has not finished" in not_tried(RECORD.model_copy(update={"campaign": campaign}))


def test_one_temperature_is_said():
    one = tuple(run for run in RECORD.md if run.temperature_K == 600.0)
    assert "one temperature only" in not_tried(RECORD.model_copy(update={"md": one}))


def test_a_doubtful_comparison_is_what_would_change_it_and_turned_groups_are_not():
    chosen = chosen_first(RECORD)
    turned = chosen.decided(Stage.LONG_MD)[-1].model_copy(update={"warnings": ("anions moved: groups rotated",)})
    doubt = turned.model_copy(update={"stage": Stage.VALIDATION, "verdict": Verdict.UNDECIDED})
    others = tuple(d for d in RECORD.decisions if (d.subject, d.stage) != (chosen.id, Stage.LONG_MD))
    plain = RECORD.model_copy(update={"decisions": (*others, turned)})
    assert "groups rotated" not in what_would_change(plain, chosen_first(plain))
    doubt = doubt.model_copy(update={"reason": "fast against good: doubtful: forces on Na differ by 0.2 eV/A"})
    compared = RECORD.model_copy(update={"decisions": (*RECORD.decisions, doubt)})
    assert what_would_change(compared, histories(compared)[chosen.id]).startswith(
        "MD with good may change it: compared with that engine, with fast the forces on Na differ by 0.2 eV/A."
    )


def test_an_undecided_first_candidate_is_not_called_likely_without_saying_so():
    undecided = [
        d.model_copy(update={"verdict": Verdict.UNDECIDED}) if d.stage is Stage.LONG_MD else d for d in RECORD.decisions
    ]
    record = RECORD.model_copy(update={"decisions": tuple(undecided)})
    said = str(opening(record))
    assert "No candidate to recommend yet" in said
    assert "its runs are too short for a verdict" in said


def test_a_campaign_that_has_just_begun_has_an_opening_too():
    empty = RECORD.model_copy(update={"candidates": (), "decisions": (), "hulls": (), "relaxed": (), "md": ()})
    assert "Nothing is decided yet" in str(opening(empty))
    assert not histories(empty)
