"""A search killed at any moment and resumed equals one that was never killed, bit for bit."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MPIEXEC = Path(sys.prefix) / "bin" / "mpiexec"
RUNNER = Path(__file__).with_name("scheduler_run.py")
PAUSE_S = 0.15


def start(ranks, *arguments):
    """Start the search; it leads a process group of its own."""
    command = [sys.executable, str(RUNNER), *map(str, arguments)]
    if ranks > 1:
        command = [str(MPIEXEC), "-n", str(ranks), *command]
    environment = os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    return subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )


def finish(process):
    """Wait for a search and return its output."""
    output, errors = process.communicate(timeout=200)
    assert process.returncode == 0, errors
    return output


def kill_rank(process, folder, rank, moment_s, enough):
    """Kill one rank some time after ``enough()`` holds; False if it was done by then."""
    mark = folder / f"pid-{rank}"
    while not (mark.exists() and enough()):
        if process.poll() is not None:
            return False
        time.sleep(0.01)
    time.sleep(moment_s)
    if process.poll() is not None:
        return False
    os.kill(int(mark.read_text()), signal.SIGKILL)
    process.communicate(timeout=100)
    mark.unlink()
    return True


def journalled(folder):
    """Bytes in the journals."""
    return sum(path.stat().st_size for path in folder.glob("*.journal"))


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory):
    return finish(start(1, tmp_path_factory.mktemp("whole") / "run"))


@pytest.mark.chaos
@pytest.mark.slow
@pytest.mark.parametrize(
    ("ranks", "victim"),
    [
        (1, 0),
        pytest.param(2, 0, marks=[pytest.mark.mpi, pytest.mark.skipif(not MPIEXEC.exists(), reason="no mpiexec")]),
        pytest.param(2, 1, marks=[pytest.mark.mpi, pytest.mark.skipif(not MPIEXEC.exists(), reason="no mpiexec")]),
    ],
)
def test_killed_twice_and_resumed(tmp_path, uninterrupted, ranks, victim):
    folder = tmp_path / "run"
    moments = random.Random(ranks * 10 + victim)
    process = start(ranks, folder, "--pause", PAUSE_S)
    assert kill_rank(process, folder, victim, moments.uniform(0.0, 0.1), lambda: journalled(folder) > 0)
    before = journalled(folder)
    assert before > 0
    again = start(ranks, folder, "--pause", PAUSE_S, "--resume")
    kill_rank(again, folder, victim, moments.uniform(0.0, 1.0), lambda: True)
    # The third attempt runs with another number of ranks and threads: that must not matter either.
    assert finish(start(1, folder, "--resume", "--workers", 2)) == uninterrupted
    assert journalled(folder) > before
    assert finish(start(1, folder, "--resume")) == uninterrupted


@pytest.mark.chaos
def test_resuming_a_finished_run_repeats_its_result(tmp_path, uninterrupted):
    folder = tmp_path / "run"
    assert finish(start(1, folder)) == uninterrupted
    assert finish(start(1, folder, "--resume")) == uninterrupted
