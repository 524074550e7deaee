from types import SimpleNamespace

import pytest

from workflows.launchpad.queries import fireworks_of, locked_workflows_of, unfinished_workflows_of, workflows_of

pytestmark = pytest.mark.mongod


def found(collection, query):
    return {row["_id"] for row in collection.find(query, {"_id": 1})}


def test_another_revision_or_campaign_is_never_found(launchpad, submitted):
    entry = submitted.entry
    others = [SimpleNamespace(name=entry.name, revision="r"), SimpleNamespace(name="c", revision=entry.revision)]
    assert found(launchpad.fireworks, fireworks_of(entry)) == found(launchpad.fireworks, {})
    assert found(launchpad.workflows, workflows_of(entry)) == found(launchpad.workflows, {})
    for other in others:
        assert not found(launchpad.fireworks, fireworks_of(other))
        assert not found(launchpad.workflows, workflows_of(other))


def test_states_are_alternatives_and_specs_are_all_needed(launchpad, submitted):
    query = fireworks_of(submitted.entry, "READY", "PAUSED", stage="hull", composition="Na3SbS4-W0.5-vac")
    assert len(found(launchpad.fireworks, query)) == 1
    assert not found(launchpad.fireworks, fireworks_of(submitted.entry, "READY", stage="hull"))


@pytest.mark.parametrize(("state", "left"), [("COMPLETED", 0), ("ARCHIVED", 0), ("FIZZLED", 1), ("DEFUSED", 1)])
def test_only_what_cannot_change_any_more_is_finished(launchpad, submitted, state, left):
    launchpad.workflows.update_many({}, {"$set": {"state": "COMPLETED"}})
    launchpad.workflows.update_one({}, {"$set": {"state": state}})
    assert len(found(launchpad.workflows, unfinished_workflows_of(submitted.entry))) == left


def test_locks_of_earlier_revisions_are_found(launchpad, submitted):
    launchpad.workflows.update_one({}, {"$set": {"locked": False, "metadata.revision": "earlier"}})
    assert len(found(launchpad.workflows, locked_workflows_of(submitted.entry.name))) == 1
