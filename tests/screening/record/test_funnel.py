from screening.decision import Stage
from screening.record.funnel import count_funnel
from screening.report.page import report_page
from screening.report.sections.rejections import NOT_LOWEST, group_rejections
from tests.campaign_record import make_record

RECORD = make_record()


def test_counts_equal_a_plain_count_of_the_decisions():
    funnel = count_funnel(RECORD)
    ids = {candidate.id for candidate in RECORD.candidates}
    for step in funnel.steps:
        verdicts = [d.verdict for d in RECORD.decisions if d.stage is step.stage and d.subject in ids]
        assert step.passed == verdicts.count("pass")
        assert step.failed == verdicts.count("fail")
        assert step.undecided == verdicts.count("undecided")
        assert step.entered == len(verdicts) + step.waiting
    assert funnel.configurations == sum(int(c.configurations) for c in RECORD.compositions)
    assert funnel.compositions == 12


def test_those_whose_composition_another_arrangement_stands_for_are_counted():
    hull = next(step for step in count_funnel(RECORD).steps if step.stage is Stage.HULL)
    ran = {run.candidate_id for run in RECORD.md}
    passed = {d.subject for d in RECORD.decisions if d.stage is Stage.HULL and d.verdict == "pass"}
    compositions = {name.rsplit("_a", 1)[0] for name in ran}
    assert hull.spared == sum(name.rsplit("_a", 1)[0] in compositions for name in passed - ran)


def outranked_record():
    """The made-up record, with one arrangement that met the threshold of the hull but was not the lowest."""
    loser = next(d for d in RECORD.decisions if d.stage is Stage.HULL and d.verdict == "fail")
    changed = loser.model_copy(update={"superseded_by": "another_a1", "reason": f"{loser.reason}; another_a1 is lower"})
    return RECORD.model_copy(
        update={"decisions": tuple(changed if d is loser else d for d in RECORD.decisions)}
    ), changed


def test_those_that_are_not_the_lowest_of_their_composition_are_not_counted_as_rejected():
    record, _ = outranked_record()
    before, after = (next(step for step in count_funnel(r).steps if step.stage is Stage.HULL) for r in (RECORD, record))
    assert (after.failed, after.outranked) == (before.failed - 1, before.outranked + 1)
    assert after.entered == after.passed + after.failed + after.outranked + after.undecided + after.waiting


def test_rejections_tell_them_apart():
    record, changed = outranked_record()
    groups = group_rejections(record)
    assert groups[Stage.HULL, "hull_energy", NOT_LOWEST] == (changed,)
    page = report_page(record)
    assert "= 1 not the lowest" in page
    assert NOT_LOWEST in page


def test_an_empty_campaign_has_an_empty_funnel():
    empty = RECORD.model_copy(
        update={"compositions": (), "candidates": (), "relaxed": (), "hulls": (), "md": (), "decisions": ()}
    )
    funnel = count_funnel(empty)
    assert funnel.survivors == 0
    assert all(step.entered == 0 for step in funnel.steps)
