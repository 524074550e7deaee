"""A run whose process is gone is given back, or given up; one that lives is left alone."""

import os

import pytest
from fireworks.core.launchpad import LockedWorkflowError

from tests.workflows.recovery.lost_work import DEAD, states, take
from workflows.launchpad.lock import OwnedLock
from workflows.process.owner import Owner, myself, start_ticks
from workflows.recovery.launches import release_own
from workflows.recovery.recover import recover

pytestmark = pytest.mark.mongod


def test_a_run_whose_process_is_gone_is_ready_again(launchpad, submitted):
    take(launchpad, submitted, DEAD)
    assert states(launchpad)["ewald:Na3SbS4-W0.5-vac"] == "RUNNING"
    found = recover(launchpad, submitted)
    assert found.lost == ["ewald:Na3SbS4-W0.5-vac"]
    assert states(launchpad)["ewald:Na3SbS4-W0.5-vac"] == "READY"
    assert recover(launchpad, submitted).fixed == 0


def test_a_living_run_is_left_alone(launchpad, submitted):
    take(launchpad, submitted, myself())
    assert recover(launchpad, submitted, grace_s=0).fixed == 0
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
    assert recover(launchpad, submitted, grace_s=0, lost_after_s=60).fixed == 0
    assert len(recover(launchpad, submitted, grace_s=0, lost_after_s=-1).lost) == 1


def test_a_launch_that_its_firework_never_came_to_know_is_closed(launchpad, submitted):
    """Killed between the two writes, after which the Firework was run by somebody else."""
    firework, launch_id = take(launchpad, submitted, DEAD)
    launchpad.fireworks.update_one({"fw_id": firework.fw_id}, {"$set": {"launches": [], "state": "COMPLETED"}})
    recover(launchpad, submitted)
    assert launchpad.launches.find_one({"launch_id": launch_id})["state"] == "FIZZLED"


def test_a_lock_that_stays_with_a_living_process_does_not_end_recover(launchpad, submitted, monkeypatch):
    def held(lock):
        raise LockedWorkflowError(str(lock.fw_id))

    take(launchpad, submitted, DEAD)
    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(OwnedLock, "_wait", held)
        assert recover(launchpad, submitted).lost == []
    assert recover(launchpad, submitted).lost == ["ewald:Na3SbS4-W0.5-vac"]
