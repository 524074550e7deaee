"""A workflow's lock names its owner, and is lost with nobody."""

import pytest
from fireworks.core.launchpad import LockedWorkflowError
from pymongo.errors import AutoReconnect

from workflows.launchpad.lock import OwnedLock, lock_is_stale

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
