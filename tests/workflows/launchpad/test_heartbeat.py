"""A launch says which process and job runs it, whatever FireWorks' worker is called, and that it lives."""

import time

import pytest
from fireworks import FWorker, LaunchPad

from ewald.version import __version__
from workflows.launchpad.heartbeat import NOTE, Heartbeat, owner_of
from workflows.process.owner import Owner, myself
from workflows.recovery.recover import recover

pytestmark = pytest.mark.mongod

KEY = "reference:Na2S"


@pytest.fixture
def taken(launchpad, submitted, tmp_path):
    """A Firework taken by FireWorks' own rlaunch, whose worker's name says nothing."""
    return LaunchPad.checkout_fw(launchpad, FWorker(name="node worker", query={"spec.key": KEY}), str(tmp_path))


def launch(launchpad, launch_id):
    return launchpad.launches.find_one({"launch_id": launch_id})


def test_the_launch_names_its_process_and_version(launchpad, taken, monkeypatch):
    monkeypatch.setenv("SLURM_JOB_ID", "77")
    assert owner_of(launch(launchpad, taken[1])) is None
    with Heartbeat(launchpad, taken[0].fw_id):
        found = launch(launchpad, taken[1])
        assert owner_of(found) == myself()
        assert owner_of(found).job == 77
        assert found[NOTE]["version"] == __version__


def test_a_living_run_of_plain_rlaunch_is_never_taken_for_lost(launchpad, submitted, taken):
    with Heartbeat(launchpad, taken[0].fw_id):
        assert recover(launchpad, submitted, lost_after_s=0, grace_s=0).lost == []


def test_a_dead_run_of_plain_rlaunch_is_given_back_at_once(launchpad, submitted, taken):
    dead = Owner(myself().host, 999_999, 1)
    launchpad.launches.update_one({"launch_id": taken[1]}, {"$set": {f"{NOTE}.owner": dead.name}})
    assert recover(launchpad, submitted).lost == [KEY]


def test_it_pings(launchpad, taken):
    before = launch(launchpad, taken[1])["state_history"][-1]["updated_on"]
    with Heartbeat(launchpad, taken[0].fw_id, every_s=0.1):
        deadline = time.monotonic() + 30
        while launch(launchpad, taken[1])["state_history"][-1]["updated_on"] == before:
            assert time.monotonic() < deadline
            time.sleep(0.05)
    assert launch(launchpad, taken[1])[NOTE]


def test_without_a_firework_nothing_happens(launchpad):
    with Heartbeat(launchpad, None):
        pass
