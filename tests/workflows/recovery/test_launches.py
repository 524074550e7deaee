"""A run whose process is gone is given back, or given up; one that lives is left alone."""

import datetime as dt
import os
import subprocess
import sys

import pytest
from fireworks.core.launchpad import LockedWorkflowError

from tests.workflows.recovery.lost_work import DEAD, states, take
from workflows.launchpad.heartbeat import NOTE, SEEN
from workflows.launchpad.lock import OwnedLock
from workflows.process.owner import Owner, myself, start_ticks
from workflows.process.slurm import Queue, Submitter
from workflows.recovery import launches
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


def test_a_process_that_is_killed_before_its_task_begins_is_known(launchpad, submitted, launchpad_file):
    """FireWorks' own commands name their worker as its owner pleases."""
    code = (
        "import os, signal, sys; from pathlib import Path; from fireworks import FWorker;"
        "from workflows.database.launchpad_file import read_launchpad_file; from workflows.launchpad import connect;"
        "connect(read_launchpad_file(Path(sys.argv[1]))).checkout_fw(FWorker(name='mine', env={'vasp': 'v'}), '.');"
        "os.kill(os.getpid(), signal.SIGKILL)"
    )
    subprocess.run([sys.executable, "-c", code, str(launchpad_file)], check=False)
    launch = launchpad.launches.find_one({"state": "RUNNING"})
    assert (launch["fworker"]["name"], launch["fworker"]["env"]["vasp"]) == ("mine", "v")
    assert len(recover(launchpad, submitted).lost) == 1


def test_a_living_run_is_left_alone(launchpad, submitted):
    take(launchpad, submitted, myself())
    assert recover(launchpad, submitted, grace_s=0).fixed == 0
    assert states(launchpad)["ewald:Na3SbS4-W0.5-vac"] == "RUNNING"


def test_a_run_that_finished_while_recovery_looked_is_not_lost(launchpad, submitted, monkeypatch):
    """Its launch was read as running; then its process finished, and ended."""
    _, launch_id = take(launchpad, submitted, DEAD)

    def finished_meanwhile():
        launchpad.launches.update_one({"launch_id": launch_id}, {"$set": {"state": "COMPLETED"}})

    monkeypatch.setattr("workflows.recovery.launches.ask_queue", finished_meanwhile)
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


def pinged(launchpad, launch_id, seconds_ago):
    """Note a ping as another node writes it, by the clock of the server."""
    seen = launchpad.db.command("hello")["localTime"] - dt.timedelta(seconds=seconds_ago)
    launchpad.launches.update_one({"launch_id": launch_id}, {"$set": {f"{NOTE}.{SEEN}": seen}})


@pytest.fixture
def long_up(monkeypatch):
    """Have the server up for a day, for it started with the tests."""
    monkeypatch.setattr(launches, "server_clock", lambda launchpad: (dt.datetime.now(dt.UTC), 86400.0))


AWAY = Owner("another-node", 1, 1, job=7)


@pytest.mark.parametrize("queue", [None, Queue(frozenset(), Submitter("me")), Queue(frozenset({7}), Submitter("me"))])
@pytest.mark.parametrize(("seconds_ago", "lost"), [(100, False), (200, True)])
def test_a_run_elsewhere_is_lost_when_it_is_silent_whatever_the_queue_says(  # noqa: PLR0917
    launchpad, submitted, monkeypatch, long_up, queue, seconds_ago, lost
):
    monkeypatch.setattr(launches, "ask_queue", lambda: queue)
    _, launch_id = take(launchpad, submitted, AWAY)
    pinged(launchpad, launch_id, seconds_ago)
    assert bool(recover(launchpad, submitted, grace_s=0).lost) is lost


def test_nobody_is_silent_while_the_server_was_down(launchpad, submitted, monkeypatch):
    monkeypatch.setattr(launches, "server_clock", lambda launchpad: (dt.datetime.now(dt.UTC), 60.0))
    _, launch_id = take(launchpad, submitted, AWAY)
    pinged(launchpad, launch_id, 5000)
    assert recover(launchpad, submitted, grace_s=0).lost == []


def test_the_clock_of_this_machine_does_not_matter(launchpad, submitted, monkeypatch):
    """This machine is an hour ahead: pings that arrived just now look an hour old by its clock."""
    now = dt.datetime.now(dt.UTC)
    monkeypatch.setattr(launches, "server_clock", lambda launchpad: (now - dt.timedelta(hours=1), 86400.0))
    _, launch_id = take(launchpad, submitted, AWAY)
    pinged(launchpad, launch_id, 3600)
    assert recover(launchpad, submitted, grace_s=0).lost == []


def test_a_node_that_fails_is_not_the_works_fault(launchpad, submitted, long_up, monkeypatch):
    monkeypatch.setattr(launches, "_MAX_LOST_JOBS", submitted.entry.campaign.execution.max_reruns + 2)
    for _ in range(submitted.entry.campaign.execution.max_reruns + 2):
        _, launch_id = take(launchpad, submitted, AWAY)
        pinged(launchpad, launch_id, 200)
        assert recover(launchpad, submitted, grace_s=0).given_up == []
    _, launch_id = take(launchpad, submitted, AWAY)
    pinged(launchpad, launch_id, 200)
    assert len(recover(launchpad, submitted, grace_s=0).given_up) == 1


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
