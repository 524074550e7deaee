"""Whole campaigns through the command line, undisturbed and with kills at random moments: the outcome is the same."""

import contextlib
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from screening.record.record_file import read_record
from tests.science import science
from workflows.database.server import PrivateServer

pytestmark = [pytest.mark.mongod, pytest.mark.slow]

TIME_LIMIT_S = 400


@pytest.fixture(scope="module")
def undisturbed(mongod_program, tmp_path_factory):
    """Record of the toy campaign when nothing goes wrong."""
    import yaml

    from tests.toy_campaign import TOY

    folder = tmp_path_factory.mktemp("calm")
    path = folder / "campaign.yaml"
    path.write_text(yaml.safe_dump({**TOY, "work_dir": str(folder / "work")}))
    done = subprocess.run(
        command(path), env=environment_here(), capture_output=True, text=True, timeout=TIME_LIMIT_S, check=False
    )
    assert done.returncode == 0, done.stderr
    assert not PrivateServer(folder / "work" / "toy" / "database").status().running
    return read_record(folder / "work" / "toy"), done.stdout


def environment_here():
    root = str(Path(__file__).parents[2])
    return os.environ | {"PYTHONPATH": root, "OMP_NUM_THREADS": "1", "COLUMNS": "200"}


def command(path):
    return [sys.executable, "-m", "workflows.cli.main", "run", str(path)]


def workers_of(run):
    """Process ids of the workers of a run."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                words = (entry / "cmdline").read_bytes().split(b"\0")
                if b"workflows.workers.worker" in words and str(run.pid).encode() in words:
                    found.append(int(entry.name))
    return found


def left_behind(folder):
    """Processes of a campaign's folder that still live, its server apart."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                text = (entry / "cmdline").read_bytes()
                if str(folder).encode() in text and b"workflows.workers.worker" in text:
                    found.append(int(entry.name))
    return found


def test_a_campaign_runs_to_its_end_and_says_where_everything_is(undisturbed):
    record, said = undisturbed
    (hull,) = [d for d in record.decisions if d.stage == "hull" and d.verdict != "fail"]
    assert hull.verdict == "undecided"  # no reference phase of Na-S-W
    assert "lower bound: competing phases missing" in hull.reason
    assert {run.stage for run in record.md} >= {"short_md"}
    for word in ("record.json", "report", "my_launchpad.yaml", "toy"):
        assert word in said
    assert all(run.transport is not None for run in record.md)


def test_workers_that_share_a_potential_find_the_same(undisturbed, short_folder, campaign):
    path = campaign(
        work_dir=str(short_folder),
        engine={"preset": "toy", "settings": {"cells_at_once": 8}},
        execution={"workers": 3},
    )
    environment = environment_here() | {"TMPDIR": str(short_folder)}
    subprocess.run(command(path), env=environment, check=True, capture_output=True, timeout=TIME_LIMIT_S)
    assert science(read_record(short_folder / "toy")) == science(undisturbed[0])
    (log,) = short_folder.glob("ionsieve-*-engines/*.log")
    assert not log.read_bytes()


def test_running_again_changes_nothing(undisturbed, short_folder, campaign):
    path = campaign(work_dir=str(short_folder))
    for _ in range(2):
        subprocess.run(command(path), env=environment_here(), check=True, capture_output=True, timeout=TIME_LIMIT_S)
        assert science(read_record(short_folder / "toy")) == science(undisturbed[0])


@pytest.mark.parametrize("seed", [1, 2])
def test_killed_workers_change_nothing(undisturbed, short_folder, campaign, seed):
    path = campaign(work_dir=str(short_folder), execution={"workers": 2, "max_reruns": 50})
    draw = random.Random(seed)
    with subprocess.Popen(command(path), env=environment_here(), stdout=subprocess.PIPE, stderr=subprocess.PIPE) as run:
        end = time.monotonic() + TIME_LIMIT_S
        kills = 0
        while run.poll() is None and time.monotonic() < end:
            time.sleep(draw.uniform(2.0, 6.0))
            victims = workers_of(run)
            if victims and kills < 6:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(draw.choice(victims), signal.SIGKILL)
                kills += 1
        assert run.poll() == 0, run.stderr.read().decode()
    assert kills > 0
    assert science(read_record(short_folder / "toy")) == science(undisturbed[0])


def test_ctrl_c_and_kill_of_everything_then_the_same_command(undisturbed, short_folder, campaign):
    path = campaign(work_dir=str(short_folder))
    for number, wait_s in ((signal.SIGINT, 6), (signal.SIGKILL, 8), (signal.SIGTERM, 7)):
        with subprocess.Popen(
            command(path), env=environment_here(), stdout=subprocess.PIPE, stderr=subprocess.PIPE
        ) as run:
            time.sleep(wait_s)
            run.send_signal(number)
            run.wait(60)
            if number == signal.SIGINT and run.returncode != 0:
                assert run.returncode == 130
                assert b"resumes from here" in run.stderr.read()
        end = time.monotonic() + 30
        while left_behind(short_folder) and time.monotonic() < end:
            time.sleep(0.1)
        assert left_behind(short_folder) == []
    subprocess.run(command(path), env=environment_here(), check=True, capture_output=True, timeout=TIME_LIMIT_S)
    assert science(read_record(short_folder / "toy")) == science(undisturbed[0])


def test_a_killed_database_comes_back(undisturbed, short_folder, campaign):
    path = campaign(work_dir=str(short_folder), execution={"workers": 2, "max_reruns": 50})
    server = PrivateServer(short_folder / "toy" / "database")
    with subprocess.Popen(command(path), env=environment_here(), stdout=subprocess.PIPE, stderr=subprocess.PIPE) as run:
        while run.poll() is None and not workers_of(run):
            time.sleep(0.2)
        for _ in range(3):
            time.sleep(4)
            pid = server.status().pid
            if pid is not None and run.poll() is None:
                os.kill(pid, signal.SIGKILL)
        assert run.wait(TIME_LIMIT_S) == 0, run.stderr.read().decode()
    assert science(read_record(short_folder / "toy")) == science(undisturbed[0])
