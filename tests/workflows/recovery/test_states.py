"""Each state that a kill between two writes leaves is made by hand, and fixed."""

import datetime as dt

import pytest

from tests.workflows.recovery.lost_work import DEAD, fizzle, states, take
from workflows.launchpad.lock import OwnedLock
from workflows.recovery.recover import recover
from workflows.recovery.states import work_is_left
from workflows.store import Failure

pytestmark = pytest.mark.mongod


def test_what_failed_without_its_stage_saying_why_is_done_again_and_given_up_in_the_end(launchpad, submitted):
    for _ in range(submitted.entry.campaign.execution.max_reruns):
        fizzle(launchpad, submitted)
        assert recover(launchpad, submitted, grace_s=60).fixed == 0
        assert recover(launchpad, submitted, grace_s=0).lost == ["reference:Na2S"]
        assert states(launchpad)["reference:Na2S"] == "READY"
    fizzle(launchpad, submitted)
    assert recover(launchpad, submitted, grace_s=0).given_up == ["reference:Na2S"]
    assert recover(launchpad, submitted, grace_s=0).given_up == []
    (failure,) = submitted.failures()
    assert "before its stage began" in failure.reason


def test_a_failure_that_its_stage_noted_stays_one(launchpad, submitted):
    fizzle(launchpad, submitted)
    submitted.fail(Failure("reference:Na2S", "Na2S", "reference", "diverged", "no minimum", 1))
    assert recover(launchpad, submitted, grace_s=0).fixed == 0
    assert states(launchpad)["reference:Na2S"] == "FIZZLED"


def test_picked_but_not_launched(launchpad, submitted):
    launchpad.fireworks.update_one({"spec.key": "reference:Na2S"}, {"$set": {"state": "RESERVED"}})
    assert recover(launchpad, submitted, grace_s=60).fixed == 0
    assert recover(launchpad, submitted, grace_s=0).stuck == ["reference:Na2S"]
    assert states(launchpad)["reference:Na2S"] == "READY"


def test_launch_written_but_not_the_firework(launchpad, submitted):
    take(launchpad, submitted, DEAD, key="reference:Na2S")
    launchpad.fireworks.update_one({"spec.key": "reference:Na2S"}, {"$set": {"state": "RESERVED", "launches": []}})
    recover(launchpad, submitted, grace_s=0)
    assert states(launchpad)["reference:Na2S"] == "READY"


ACTION = {
    "stored_data": {},
    "exit": False,
    "update_spec": {},
    "mod_spec": [],
    "additions": [],
    "detours": [],
    "defuse_children": False,
    "defuse_workflow": False,
    "propagate": False,
    "append_wfs": [],
}


def test_finished_but_the_workflow_does_not_know(launchpad, submitted):
    _, launch_id = take(launchpad, submitted, DEAD, key="reference:Na2S")
    launchpad.launches.update_one({"launch_id": launch_id}, {"$set": {"state": "COMPLETED", "action": ACTION}})
    recover(launchpad, submitted, grace_s=0)
    assert states(launchpad)["reference:Na2S"] == "COMPLETED"


@pytest.mark.parametrize("forgotten", ["workflow", "workflow and launch"])
def test_a_server_that_was_killed_forgot_what_came_before_the_last_write(launchpad, submitted, forgotten):
    _, launch_id = take(launchpad, submitted, DEAD, key="reference:Na2S")
    if forgotten == "workflow":
        launchpad.launches.update_one({"launch_id": launch_id}, {"$set": {"state": "COMPLETED", "action": ACTION}})
    launchpad.fireworks.update_one({"spec.key": "reference:Na2S"}, {"$set": {"state": "COMPLETED"}})
    assert recover(launchpad, submitted, grace_s=60).fixed == 0
    assert recover(launchpad, submitted, grace_s=0).stuck == ["reference:Na2S"]
    recover(launchpad, submitted, grace_s=0)
    row = launchpad.fireworks.find_one({"spec.key": "reference:Na2S"})
    assert row["state"] == ("COMPLETED" if forgotten == "workflow" else "READY")
    workflow = launchpad.workflows.find_one({"nodes": row["fw_id"]})
    assert workflow["fw_states"][str(row["fw_id"])] == row["state"]
    assert recover(launchpad, submitted, grace_s=0).fixed == 0


@pytest.mark.parametrize("last", [False, True], ids=["others follow", "the workflow is complete"])
def test_the_workflow_knows_but_the_firework_was_not_written(launchpad, submitted, last):
    _, launch_id = take(launchpad, submitted, DEAD, key="reference:Na2S")
    fw_id = launchpad.fireworks.find_one({"spec.key": "reference:Na2S"})["fw_id"]
    launchpad.launches.update_one({"launch_id": launch_id}, {"$set": {"state": "COMPLETED"}})
    known = {f"fw_states.{fw_id}": "COMPLETED"} | ({"state": "COMPLETED"} if last else {})
    launchpad.workflows.update_one({"nodes": fw_id}, {"$set": known})
    assert recover(launchpad, submitted, grace_s=0).stuck == ["reference:Na2S"]
    assert states(launchpad)["reference:Na2S"] == "COMPLETED"


def test_an_added_workflow_whose_roots_were_not_released(launchpad, submitted):
    launchpad.fireworks.update_many({"spec.stage": "reference"}, {"$set": {"state": "WAITING"}})
    recover(launchpad, submitted, grace_s=0)
    assert all(state == "READY" for key, state in states(launchpad).items() if key.startswith("reference:"))


def test_half_added_fireworks_are_removed(launchpad, submitted):
    stray = launchpad.fireworks.find_one({"spec.key": "reference:Na2S"})
    stray.pop("_id")
    old = (dt.datetime.now(dt.UTC) - dt.timedelta(hours=1)).isoformat()
    launchpad.fireworks.insert_one(stray | {"fw_id": 10**6, "created_on": old})
    assert recover(launchpad, submitted).orphans == ["reference:Na2S"]
    assert launchpad.fireworks.count_documents({"fw_id": 10**6}) == 0
    assert launchpad.fireworks.count_documents({"spec.key": "reference:Na2S"}) == 1


def test_a_lock_of_a_dead_process_is_freed_and_one_of_a_living_is_not(launchpad, submitted):
    first, second = launchpad.workflows.find({}, {"nodes": 1}).limit(2)
    launchpad.workflows.update_one({"_id": first["_id"]}, {"$set": {"locked": {"owner": DEAD.name, "since": 0}}})
    with OwnedLock(launchpad, second["nodes"][0]):
        assert len(recover(launchpad, submitted).locks) == 1
        assert "locked" in launchpad.workflows.find_one({"_id": second["_id"]})


def test_what_somebody_else_is_about_to_release_counts_as_work(launchpad, submitted):
    """`ionsieve run` would else end between two writes of a `recover` in another shell."""
    from workflows.recovery.hull_barrier import mark_references_done

    assert work_is_left(launchpad, submitted)
    launchpad.fireworks.update_many({"state": "READY"}, {"$set": {"state": "DEFUSED"}})
    assert not work_is_left(launchpad, submitted)
    mark_references_done(submitted)
    assert work_is_left(launchpad, submitted)
    hull = launchpad.fireworks.find_one({"spec.stage": "hull"})["fw_id"]
    launchpad.fireworks.update_one({"fw_id": hull}, {"$set": {"state": "WAITING"}})
    assert not work_is_left(launchpad, submitted), "its Ewald screen was put aside"
    launchpad.fireworks.update_one({"spec.stage": "ewald"}, {"$set": {"state": "COMPLETED"}})
    assert work_is_left(launchpad, submitted)
