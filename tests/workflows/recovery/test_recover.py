"""Each state that a kill between two writes leaves is made by hand, and mended."""

import datetime as dt
import os
import subprocess
import sys
import threading
import time

import pytest
from fireworks import FWorker
from fireworks.core.launchpad import LockedWorkflowError

from ewald.errors import UserError
from workflows.firetasks.references_done import ReferencesDoneTask
from workflows.firetasks.stage_task import StageContext
from workflows.launchpad.lock import OwnedLock
from workflows.owner import Owner, myself, start_ticks
from workflows.recovery.hull_gate import references_done
from workflows.recovery.launches import release_own
from workflows.recovery.recover import recover
from workflows.recovery.states import work_is_left
from workflows.spec import StageSpec
from workflows.store import Failure

pytestmark = pytest.mark.mongod

DEAD = Owner(os.uname().nodename, 999_999, 1)


def states(launchpad):
    return {row["spec"]["key"]: row["state"] for row in launchpad.fireworks.find({}, {"spec.key": 1, "state": 1})}


def take(launchpad, results, owner, key="ewald:Na3SbS4-W0.5-vac"):
    """Check a Firework out as another process would."""
    query = {"spec.campaign": results.entry.name, "spec.key": key}
    return launchpad.checkout_fw(FWorker(name=owner.name, query=query), str(results.entry.folder))


def test_a_run_whose_process_is_gone_is_ready_again(launchpad, submitted):
    take(launchpad, submitted, DEAD)
    assert states(launchpad)["ewald:Na3SbS4-W0.5-vac"] == "RUNNING"
    found = recover(launchpad, submitted)
    assert found.lost == ["ewald:Na3SbS4-W0.5-vac"]
    assert states(launchpad)["ewald:Na3SbS4-W0.5-vac"] == "READY"
    assert recover(launchpad, submitted).mended == 0


def test_a_living_run_is_left_alone(launchpad, submitted):
    take(launchpad, submitted, myself())
    assert recover(launchpad, submitted, grace_s=0).mended == 0
    assert states(launchpad)["ewald:Na3SbS4-W0.5-vac"] == "RUNNING"


def test_a_run_that_finished_while_recovery_looked_is_not_lost(launchpad, submitted, monkeypatch):
    """Its launch was read as running; then its process finished, and ended."""
    _, launch_id = take(launchpad, submitted, DEAD)

    def finished_meanwhile():
        launchpad.launches.update_one({"launch_id": launch_id}, {"$set": {"state": "COMPLETED"}})
        return frozenset()

    monkeypatch.setattr("workflows.recovery.recover.living_jobs", finished_meanwhile)
    found = recover(launchpad, submitted)
    assert found.lost == []
    assert states(launchpad)["ewald:Na3SbS4-W0.5-vac"] == "RUNNING"  # until its grace is over


def test_a_reused_process_number_is_told_apart(launchpad, submitted):
    take(launchpad, submitted, Owner(myself().host, os.getpid(), (start_ticks(os.getpid()) or 0) - 1))
    assert len(recover(launchpad, submitted).lost) == 1


def test_work_that_kills_its_process_is_given_up_in_the_end(launchpad, submitted):
    limit = submitted.entry.campaign.execution.max_reruns
    for _ in range(limit):
        take(launchpad, submitted, DEAD)
        assert len(recover(launchpad, submitted).lost) == 1
    take(launchpad, submitted, DEAD)
    assert recover(launchpad, submitted).given_up == ["ewald:Na3SbS4-W0.5-vac"]
    assert states(launchpad)["ewald:Na3SbS4-W0.5-vac"] == "FIZZLED"
    (failure,) = submitted.failures()
    assert failure.kind == "lost"


def fizzle(launchpad, results, key="reference:Na2S"):
    _, launch_id = take(launchpad, results, DEAD, key=key)
    launchpad.mark_fizzled(launch_id)


def test_what_failed_without_its_stage_saying_why_is_done_again_and_given_up_in_the_end(launchpad, submitted):
    for _ in range(submitted.entry.campaign.execution.max_reruns):
        fizzle(launchpad, submitted)
        assert recover(launchpad, submitted, grace_s=60).mended == 0
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
    assert recover(launchpad, submitted, grace_s=0).mended == 0
    assert states(launchpad)["reference:Na2S"] == "FIZZLED"


def test_what_a_person_stopped_does_not_count_as_lost(launchpad, submitted):
    for _ in range(6):
        take(launchpad, submitted, DEAD)
        recover(launchpad, submitted, count_losses=False)
    assert states(launchpad)["ewald:Na3SbS4-W0.5-vac"] == "READY"


def test_a_worker_gives_back_only_its_own(launchpad, submitted):
    take(launchpad, submitted, DEAD)
    take(launchpad, submitted, myself(), key="reference:Na2S")
    release_own(launchpad, submitted, DEAD)
    assert states(launchpad)["ewald:Na3SbS4-W0.5-vac"] == "READY"
    assert states(launchpad)["reference:Na2S"] == "RUNNING"


def test_a_run_on_another_machine_is_lost_only_without_pings(launchpad, submitted):
    take(launchpad, submitted, Owner("another-node", 1, 1))
    assert recover(launchpad, submitted, grace_s=0, lost_after_s=60).mended == 0
    assert len(recover(launchpad, submitted, grace_s=0, lost_after_s=-1).lost) == 1


def test_picked_but_not_launched(launchpad, submitted):
    launchpad.fireworks.update_one({"spec.key": "reference:Na2S"}, {"$set": {"state": "RESERVED"}})
    assert recover(launchpad, submitted, grace_s=60).mended == 0
    assert recover(launchpad, submitted, grace_s=0).stuck == ["reference:Na2S"]
    assert states(launchpad)["reference:Na2S"] == "READY"


def test_launch_written_but_not_the_firework(launchpad, submitted):
    take(launchpad, submitted, DEAD, key="reference:Na2S")
    launchpad.fireworks.update_one({"spec.key": "reference:Na2S"}, {"$set": {"state": "RESERVED", "launches": []}})
    recover(launchpad, submitted, grace_s=0)
    assert states(launchpad)["reference:Na2S"] == "READY"


def test_a_launch_that_its_firework_never_came_to_know_is_closed(launchpad, submitted):
    """Killed between the two writes, after which the Firework was run by somebody else."""
    firework, launch_id = take(launchpad, submitted, DEAD)
    launchpad.fireworks.update_one({"fw_id": firework.fw_id}, {"$set": {"launches": [], "state": "COMPLETED"}})
    recover(launchpad, submitted)
    assert launchpad.launches.find_one({"launch_id": launch_id})["state"] == "FIZZLED"


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
    assert recover(launchpad, submitted, grace_s=60).mended == 0
    assert recover(launchpad, submitted, grace_s=0).stuck == ["reference:Na2S"]
    recover(launchpad, submitted, grace_s=0)
    row = launchpad.fireworks.find_one({"spec.key": "reference:Na2S"})
    assert row["state"] == ("COMPLETED" if forgotten == "workflow" else "READY")
    workflow = launchpad.workflows.find_one({"nodes": row["fw_id"]})
    assert workflow["fw_states"][str(row["fw_id"])] == row["state"]
    assert recover(launchpad, submitted, grace_s=0).mended == 0


def test_the_workflow_knows_but_the_firework_was_not_written(launchpad, submitted):
    _, launch_id = take(launchpad, submitted, DEAD, key="reference:Na2S")
    fw_id = launchpad.fireworks.find_one({"spec.key": "reference:Na2S"})["fw_id"]
    launchpad.launches.update_one({"launch_id": launch_id}, {"$set": {"state": "COMPLETED"}})
    launchpad.workflows.update_one({"nodes": fw_id}, {"$set": {f"fw_states.{fw_id}": "COMPLETED"}})
    recover(launchpad, submitted, grace_s=0)
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


def test_a_lock_that_stays_with_a_living_process_does_not_end_recover(launchpad, submitted, monkeypatch):
    def held(lock):
        raise LockedWorkflowError(str(lock.fw_id))

    take(launchpad, submitted, DEAD)
    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(OwnedLock, "_wait", held)
        assert recover(launchpad, submitted).lost == []
    assert recover(launchpad, submitted).lost == ["ewald:Na3SbS4-W0.5-vac"]


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


def test_the_gate_left_half_open_is_opened(launchpad, submitted):
    from workflows.recovery.hull_gate import mark_references_done

    assert states(launchpad)["hull:Na3SbS4-W0.5-vac"] == "PAUSED"
    mark_references_done(submitted)
    assert recover(launchpad, submitted).released == 1
    assert states(launchpad)["hull:Na3SbS4-W0.5-vac"] == "WAITING"


def test_a_child_process_that_ended_is_seen_as_gone():
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    owner = Owner(myself().host, child.pid, start_ticks(child.pid))
    assert owner.gone() is False
    child.kill()
    child.wait()
    assert owner.gone() is True


def test_a_lost_run_does_not_open_the_gate_of_the_hull(launchpad, submitted):
    take(launchpad, submitted, DEAD)
    recover(launchpad, submitted, grace_s=0)
    assert states(launchpad)["hull:Na3SbS4-W0.5-vac"] == "PAUSED"


def test_a_reference_that_failed_without_a_reason_keeps_the_gate_shut(launchpad, submitted):
    spec = StageSpec.from_fw_spec(launchpad.fireworks.find_one({"spec.stage": "references_done"})["spec"])
    context = StageContext(spec, submitted.entry, submitted, launchpad, time.monotonic())
    fizzle(launchpad, submitted)
    with pytest.raises(UserError, match="failed outside its stage"):
        ReferencesDoneTask().run_stage(context)
    assert not references_done(submitted)
    recover(launchpad, submitted, grace_s=0)
    ReferencesDoneTask().run_stage(context)
    assert references_done(submitted)


def test_a_hull_that_was_started_too_early_waits_again(launchpad, submitted):
    """As after `lpad rerun_fws` or `lpad resume_fws`, which know nothing of the gate."""
    from fireworks.core.rocket_launcher import launch_rocket

    from workflows.recovery.hull_gate import mark_references_done

    key = "hull:Na3SbS4-W0.5-vac"
    row = launchpad.fireworks.find_one({"spec.key": key})
    screen = launchpad.fireworks.find_one({"spec.key": "ewald:Na3SbS4-W0.5-vac"})["fw_id"]
    launchpad.fireworks.update_one({"fw_id": screen}, {"$set": {"state": "COMPLETED"}})
    launchpad.workflows.update_one({"nodes": screen}, {"$set": {f"fw_states.{screen}": "COMPLETED"}})
    launchpad.fireworks.update_one({"fw_id": row["fw_id"]}, {"$set": {"state": "READY"}})
    launch_rocket(launchpad, FWorker(name=myself().name, query={"spec.key": key}), strm_lvl="CRITICAL")
    assert states(launchpad)[f"{key}+1"] == "PAUSED"
    assert submitted.failures() == ()
    mark_references_done(submitted)
    assert recover(launchpad, submitted, grace_s=0).released == 1
    assert states(launchpad)[f"{key}+1"] in {"WAITING", "READY"}


def test_what_somebody_else_is_about_to_release_counts_as_work(launchpad, submitted):
    """`ionsieve run` would else end between two writes of a `recover` in another shell."""
    from workflows.recovery.hull_gate import mark_references_done

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


@pytest.mark.parametrize("moment", ["in the task", "at its end"])
def test_a_run_that_lost_the_database_has_not_failed(launchpad, submitted, monkeypatch, moment):
    """FireWorks would note it as failed once the database is back, and the hulls would go on without it."""
    from fireworks.core.launchpad import LaunchPad
    from fireworks.core.rocket_launcher import launch_rocket
    from pymongo.errors import AutoReconnect

    from workflows.firetasks.reference import ReferenceTask

    def away(*_, **__):
        raise AutoReconnect("connection closed")

    def complete(self, launch_id, action=None, state="COMPLETED"):
        return away() if state == "COMPLETED" else original(self, launch_id, action, state)

    original = LaunchPad.complete_launch
    if moment == "in the task":
        monkeypatch.setattr(ReferenceTask, "run_task", away)
    else:
        monkeypatch.setattr(LaunchPad, "complete_launch", complete)
    worker = FWorker(name=myself().name, query={"spec.key": "reference:Na2S"})
    with pytest.raises(AutoReconnect):
        launch_rocket(launchpad, worker, strm_lvl="CRITICAL")
    assert states(launchpad)["reference:Na2S"] == "RUNNING"
    monkeypatch.undo()
    release_own(launchpad, submitted, myself())
    assert states(launchpad)["reference:Na2S"] == "READY"
    assert launch_rocket(launchpad, worker, strm_lvl="CRITICAL")
    assert states(launchpad)["reference:Na2S"] == "COMPLETED"


@pytest.mark.parametrize("moment", ["check-out", "end"])
def test_a_database_that_goes_away_while_states_are_written_fails_nothing(launchpad, submitted, monkeypatch, moment):
    """A storm found it: FireWorks waits for the database and then notes the Firework as failed; its hull goes on."""
    from fireworks.core.rocket_launcher import launch_rocket
    from pymongo.errors import AutoReconnect

    from workflows.launchpad import CampaignLaunchPad

    def away_once(self, workflow, updated):
        writes.append(updated)
        if len(writes) == (1 if moment == "check-out" else 2):
            raise AutoReconnect("connection closed")
        original(self, workflow, updated)

    writes, original = [], CampaignLaunchPad._update_wf
    monkeypatch.setattr(CampaignLaunchPad, "_update_wf", away_once)
    key = "ewald:Na3SbS4-W0.5-vac"
    worker = FWorker(name=myself().name, query={"spec.key": key})
    with pytest.raises(AutoReconnect):
        launch_rocket(launchpad, worker, strm_lvl="CRITICAL")
    assert len(writes) == (1 if moment == "check-out" else 2)
    assert states(launchpad)[key] == "RUNNING"
    assert launchpad.workflows.count_documents({"locked": {"$exists": True}}) == 0
    release_own(launchpad, submitted, myself())
    assert states(launchpad)[key] == "READY"
    assert launch_rocket(launchpad, worker, strm_lvl="CRITICAL")
    assert states(launchpad)[key] == "COMPLETED"
    assert states(launchpad)["hull:Na3SbS4-W0.5-vac"] == "PAUSED"


def test_documents_that_make_no_sense_are_noted_as_failed(launchpad, submitted, monkeypatch):
    from workflows.launchpad import CampaignLaunchPad

    def senseless(*_):
        raise ValueError("no such Firework")

    fw_id = launchpad.fireworks.find_one({"spec.key": "ewald:Na3SbS4-W0.5-vac"})["fw_id"]
    monkeypatch.setattr(CampaignLaunchPad, "_update_wf", senseless)
    with pytest.raises(RuntimeError, match="no such Firework"):
        launchpad._refresh_wf(fw_id)
    assert states(launchpad)["ewald:Na3SbS4-W0.5-vac"] == "FIZZLED"
    assert launchpad.workflows.find_one({"nodes": fw_id})["fw_states"][str(fw_id)] == "FIZZLED"


def test_a_lock_is_given_back_by_a_database_that_went_away(launchpad, submitted, monkeypatch):
    from pymongo.errors import AutoReconnect

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
