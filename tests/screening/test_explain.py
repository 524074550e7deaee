import pytest

from screening.decision import Stage
from screening.dossier import dossiers
from screening.explain import UnknownCandidateError, explain
from tests.campaign_record import make_record

RECORD = make_record()


def test_the_story_follows_the_funnel():
    found = next(d for d in dossiers(RECORD).values() if d.reached() is Stage.LONG_MD)
    story = explain(RECORD, found.id)
    places = [story.index(title) for title in ("Ewald screen", "Relaxation", "Hull", "Short MD", "Long MD")]
    assert places == sorted(places)
    for decision in found.decisions:
        assert decision.reason in story
        assert decision.inputs_hash in story
    for run in found.md:
        assert all(name in story for name in run.trajectory_files)
    assert "toy 1.0" in story
    assert "threshold 1 mS/cm" in story
    assert "IonSieve 0.1.0" in story


def test_a_candidate_that_failed_says_where():
    failed = next(d for d in dossiers(RECORD).values() if d.failed_at() is Stage.HULL)
    assert "Ended at stage hull." in explain(RECORD, failed.id)


def test_every_candidate_and_composition_has_a_story():
    for candidate in RECORD.candidates:
        assert explain(RECORD, candidate.id).startswith(candidate.id)
    for composition in RECORD.compositions:
        assert composition.id in explain(RECORD, composition.id)


def test_a_misspelt_name_brings_suggestions():
    with pytest.raises(UnknownCandidateError, match="Na3PS4_W1-8_a1"):
        explain(RECORD, "Na3PS4_W1-8_a11")
