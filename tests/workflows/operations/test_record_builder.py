import pytest

from screening.decision import Verdict
from screening.record.funnel import count_funnel
from screening.report.sections.survivors import survivors_table
from tests.campaign_record import make_record
from workflows.operations.record_builder import build_record

pytestmark = pytest.mark.mongod


@pytest.fixture
def made():
    return make_record()


def test_a_new_campaign_shows_its_plan_and_nothing_else(submitted):
    record = build_record(submitted)
    assert [c.id for c in record.compositions] == ["Na3SbS4-W0.5-vac"]
    assert record.compositions[0].method is None
    assert (record.candidates, record.relaxed, record.hulls, record.md) == ((), (), (), ())


def test_candidates_stand_in_the_order_of_their_ranks_however_they_came(submitted, made):
    for candidate in reversed(made.candidates):
        submitted.put("candidate", candidate.id, "h", candidate)
    order = [(c.composition_id, c.rank) for c in build_record(submitted).candidates]
    assert len(order) == len(made.candidates)
    assert order == sorted(order)


@pytest.mark.parametrize(
    ("verdict", "audited", "kept"),
    [
        (Verdict.PASS, False, True),
        (Verdict.UNDECIDED, False, True),
        (Verdict.FAIL, True, True),
        (Verdict.FAIL, False, False),
        (None, False, False),
    ],
)
def test_md_of_what_no_longer_passes_the_hull_is_history(submitted, made, verdict, audited, kept):
    run = made.md[0]
    submitted.put("short_md", run.candidate_id, "h", run)
    if verdict is not None:
        hull = next(d for d in made.decisions if d.stage == "hull" and d.subject == run.candidate_id)
        submitted.decide(hull.model_copy(update={"verdict": verdict, "audited": audited, "campaign": "toy"}))
    assert bool(build_record(submitted).md) == kept


def test_hulls_are_shown_as_decided_while_nothing_sound_is_relaxed(submitted, made):
    hull = made.hulls[0]
    submitted.put("hull", hull.candidate_id, "h", hull)
    assert build_record(submitted).hulls == (hull,)


def test_the_record_of_one_composition_is_its_part_of_the_whole(submitted, made):
    for candidate in made.candidates:
        submitted.put("candidate", candidate.id, "h", candidate)
    for item in made.relaxed:
        submitted.put("relax", item.id, "h", item)
    for hull in made.hulls:
        submitted.put("hull", hull.candidate_id, "h", hull)
    for decision in made.decisions:
        submitted.decide(decision.model_copy(update={"campaign": "toy"}))
    wanted = made.candidates[-1].composition_id
    whole, part = build_record(submitted), build_record(submitted, composition=wanted)
    assert part.decisions == whole.decisions
    assert part.candidates == tuple(c for c in whole.candidates if c.composition_id.startswith(wanted))
    names = {candidate.id for candidate in part.candidates}
    assert 0 < len(names) < len(whole.candidates)
    assert part.hulls == tuple(hull for hull in whole.hulls if hull.candidate_id in names)
    assert part.relaxed == tuple(item for item in whole.relaxed if item.id in names)


def test_the_brief_record_gives_the_funnel_and_ranking_of_the_whole(submitted, made):
    for stage, items in (("candidate", made.candidates), ("relax", made.relaxed)):
        for item in items:
            submitted.put(stage, item.id, "h", item)
    for hull in made.hulls:
        submitted.put("hull", hull.candidate_id, "h", hull)
    for run in made.md:
        submitted.put(str(run.stage), f"{run.candidate_id}@{run.temperature_K:g}K", "h", run)
    for decision in made.decisions:
        submitted.decide(decision.model_copy(update={"campaign": "toy"}))
    whole, brief = (build_record(submitted, campaign_hull=False, brief=brief) for brief in (False, True))
    assert not brief.relaxed
    assert whole.relaxed
    assert survivors_table(brief) == survivors_table(whole)
    assert count_funnel(brief) == count_funnel(whole)
    # Structures are fetched one by one, and are the same.
    assert [each.structure for each in brief.candidates] == [each.structure for each in whole.candidates]
