"""A workflow's lock names its owner, and is lost with nobody."""

import threading

import pytest
from fireworks.core.launchpad import LockedWorkflowError
from pymongo.errors import AutoReconnect

from tests.workflows.recovery.lost_work import DEAD
from workflows.launchpad.lock import OwnedLock, lock_is_stale
from workflows.process.owner import myself

pytestmark = pytest.mark.mongod


class LosesTheAnswer:
    """A collection whose server goes away after it did what it was asked, and before it said so."""

    def __init__(self, collection):
        self.collection = collection
        self.lost = 0

    def __getattr__(self, name):
        return getattr(self.collection, name)

    def find_one_and_update(self, *arguments):
        self.collection.find_one_and_update(*arguments)
        self.lost += 1
        raise AutoReconnect("gone before the answer")


@pytest.mark.parametrize("comes_back", [True, False])
def test_a_lock_whose_answer_was_lost_holds_nobody_up(launchpad, submitted, monkeypatch, comes_back):
    fw_id = launchpad.fireworks.find_one({"spec.key": "reference:Na2S"})["fw_id"]
    with monkeypatch.context() as away:
        away.setattr(launchpad, "workflows", LosesTheAnswer(launchpad.workflows))
        if not comes_back:
            away.setattr(OwnedLock, "_give_back", lambda _self: None)
        with pytest.raises(AutoReconnect), OwnedLock(launchpad, fw_id):
            pytest.fail("a lock that nobody confirmed is not held")
    held = launchpad.workflows.find_one({"nodes": fw_id}).get("locked")
    assert (held is None) == comes_back
    with OwnedLock(launchpad, fw_id, expire_secs=0.0):
        mine = launchpad.workflows.find_one({"nodes": fw_id})["locked"]
        assert not lock_is_stale(mine)
        with pytest.raises(LockedWorkflowError), OwnedLock(launchpad, fw_id, expire_secs=0.0):
            pytest.fail("one lock for one owner at a time")
        assert launchpad.workflows.find_one({"nodes": fw_id})["locked"] == mine
    assert "locked" not in launchpad.workflows.find_one({"nodes": fw_id})


def test_a_lock_of_a_dead_process_holds_nobody_up(launchpad, submitted):
    workflow = launchpad.workflows.find_one({}, {"nodes": 1})
    launchpad.workflows.update_one({"_id": workflow["_id"]}, {"$set": {"locked": {"owner": DEAD.name, "since": 0}}})
    with OwnedLock(launchpad, workflow["nodes"][0], expire_secs=5):
        assert launchpad.workflows.find_one({"_id": workflow["_id"]})["locked"]["owner"] == myself().name
    assert "locked" not in launchpad.workflows.find_one({"_id": workflow["_id"]})


def test_a_lock_shuts_others_out(launchpad, submitted):
    fw_id = launchpad.workflows.find_one({}, {"nodes": 1})["nodes"][0]
    inside, most = [], []

    def enter():
        for _ in range(10):
            with OwnedLock(launchpad, fw_id):
                inside.append(1)
                most.append(len(inside))
                inside.pop()

    threads = [threading.Thread(target=enter) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert max(most) == 1
    assert len(most) == 40


def test_a_lock_is_given_back_by_a_database_that_went_away(launchpad, submitted, monkeypatch):
    fw_id = launchpad.fireworks.find_one()["fw_id"]
    calls = []

    class Away:
        """The collection of workflows, whose first change comes to nothing."""

        def __getattr__(self, name):
            return getattr(workflows, name)

        def update_one(self, *arguments, **options):
            calls.append(arguments)
            if len(calls) == 1:
                raise AutoReconnect("connection closed")
            return workflows.update_one(*arguments, **options)

    workflows = launchpad.workflows
    monkeypatch.setattr(launchpad, "workflows", Away())
    with OwnedLock(launchpad, fw_id):
        assert workflows.count_documents({"locked": {"$exists": True}}) == 1
    assert len(calls) == 2
    assert workflows.count_documents({"locked": {"$exists": True}}) == 0
