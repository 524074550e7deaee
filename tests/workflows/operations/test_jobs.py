"""What runs or is reserved, without a queue; tests/external asks a real SLURM."""

import datetime as dt
from collections import Counter

import pytest
from fireworks import FWorker

from workflows.launchpad.heartbeat import Heartbeat
from workflows.launchpad.queries import fireworks_of
from workflows.operations.jobs import campaign_jobs
from workflows.operations.status import campaign_status
from workflows.process.owner import myself
from workflows.store import Store

pytestmark = pytest.mark.mongod


def start(launchpad, results, stage):
    """Take a Firework of a stage as `rlaunch` does; returns its number."""
    fworker = FWorker(name="a worker", query=fireworks_of(results.entry, stage=stage))
    firework, _ = launchpad.checkout_fw(fworker, "/tmp")  # noqa: S108
    return firework.fw_id


def test_nothing_runs_at_first(launchpad, submitted):
    assert campaign_jobs(launchpad, submitted) == ()
    found = campaign_status(launchpad, submitted, jobs=True)
    states = Counter(row["state"] for row in launchpad.fireworks.find(fireworks_of(submitted.entry), {"state": 1}))
    assert states.keys() == {"READY", "PAUSED", "WAITING"}
    counts = f"{states['READY']} ready, {states['PAUSED']} paused, {states['WAITING']} waiting"
    assert found.now == f"nothing runs: {counts}"


def test_a_run_is_told_with_its_host_and_its_last_ping(launchpad, submitted):
    fw_id = start(launchpad, submitted, "ewald")
    (job,) = campaign_jobs(launchpad, submitted)
    assert (job.stage, job.state, job.job, job.ping_s) == ("ewald", "RUNNING", None, None)
    with Heartbeat(launchpad, fw_id):
        (job,) = campaign_jobs(launchpad, submitted)
        assert job.host == myself().host
        assert 0 <= job.ping_s < 30
        assert (job.silent, job.words) == (False, "runs")
    assert campaign_status(launchpad, submitted, jobs=True).now.startswith("1 running, ")


def test_one_that_fell_silent_is_no_longer_called_running(launchpad, submitted):
    with Heartbeat(launchpad, start(launchpad, submitted, "ewald")):
        pass
    old = dt.datetime.now(dt.UTC) - dt.timedelta(seconds=600)
    launchpad.launches.update_one({"state": "RUNNING"}, {"$set": {"ionsieve.seen": old}})
    (job,) = campaign_jobs(launchpad, submitted)
    assert job.silent
    assert job.words == "silent for 10 min 0 s; ionsieve recover"
    assert "1 silent (ionsieve recover)" in campaign_status(launchpad, submitted, jobs=True).now


def test_reserved_work_is_told_with_its_job(launchpad, submitted):
    fworker = FWorker(query=fireworks_of(submitted.entry, stage="ewald"))
    _, launch_id = launchpad.reserve_fw(fworker, "/tmp")  # noqa: S108
    launchpad.set_reservation_id(launch_id, 4242)
    (job,) = campaign_jobs(launchpad, submitted)
    assert (job.state, job.job, job.host, job.queue_state) == ("RESERVED", 4242, None, None)
    assert job.words == "reserved"
    found = campaign_status(launchpad, submitted, jobs=True)
    assert found.now.startswith("nothing runs: 1 reserved for queue jobs, ")
    assert next(stage.queue for stage in found.stages if stage.name == "ewald") == {"RESERVED": 1}


def test_a_stopped_campaign_says_so(launchpad, submitted):
    Store(launchpad.db).stop(submitted.entry, stopped=True)
    said = campaign_status(launchpad, submitted).now
    assert said.endswith("; the campaign is stopped (to continue: ionsieve resume)")
