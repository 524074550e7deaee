"""Energies that are kept equal those computed from scratch, whatever happened to the campaign in between."""

import pytest

from screening.hull.hull import hull_energies
from tests.screening.hull.phases import phase, references
from workflows.references.campaign_energies import _NAME, _computed, campaign_energies

pytestmark = pytest.mark.mongod

CANDIDATES = {
    item.id: item
    for item in (phase("Na3SbS4", -0.70, "a1"), phase("Na3SbS4", -0.72, "a2"), phase("NaSbS3", -1.2, "b1"))
}
ALL = frozenset(CANDIDATES)


@pytest.fixture
def results(submitted):
    for item in references():
        submitted.put("reference", item.id, "h", item)
    for name, item in CANDIDATES.items():
        submitted.put("relax", name, "h", item)
    for hull in hull_energies(list(CANDIDATES.values()), references()):
        submitted.put("hull", hull.candidate_id, "h", hull)
    return submitted


def _rerun(results):
    results.forget("relax", ["b1"])
    results.put("relax", "b1", "h", phase("NaSbS3", -0.9, "b1"))


def _other_inputs(results):
    results.put("relax", "b1", "h2", phase("NaSbS3", -1.3, "b1"))


def _withdrawn(results):
    results.forget("hull", ["a1"])


def _lost(results):
    results.forget("reference", ["Na2S"])


def _new_phase(results):
    results.put("reference", "Na4S3", "h", phase("Na4S3", -1.4))


@pytest.mark.parametrize("event", [_rerun, _other_inputs, _withdrawn, _lost, _new_phase])
def test_after_every_event_they_are_those_computed_from_scratch(results, event):
    before = campaign_energies(results, ALL)
    assert set(before) == ALL
    event(results)
    after = campaign_energies(results, ALL)
    assert after == _computed(results, ALL)
    assert after != before


def test_a_relaxation_that_no_longer_passes_counts_no_more(results):
    before = campaign_energies(results, ALL)
    after = campaign_energies(results, ALL - {"b1"})
    assert after == _computed(results, ALL - {"b1"})
    assert after["a1"] != before["a1"]


def test_nothing_is_computed_twice(results, launchpad):
    assert campaign_energies(results, ALL)["a1"] > 0
    launchpad.db["ionsieve_derived"].update_one({"name": _NAME}, {"$set": {"values": [1.0, 2.0, 3.0]}})
    assert sorted(campaign_energies(results, ALL).values()) == [1.0, 2.0, 3.0]


def test_they_go_with_their_revision(results, launchpad):
    from workflows.store import Store

    campaign_energies(results, ALL)
    Store(launchpad.db).remove(results.entry)
    assert launchpad.db["ionsieve_derived"].count_documents({}) == 0
