import pytest

from screening.decision import Verdict
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
