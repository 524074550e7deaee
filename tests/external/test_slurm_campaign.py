"""A campaign's Fireworks on a real SLURM: MPI ranks, walltime, nodes without database, jobs that are gone."""

import datetime as dt
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import yaml
from fireworks import FWorker
from fireworks.core.rocket_launcher import launch_rocket

from screening.plan.composition_record import CompositionRecord
from screening.relaxation.relaxation import RelaxedStructure
from tests.external.paced_toy import PACE, PACKAGE, SETTINGS
from tests.workflows.conftest import campaign, launchpad, launchpad_file, mongod_program, server  # noqa: F401
from workflows.campaign.campaign_file import open_campaign
from workflows.engines.checkpoint import read_arrays
from workflows.launchpad.heartbeat import NOTE
from workflows.md.runs import StoredSegment
from workflows.operations.jobs import campaign_jobs
from workflows.operations.status import campaign_status
from workflows.operations.submit import submit
from workflows.recovery.recover import recover
from workflows.shipped import config_path

pytestmark = [pytest.mark.external, pytest.mark.mongod, pytest.mark.slow]

ROOT = Path(__file__).parents[2]
IONSIEVE = f"{sys.executable} -m workflows.cli.main"
MPIEXEC = str(Path(sys.prefix) / "bin" / "mpiexec")
EWALD = "ewald:Na3SbS4-W0.5-vac"
SEGMENT = "short_md:Na3SbS4-W0.5-vac_a1@600K#0"


class Cluster:
    """The queue adapter of configs/clusters/slurm.yaml with what a test changes, and the commands of its user."""

    def __init__(self, environment, folder, connection):
        self.environment = environment | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
        self.folder = folder
        self.connection = connection

    def qlaunch(self, query, *options, offline=False, exports=(), **changes):
        """Send one job for one Firework, of a key or by a query, to the queue; returns the folder that it starts in."""
        wanted = query if isinstance(query, dict) else {"spec.key": query}
        number = sum(1 for _ in self.folder.glob("job-*"))
        job = self.folder / f"job-{number}"
        job.mkdir()
        fworker = self.folder / "my_fworker.yaml"
        fworker.write_text(yaml.safe_dump({"name": "queue", "category": "", "query": json.dumps(wanted)}))
        adapter = yaml.safe_load(config_path("clusters", "slurm").read_text())
        connection = "" if offline else f"-l {self.connection} -w {fworker} "
        adapter["rocket_launch"] = f"exec {IONSIEVE} rlaunch {connection}singleshot" + (" --offline" if offline else "")
        adapter["pre_rocket"] = changes.pop("pre_rocket", adapter["pre_rocket"]) + "\n"
        adapter["pre_rocket"] += "".join(f"export {line}\n" for line in (f"PYTHONPATH={ROOT}", *exports))
        (job / "my_qadapter.yaml").write_text(yaml.safe_dump(adapter | {"ntasks": 1, "job_name": "test"} | changes))
        command = [
            "qlaunch",
            *options,
            "-l",
            self.connection,
            "-w",
            fworker,
            "-q",
            "my_qadapter.yaml",
            "singleshot",
        ]
        said = self.run(*command, cwd=job)
        assert "Error" not in said.stdout + said.stderr, said.stderr
        return job

    def run(self, *words, cwd=None):
        command = [*IONSIEVE.split(), *map(str, words)]
        return subprocess.run(
            command, env=self.environment, cwd=cwd or self.folder, capture_output=True, text=True, check=False
        )

    def squeue(self):
        command = ["squeue", "--noheader", "--format", "%A"]
        answer = subprocess.run(command, env=self.environment, capture_output=True, text=True, check=True)
        return [int(word) for word in answer.stdout.split()]

    def scancel(self, *words):
        subprocess.run(["scancel", *map(str, words)], env=self.environment, check=True)


@pytest.fixture
def cluster(slurm, tmp_path, launchpad_file, monkeypatch):  # noqa: F811
    monkeypatch.setenv("SLURM_CONF", slurm["SLURM_CONF"])
    monkeypatch.setenv("PATH", slurm["PATH"])
    made = Cluster(slurm, tmp_path, launchpad_file)
    yield made
    # Jobs may end between the two commands.
    if left := made.squeue():
        subprocess.run(["scancel", *map(str, left)], env=made.environment, check=False)
    until(lambda: not made.squeue())


def until(condition, seconds=180):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.3)


def state(launchpad, key):  # noqa: F811
    row = launchpad.fireworks.find_one({"spec.key": key}, {"state": 1})
    return row and row["state"]


def enter(launchpad, campaign, launchpad_file, **changes):  # noqa: F811
    """Submit the toy campaign; returns its file and results."""
    database = {"mode": "launchpad", "launchpad_file": str(launchpad_file)}
    path = campaign(database=database, **changes)
    return path, submit(open_campaign(str(path)), launchpad).results


def work_here(launchpad, key):  # noqa: F811
    """Do everything that leads to a Firework in this process."""
    query = {"spec.stage": {"$nin": [key.split(":")[0]]}}
    while state(launchpad, key) != "READY":
        assert launch_rocket(launchpad, FWorker(query=query), strm_lvl="ERROR")


def test_the_ewald_stage_runs_on_two_ranks(cluster, launchpad, launchpad_file, campaign):  # noqa: F811
    _, results = enter(
        launchpad,
        campaign,
        launchpad_file,
        ewald={"keep": 2, "method": "exhaustive"},
        execution={"mpi_launcher": [MPIEXEC, "-n", "2"], "mpi_ranks": 2},
    )
    cluster.qlaunch(EWALD, ntasks=2)
    until(lambda: state(launchpad, EWALD) in ("COMPLETED", "FIZZLED"))
    assert results.failures() == ()
    found = yaml.safe_load(next(results.entry.folder.rglob("search/result.json")).read_text())
    assert found["ranks"] == 2
    assert results.get(CompositionRecord, "ewald", "Na3SbS4-W0.5-vac").certified


@pytest.mark.parametrize(
    ("launcher", "seen"),
    [
        (["srun", "-n", "2", "--overlap"], "MPI sees 1"),  # two processes that do not know of each other
        (["mpiexec", "-n", "1"], "MPI sees 1"),
    ],
)
def test_another_number_of_ranks_is_refused(  # noqa: PLR0917
    cluster,
    launchpad,  # noqa: F811
    launchpad_file,  # noqa: F811
    campaign,  # noqa: F811
    launcher,
    seen,
):
    program = MPIEXEC if launcher[0] == "mpiexec" else shutil.which(launcher[0], path=cluster.environment["PATH"])
    execution = {"mpi_launcher": [program, *launcher[1:]], "mpi_ranks": 2}
    _, results = enter(launchpad, campaign, launchpad_file, execution=execution)
    cluster.qlaunch(EWALD, ntasks=2)
    until(lambda: state(launchpad, EWALD) in ("COMPLETED", "FIZZLED"))
    (failure,) = results.failures()
    assert failure.kind == "input"
    assert f"2 ranks were asked for, and {seen}" in failure.reason


def test_a_segment_that_meets_its_jobs_walltime_goes_on_in_the_next_job(
    cluster,
    launchpad,  # noqa: F811
    launchpad_file,  # noqa: F811
    campaign,  # noqa: F811
    monkeypatch,
):
    """SLURM's own time limit (one minute, its least) reaches the engine, which stops in time with a checkpoint."""
    allowed = f"IONSIEVE_CALCULATOR_PACKAGES={PACKAGE}"
    monkeypatch.setenv(*allowed.split("="))
    md = {"length_ps": 4, "segment_ps": 4, "timestep_fs": 2, "frame_every_fs": 20, "temperatures_K": [600]}
    short = {**md, "equilibration_ps": 0.05, "adaptive": False}
    engine = {"preset": "toy", "settings": SETTINGS}
    _, results = enter(launchpad, campaign, launchpad_file, short_md=short, engine=engine)
    work_here(launchpad, SEGMENT)
    # The job stops 30 s before its minute is over; no signal tells it. At this pace its 2,000 steps take 100 s.
    exports = [allowed, f"{PACE}=0.05", "IONSIEVE_STOP_EARLY_S=30"]
    cluster.qlaunch(SEGMENT, walltime="00:01:00", signal=None, exports=exports)
    until(lambda: state(launchpad, SEGMENT) in ("COMPLETED", "FIZZLED"))
    assert results.failures() == ()
    # FireWorks writes the state of a Firework before those of its followers.
    until(lambda: state(launchpad, f"{SEGMENT}+1") == "READY", seconds=30)
    (checkpoint,) = results.entry.folder.rglob("segment-0000.partial.npz")
    done = int(read_arrays(checkpoint)["step"][-1])
    assert done < 2_000
    cluster.qlaunch(f"{SEGMENT}+1", walltime="00:20:00", signal=None, exports=[allowed])
    until(lambda: state(launchpad, f"{SEGMENT}+1") in ("COMPLETED", "FIZZLED"), seconds=600)
    assert results.failures() == ()
    (trajectory,) = results.entry.folder.rglob("segment-0000.npz")
    assert np.array_equal(read_arrays(trajectory)["step"], np.arange(0, 2_001, 10))


def test_nodes_without_database_relax_and_run_md(cluster, launchpad, launchpad_file, campaign):  # noqa: F811
    path, results = enter(launchpad, campaign, launchpad_file)
    relax, subject = "relax:Na3SbS4-W0.5-vac_a1", "Na3SbS4-W0.5-vac_a1"
    work_here(launchpad, relax)
    nowhere = [f"HOME={cluster.folder}/nowhere", f"FW_CONFIG_FILE={cluster.folder}/none.yaml"]
    job = cluster.qlaunch(relax, "-r", offline=True, exports=nowhere)
    assert str(launchpad_file) not in (job / "FW_submit.script").read_text()
    until(lambda: not cluster.squeue())
    assert state(launchpad, relax) == "RESERVED"
    assert results.get(RelaxedStructure, "relax", subject) is None
    assert "collected the results of 1 offline runs" in cluster.run("recover", path).stdout
    assert state(launchpad, relax) == "COMPLETED"
    assert results.get(RelaxedStructure, "relax", subject).steps > 0

    work_here(launchpad, SEGMENT)
    cluster.qlaunch(SEGMENT, "-r", offline=True, exports=nowhere)
    until(lambda: not cluster.squeue())
    cluster.run("lpad", "-l", launchpad_file, "recover_offline")
    assert state(launchpad, SEGMENT) == "COMPLETED"
    assert results.get(StoredSegment, "short_md_segment", f"{subject}@600K#0000").sha256
    work_here(launchpad, "short_md_look:Na3SbS4-W0.5-vac_a1#2")


def test_recover_asks_slurm_for_jobs_that_are_gone(cluster, launchpad, launchpad_file, campaign):  # noqa: F811
    md = {"length_ps": 5000, "segment_ps": 5000, "timestep_fs": 5, "temperatures_K": [600], "equilibration_ps": 0.05}
    _, results = enter(launchpad, campaign, launchpad_file, short_md={**md, "adaptive": False})
    work_here(launchpad, SEGMENT)
    cluster.qlaunch(SEGMENT)
    until(lambda: (launchpad.launches.find_one({"state": "RUNNING"}) or {}).get(NOTE))
    launch = launchpad.launches.find_one({"state": "RUNNING"})
    (job,) = cluster.squeue()
    assert f":job{job}" in launch[NOTE]["owner"]
    # As if it ran on another node, of which only the queue knows.
    away = launch[NOTE]["owner"].replace(os.uname().nodename, "node99")
    launchpad.launches.update_one({"launch_id": launch["launch_id"]}, {"$set": {f"{NOTE}.owner": away}})
    assert recover(launchpad, results, lost_after_s=0, silent_after_s=120).fixed == 0
    # Without a chance to end cleanly, which it would take from scancel alone.
    os.kill(int(launch[NOTE]["owner"].split(":")[1]), signal.SIGKILL)
    cluster.scancel(job)
    until(lambda: not cluster.squeue())
    assert recover(launchpad, results).lost == []  # its last ping is too young
    assert recover(launchpad, results, silent_after_s=0).lost == [SEGMENT]
    assert state(launchpad, SEGMENT) == "READY"


def test_a_reserved_job_that_was_cancelled_is_given_back(cluster, launchpad, launchpad_file, campaign):  # noqa: F811
    _, results = enter(launchpad, campaign, launchpad_file)
    cluster.qlaunch(EWALD, "-r", offline=False, pre_rocket="#SBATCH --begin=now+1hour")
    (job,) = cluster.squeue()
    assert state(launchpad, EWALD) == "RESERVED"
    assert recover(launchpad, results, lost_after_s=0, grace_s=0).fixed == 0
    cluster.scancel(job)
    until(lambda: not cluster.squeue())
    assert campaign_jobs(launchpad, results)[0].words == "reserved, its job is not listed"
    assert recover(launchpad, results, silent_after_s=0).cancelled == [EWALD]
    assert state(launchpad, EWALD) == "READY"


def test_the_job_asks_for_what_the_campaign_file_says(cluster, launchpad, launchpad_file, campaign):  # noqa: F811
    asked = {"cores": 2, "threads": 2, "memory_GB": 0.25, "walltime_h": 0.5, "queue": "main"}
    resources = {"toy": {"cores": 1, "walltime_h": 9}, "relax": asked}
    _, results = enter(launchpad, campaign, launchpad_file, execution={"resources": resources})
    relax = "relax:Na3SbS4-W0.5-vac_a1"
    work_here(launchpad, relax)
    cluster.qlaunch(relax, "-r", pre_rocket="#SBATCH --begin=now+1hour", ntasks=1, walltime="00:05:00")
    (job,) = cluster.squeue()
    shown = subprocess.run(
        ["scontrol", "--oneliner", "show", "job", str(job)],
        env=cluster.environment,
        capture_output=True,
        text=True,
        check=True,
    )
    found = dict(word.split("=", 1) for word in shown.stdout.split() if "=" in word)
    assert (found["NumNodes"].split("-")[0], found["NumTasks"], found["CPUs/Task"]) == ("1", "1", "2")
    assert (found["TimeLimit"], found["Partition"], found["MinMemoryNode"]) == ("00:30:00", "main", "256M")
    # And what becomes of it is told: why the job waits, then where it runs.
    (waiting,) = campaign_jobs(launchpad, results)
    assert (waiting.key, waiting.state, waiting.job, waiting.queue_state) == (relax, "RESERVED", job, "PENDING")
    assert waiting.words == "reserved, its job is pending (BeginTime)"
    found = campaign_status(launchpad, results, jobs=True)
    assert "nothing runs: 1 reserved for queue jobs" in found.now
    assert next(stage.queue["RESERVED"] for stage in found.stages if stage.name == "relax") == 1


def test_the_status_tells_where_a_job_runs_and_that_it_lives(cluster, launchpad, launchpad_file, campaign):  # noqa: F811
    md = {"length_ps": 5000, "segment_ps": 5000, "timestep_fs": 5, "temperatures_K": [600], "equilibration_ps": 0.05}
    path, results = enter(launchpad, campaign, launchpad_file, short_md={**md, "adaptive": False})
    work_here(launchpad, SEGMENT)
    cluster.qlaunch(SEGMENT, "-r")
    until(lambda: (launchpad.launches.find_one({"state": "RUNNING"}) or {}).get(NOTE, {}).get("owner"))
    (number,) = cluster.squeue()
    (running,) = campaign_jobs(launchpad, results)
    assert (running.key, running.state, running.job, running.host) == (SEGMENT, "RUNNING", number, os.uname().nodename)
    assert (running.words, running.queue_state) == ("runs", "RUNNING")
    assert running.ping_s < 60
    said = cluster.run("status", path).stdout
    assert f"{number}" in said
    assert "now: 1 running" in said
    shown = json.loads(cluster.run("status", path, "--json").stdout)
    assert [(job["key"], job["job"]) for job in shown["jobs"]] == [(SEGMENT, number)]
    # As if it had stopped to ping four minutes ago.
    old = dt.datetime.now(dt.UTC) - dt.timedelta(minutes=4)
    launchpad.launches.update_one({"state": "RUNNING"}, {"$set": {f"{NOTE}.seen": old}})
    assert campaign_jobs(launchpad, results)[0].words == "silent for 4 min 0 s; ionsieve recover"
