"""What one worker does with one campaign's Fireworks; whole runs are in test_campaign_run.py."""

import os
import subprocess
import sys

import pytest
from pymongo.errors import AutoReconnect

from tests.workflows.recovery.lost_work import states, take
from workflows.process.owner import myself
from workflows.workers import worker
from workflows.workers.worker import work

pytestmark = pytest.mark.mongod


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(worker, "POLL_S", 0.01)


@pytest.fixture
def only_light(launchpad):
    """Leave one Firework that can run: the Ewald screen, of a second."""
    launchpad.fireworks.update_many({"spec.stage": {"$ne": "ewald"}}, {"$set": {"state": "PAUSED"}})


def test_a_worker_takes_only_its_categories(launchpad, submitted, only_light, monkeypatch):
    monkeypatch.setattr(worker, "_work_ahead", lambda *_: False)
    assert work(launchpad, submitted, categories=("dft", "md")) == 0
    assert states(launchpad)["ewald:Na3SbS4-W0.5-vac"] == "READY"
    assert work(launchpad, submitted, categories=("light",)) == 1
    assert states(launchpad)["ewald:Na3SbS4-W0.5-vac"] == "COMPLETED"


def test_another_campaigns_work_is_left_alone(launchpad, submitted):
    launchpad.fireworks.update_many({}, {"$set": {"spec.revision": "another"}})
    before = states(launchpad)
    assert work(launchpad, submitted) == 0
    assert states(launchpad) == before


def test_a_worker_that_was_told_to_stop_takes_nothing(launchpad, submitted, monkeypatch):
    monkeypatch.setattr(type(launchpad), "stop_asked", True, raising=False)
    before = states(launchpad)
    assert work(launchpad, submitted) == 0
    assert states(launchpad) == before


def test_what_still_stands_in_its_own_name_is_given_back(launchpad, submitted, monkeypatch):
    """The database went away while FireWorks wrote the end of a run."""
    take(launchpad, submitted, myself(), key="reference:Na2S")
    launchpad.fireworks.update_many({"spec.key": {"$ne": "reference:Na2S"}}, {"$set": {"state": "PAUSED"}})
    monkeypatch.setattr(worker, "_work_ahead", lambda *_: False)
    work(launchpad, submitted, categories=("light",))
    assert states(launchpad)["reference:Na2S"] == "READY"


def test_a_database_that_goes_away_ends_no_worker(launchpad, submitted, monkeypatch, capsys):
    launchpad.fireworks.update_many({}, {"$set": {"state": "PAUSED"}})
    calls = []

    def once_away(*_):
        calls.append(1)
        if len(calls) == 1:
            raise AutoReconnect("away\nfor now")
        return False

    monkeypatch.setattr(worker, "_work_ahead", once_away)
    assert work(launchpad, submitted) == 0
    assert capsys.readouterr().err == "the database is away: AutoReconnect: away for now\n"
    assert len(calls) == 1 + worker._IDLE_POLLS, "what was idle before the database went away does not count"


def test_a_worker_whose_parent_is_gone_already_does_nothing(environment):
    code = "import sys; from workflows.workers.worker import die_with; die_with(int(sys.argv[1])); print('works')"
    for parent, said in ((os.getpid(), "works\n"), (os.getppid(), "")):
        done = subprocess.run(
            [sys.executable, "-c", code, str(parent)], env=environment, capture_output=True, text=True, check=False
        )
        assert (done.returncode, done.stdout) == (0, said), done.stderr
