"""A run with local workers: who dies is replaced, who dies for nothing ends the run."""

import pytest

from ewald.errors import UserError
from workflows.recovery.hull_barrier import mark_references_done
from workflows.recovery.report import Recovery
from workflows.store import Failure
from workflows.workers import local_run
from workflows.workers.local_run import _MAX_DEATHS_IN_A_ROW, LocalRun

pytestmark = pytest.mark.mongod


class Team:
    """Workers that die, or end, as told; `does` happens whenever the team starts."""

    def __init__(self, logs, does=lambda: None, *, dies=lambda: False):
        self.logs, self.does, self.dies = logs, does, dies
        self.workers, self.starts, self.stops = [], 0, 0

    def start(self):
        self.starts += 1
        self.workers = ["worker"]
        self.does()

    def reap(self):
        ended, self.workers = self.workers, []
        return ([], ended) if self.dies() else (ended, [])

    def stop(self):
        self.stops += 1
        return []


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(local_run, "WATCH_S", 0.0)
    # The teams here complete Fireworks without results. Recovery would take those up again after its time of grace, so
    # that a test would depend on how fast the machine is; it has tests of its own.
    monkeypatch.setattr(local_run, "recover", lambda *_, **__: Recovery())


def complete(launchpad, count):
    """Have so many Fireworks done."""

    def work():
        left = launchpad.fireworks.find({"state": {"$ne": "COMPLETED"}}, {"_id": 1}).limit(count)
        for document in left:
            launchpad.fireworks.update_one({"_id": document["_id"]}, {"$set": {"state": "COMPLETED"}})

    return work


def test_workers_are_started_until_nothing_is_left(launchpad, submitted, tmp_path):
    mark_references_done(submitted)
    team = Team(tmp_path, complete(launchpad, 3))
    seen = []
    last = LocalRun(launchpad, submitted, team, seen.append).until_done()
    assert not last.active
    assert team.starts > 1
    assert team.stops == 1
    assert seen[-1] is last


def test_workers_that_die_without_getting_anything_done_end_the_run(launchpad, submitted, tmp_path):
    team = Team(tmp_path, dies=lambda: True)
    with pytest.raises(UserError, match="workers keep dying"):
        LocalRun(launchpad, submitted, team).until_done()
    assert team.starts == _MAX_DEATHS_IN_A_ROW + 1
    assert team.stops == 1


def test_deaths_with_progress_in_between_do_not(launchpad, submitted, tmp_path, monkeypatch):
    monkeypatch.setattr(local_run, "_MAX_DEATHS_IN_A_ROW", 1)
    work_left = {"state": {"$ne": "COMPLETED"}}
    team = Team(tmp_path, complete(launchpad, 1), dies=lambda: launchpad.fireworks.count_documents(work_left) > 0)
    assert not LocalRun(launchpad, submitted, team).until_done().active
    assert team.starts > 3


def test_a_full_disk_ends_the_run_and_is_forgotten(launchpad, submitted, tmp_path):
    submitted.fail(Failure("relax:x", "x", "relax", "disk-full", "no space left", 1))
    with pytest.raises(UserError, match=r"the disk is full .*fix: free disk space"):
        LocalRun(launchpad, submitted, Team(tmp_path), show_every_s=0.0).until_done()
    assert submitted.failures() == ()
