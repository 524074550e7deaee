"""What happens to jobs on a real SLURM: put back into the queue, their node lost, their campaign moved or upgraded."""

import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from screening.arrangements.candidate import Candidate
from tests.external.paced_toy import PACE, PACKAGE, SETTINGS
from tests.external.test_slurm_campaign import (  # noqa: F401
    EWALD,
    IONSIEVE,
    ROOT,
    SEGMENT,
    cluster,
    enter,
    state,
    until,
    work_here,
)
from tests.workflows.conftest import campaign, launchpad, launchpad_file, mongod_program, server  # noqa: F401
from workflows.campaign.campaign_file import open_campaign
from workflows.launchpad.heartbeat import owner_of
from workflows.launchpad.queries import fireworks_of
from workflows.md.runs import StoredSegment
from workflows.operations.jobs import campaign_jobs
from workflows.operations.submit import submit
from workflows.recovery.recover import recover
from workflows.store.store import Store

pytestmark = [pytest.mark.external, pytest.mark.mongod, pytest.mark.slow]

SUBJECT = "Na3SbS4-W0.5-vac_a1@600K#0000"
MD = {
    "length_ps": 2,
    "segment_ps": 2,
    "timestep_fs": 2,
    "frame_every_fs": 20,
    "temperatures_K": [600],
    "equilibration_ps": 0.05,
    "adaptive": False,
}


def scontrol(cluster, *words, check=True):  # noqa: F811
    subprocess.run(["scontrol", *map(str, words)], env=cluster.environment, check=check)


@pytest.fixture
def running(cluster, launchpad, launchpad_file, campaign, monkeypatch):  # noqa: F811
    """A job that SLURM may put back, in the middle of an MD segment that takes a minute; its results and number."""
    monkeypatch.setenv("IONSIEVE_CALCULATOR_PACKAGES", PACKAGE)
    engine = {"preset": "toy", "settings": SETTINGS}
    _, results = enter(launchpad, campaign, launchpad_file, short_md=MD, engine=engine)
    work_here(launchpad, SEGMENT)
    exports = [f"IONSIEVE_CALCULATOR_PACKAGES={PACKAGE}", f"{PACE}=0.03"]
    cluster.qlaunch({"spec.stage": "short_md"}, exports=exports, pre_rocket="#SBATCH --requeue\n")
    until(lambda: list(results.entry.folder.rglob("segment-0000.partial.npz")))
    (job,) = cluster.squeue()
    return results, job


def finished(launchpad, results):  # noqa: F811
    """Whether the segment is there."""
    assert results.failures() == ()
    return results.get(StoredSegment, "short_md_segment", SUBJECT) is not None


def test_a_job_that_is_put_back_into_the_queue_goes_on(cluster, launchpad, running):  # noqa: F811
    results, job = running
    scontrol(cluster, "requeue", job)
    until(lambda: finished(launchpad, results))
    until(lambda: not cluster.squeue())
    # The first run ended with a checkpoint, and the job, when it started again, took the rest.
    assert state(launchpad, SEGMENT) == "COMPLETED"
    assert state(launchpad, f"{SEGMENT}+1") == "COMPLETED"
    assert recover(launchpad, results).lost == []


def test_work_of_a_node_that_is_lost_is_done_by_the_job_that_starts_again(cluster, launchpad, running):  # noqa: F811
    results, job = running
    launch = launchpad.launches.find_one({"state": "RUNNING"})
    node = launch["host"]
    # A node that is lost answers nothing: its job is stopped when the queue learns of it, and never goes on.
    os.kill(owner_of(launch).pid, signal.SIGSTOP)
    scontrol(cluster, "update", f"nodename={node}", "state=down", "reason=test")
    os.kill(owner_of(launch).pid, signal.SIGKILL)
    try:
        until(lambda: recover(launchpad, results).lost == [SEGMENT])
        assert cluster.squeue() == [job]
    finally:
        # It may be back by itself, which scontrol then refuses to repeat.
        scontrol(cluster, "update", f"nodename={node}", "state=resume", check=False)
    until(lambda: finished(launchpad, results))
    # The result is written before the state.
    until(lambda: state(launchpad, SEGMENT) == "COMPLETED")


def test_jobs_find_a_campaign_that_was_moved(cluster, launchpad, launchpad_file, campaign):  # noqa: F811
    path, results = enter(launchpad, campaign, launchpad_file)
    cluster.qlaunch(EWALD)
    until(lambda: state(launchpad, EWALD) == "COMPLETED")
    until(lambda: not cluster.squeue())
    old = results.entry.folder
    content = yaml.safe_load(path.read_text())
    new = old.parent.with_name("elsewhere")
    old.parent.rename(new)
    path.write_text(yaml.safe_dump(content | {"work_dir": str(new)}))
    assert f"moved here from {old}" in cluster.run("status", path).stderr
    relax = "relax:Na3SbS4-W0.5-vac_a1"
    cluster.qlaunch(relax)
    until(lambda: state(launchpad, relax) in ("COMPLETED", "FIZZLED"))
    assert results.failures() == ()
    assert list((new / old.name / "relax").rglob("*.json"))
    assert not old.exists()


def test_a_reserved_job_that_starts_after_an_upgrade_gives_its_work_back(
    cluster,  # noqa: F811
    launchpad,  # noqa: F811
    launchpad_file,  # noqa: F811
    campaign,  # noqa: F811
):
    path, results = enter(launchpad, campaign, launchpad_file)
    job = cluster.qlaunch(EWALD, "-r", pre_rocket="#SBATCH --begin=now+1hour\n")
    (number,) = cluster.squeue()
    # As the next release leaves it when somebody submits the campaign with it.
    launchpad.db.ionsieve_campaigns.update_many({}, {"$set": {"version": "99.0.0"}})
    scontrol(cluster, "update", f"JobId={number}", "StartTime=now")
    until(lambda: not cluster.squeue())
    assert state(launchpad, EWALD) == "READY"
    assert "is released" in "".join(path.read_text() for path in job.rglob("*.error"))
    assert launchpad.launches.count_documents({"state": {"$in": ["RUNNING", "RESERVED"]}}) == 0
    assert results.failures() == ()
    # Submitted with this release once more, the work is done.
    submit(open_campaign(str(path)), launchpad)
    cluster.qlaunch(EWALD)
    until(lambda: state(launchpad, EWALD) == "COMPLETED")
    assert results.get(Candidate, "candidate", "Na3SbS4-W0.5-vac_a1") is not None


def test_elements_of_a_job_array_take_a_firework_each_and_one_that_is_killed_is_recovered(
    cluster,  # noqa: F811
    launchpad,  # noqa: F811
    launchpad_file,  # noqa: F811
    campaign,  # noqa: F811
    monkeypatch,
):
    monkeypatch.setenv("IONSIEVE_CALCULATOR_PACKAGES", PACKAGE)
    engine = {"preset": "toy", "settings": SETTINGS}
    _, results = enter(launchpad, campaign, launchpad_file, engine=engine)
    fworker = cluster.folder / "references.yaml"
    fworker.write_text(yaml.safe_dump({"name": "array", "category": "", "query": '{"spec.stage": "reference"}'}))
    script = f"""#!/bin/bash
#SBATCH --array=1-3 --ntasks=1 --no-requeue --time=10 --output=array-%a.out
export PYTHONPATH={ROOT} OMP_NUM_THREADS=1 IONSIEVE_CALCULATOR_PACKAGES={PACKAGE} {PACE}=20
exec {IONSIEVE} rlaunch -l {launchpad_file} -w {fworker} singleshot
"""
    (cluster.folder / "array.sh").write_text(script)
    subprocess.run(["sbatch", "array.sh"], env=cluster.environment, cwd=cluster.folder, check=True)

    def running():
        return [job for job in campaign_jobs(launchpad, results) if job.state == "RUNNING" and job.job is not None]

    # The node has two cores, so that the third element waits under the number of the whole array.
    until(lambda: len(running()) == 2)
    jobs = {job.job: job.key for job in running()}
    assert len(jobs) == 2
    assert {job.queue_state for job in running()} == {"RUNNING"}
    assert recover(launchpad, results, lost_after_s=0).lost == []
    gone, kept = sorted(jobs)
    cluster.scancel("--signal=KILL", "--full", gone)
    until(lambda: recover(launchpad, results, silent_after_s=0).lost == [jobs[gone]])
    assert state(launchpad, jobs[kept]) == "RUNNING"
    # The third begins, with work of its own.
    until(lambda: len(running()) == 2)
    assert len({job.key for job in running()}) == 2


def test_of_two_campaigns_in_one_database_the_stopped_one_gets_no_job(
    cluster,  # noqa: F811
    launchpad,  # noqa: F811
    launchpad_file,  # noqa: F811
    campaign,  # noqa: F811
):
    path, results = enter(launchpad, campaign, launchpad_file)
    other = path.with_name("other.yaml")
    other.write_text(yaml.safe_dump(yaml.safe_load(path.read_text()) | {"name": "other"}))
    others = submit(open_campaign(str(other)), launchpad).results
    assert cluster.run("stop", path).returncode == 0

    def done(entry):
        return launchpad.fireworks.count_documents(fireworks_of(entry, "COMPLETED"))

    # A job that was not made for one Firework, on a node that may take work of both.
    cluster.qlaunch({"spec.stage": "ewald"})
    until(lambda: not cluster.squeue())
    assert (done(results.entry), done(others.entry)) == (0, 1)
    # Nothing is left for it but work of the stopped one: no job is sent, and none that is there takes it.
    cluster.qlaunch({"spec.stage": "ewald"})
    until(lambda: not cluster.squeue())
    assert (done(results.entry), done(others.entry)) == (0, 1)
    assert cluster.run("resume", path).returncode == 0
    cluster.qlaunch({"spec.stage": "ewald"})
    until(lambda: not cluster.squeue())
    assert (done(results.entry), done(others.entry)) == (1, 1)
    assert (results.failures(), others.failures()) == ((), ())


def test_a_campaign_that_is_moved_while_a_job_runs_loses_nothing(cluster, launchpad, running):  # noqa: F811
    results, _ = running
    old = results.entry.folder
    path = old.parent.with_name("campaign.yaml")
    new = old.parent.with_name("elsewhere")
    old.parent.rename(new)
    # The job goes on, and makes the folder again that it knows.
    until(old.exists)
    path.write_text(yaml.safe_dump(yaml.safe_load(path.read_text()) | {"work_dir": str(new)}))
    assert (
        f"moved here from {old}; what running jobs write there is computed again" in cluster.run("status", path).stderr
    )
    until(lambda: not cluster.squeue())
    assert state(launchpad, SEGMENT) == "COMPLETED"
    # Its trajectory is not where the campaign is: the look at it finds that out, and has it run again there.
    exports = [f"IONSIEVE_CALCULATOR_PACKAGES={PACKAGE}"]
    for stage in ("short_md_look", "short_md", "short_md_look"):
        cluster.qlaunch({"spec.stage": stage}, exports=exports)
        until(lambda: not cluster.squeue())
    found = Store(launchpad.db).results(replace(results.entry, folder=new / old.name))
    assert found.failures() == ()
    assert found.decision("short_md", "Na3SbS4-W0.5-vac_a1") is not None
    assert list((new / old.name / "md").rglob("segment-0000.npz"))


def test_other_users_who_may_not_see_jobs_take_none_for_lost(cluster):  # noqa: F811
    """With PrivateData=jobs the queue is empty for others, and the job number is unknown to them."""
    set_private(cluster, "jobs")
    try:
        subprocess.run(["sbatch", "--wrap", "sleep 60"], env=cluster.environment, cwd=cluster.folder, check=True)
        until(cluster.squeue)
        (job,) = cluster.squeue()
        ask = (
            "import os, pwd; from workflows.process.slurm import Submitter, ask_queue, listed_jobs\n"
            "os.setgid(65534); os.setuid(65534)\n"
            "queue = ask_queue()\n"
            f"noted = [Submitter('root', 'private'), Submitter('root'), Submitter(), Submitter('nobody', 'private')]\n"
            f"print(listed_jobs(), queue and [queue.ended({job}, by) for by in noted])\n"
        )
        done = subprocess.run(
            [sys.executable, "-c", ask],
            env=cluster.environment | {"LOGNAME": "nobody"},
            cwd="/",
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.stderr == ""
        # Of a job of one's own that SLURM does not know one can say that it ended, and of no other.
        assert done.stdout == "{} [None, None, None, True]\n"
    finally:
        set_private(cluster, "none")


def set_private(cluster, what):  # noqa: F811
    """Let users see the jobs of others, or not."""
    path = Path(cluster.environment["SLURM_CONF"])
    lines = [line for line in path.read_text().splitlines() if not line.startswith("PrivateData")]
    path.write_text("\n".join([*lines, f"PrivateData={what}"]) + "\n")
    scontrol(cluster, "reconfigure")


def test_limits_and_priorities_that_change_hold_for_jobs_that_wait(cluster, launchpad, launchpad_file, campaign):  # noqa: F811
    path, results = enter(launchpad, campaign, launchpad_file)
    references = {"spec.stage": "reference"}
    held = {"pre_rocket": "#SBATCH --hold\n"}
    cluster.qlaunch(references, "-r", **held)
    for _ in range(2):
        cluster.qlaunch(references, **held)
    reserved, *others = sorted(cluster.squeue())
    last = launchpad.fireworks.find_one({**references, "state": "READY"}, sort=[("fw_id", -1)])["spec"]
    change = {"resources": {"reference": {"at_most": 1}}, "priorities": {last["subject"]: 5}}
    path.write_text(yaml.safe_dump(yaml.safe_load(path.read_text()) | {"execution": change}))
    assert cluster.run("submit", path).returncode == 0
    # As much as is allowed is reserved: the others find nothing, and end.
    for job in others:
        scontrol(cluster, "release", job)
    until(lambda: cluster.squeue() == [reserved])
    assert launchpad.fireworks.count_documents(fireworks_of(results.entry, "COMPLETED", stage="reference")) == 0
    scontrol(cluster, "release", reserved)
    until(lambda: not cluster.squeue())
    assert launchpad.fireworks.count_documents(fireworks_of(results.entry, "COMPLETED", stage="reference")) == 1
    # A job that was not sent for one Firework takes what is the most urgent when it starts.
    cluster.qlaunch(references)
    until(lambda: not cluster.squeue())
    assert state(launchpad, last["key"]) == "COMPLETED"
    assert results.failures() == ()
