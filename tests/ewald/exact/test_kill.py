"""An exact search killed at any moment and resumed gives what an undisturbed one gives, bit for bit."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

MPIEXEC = Path(sys.prefix) / "bin" / "mpiexec"
RUNNER = Path(__file__).with_name("kill_run.py")
PAUSE_S = 0.05
two_ranks = [pytest.mark.mpi, pytest.mark.skipif(not MPIEXEC.exists(), reason="no mpiexec")]


def start(ranks, *arguments):
    """Start the search in a process group of its own."""
    command = [sys.executable, str(RUNNER), *map(str, arguments)]
    if ranks > 1:
        command = [str(MPIEXEC), "-n", str(ranks), *command]
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[3]), "OMP_NUM_THREADS": "1"}
    return subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )


def finish(process, code=0):
    """Wait for a search and return its output, or what it says of a mistake."""
    output, errors = process.communicate(timeout=300)
    assert process.returncode == code, errors
    return errors if code else output


def written(folder, pattern):
    """Bytes in some files of the checkpoint."""
    return sum(path.stat().st_size for path in (folder / "checkpoint").glob(pattern))


def kill(process, folder, rank, ready, moment_s):
    """Kill one rank some time after ``ready()`` holds; False if the search was done by then."""
    mark = folder / f"pid-{rank}"
    while not (mark.exists() and ready()):
        if process.poll() is not None:
            return False
        time.sleep(0.005)
    time.sleep(moment_s)
    if process.poll() is not None:
        return False
    os.kill(int(mark.read_text()), signal.SIGKILL)
    process.communicate(timeout=100)
    mark.unlink()
    return True


@pytest.fixture(scope="module", params=["patterns", "empty node"])
def way(request, tmp_path_factory):
    """Options for one of the two ways to plan, and the result of an undisturbed search."""
    options = ["--from-empty"] if request.param == "empty node" else []
    return options, finish(start(1, tmp_path_factory.mktemp("whole") / "run", *options))


@pytest.mark.chaos
@pytest.mark.slow
@pytest.mark.parametrize(
    ("ranks", "victim"), [(1, 0), pytest.param(2, 0, marks=two_ranks), pytest.param(2, 1, marks=two_ranks)]
)
def test_killed_three_times_and_resumed(tmp_path, way, ranks, victim):
    options, whole = way
    folder = tmp_path / "run"
    moments = random.Random(ranks * 10 + victim)
    # Before anything is on the disk, once there is a plan, and with finished units.
    early = start(ranks, folder, "--pause", PAUSE_S, *options)
    kill(early, folder, victim, lambda: True, moments.uniform(0.0, 1.0))
    second = start(ranks, folder, "--pause", PAUSE_S, "--resume", *options)
    kill(second, folder, victim, lambda: written(folder, "plan.npz") > 0, moments.uniform(0.0, 0.3))
    third = start(ranks, folder, "--pause", PAUSE_S, "--resume", *options)
    assert kill(third, folder, victim, lambda: written(folder, "*.journal") > 0, moments.uniform(0.0, 0.1))
    # The last attempt runs with another number of ranks and threads: that must not matter either.
    assert finish(start(1, folder, "--resume", "--workers", 2, *options)) == whole
    assert finish(start(1, folder, "--resume", *options)) == whole


@pytest.mark.chaos
def test_checkpoint_of_another_problem_is_refused_and_a_new_search_replaces_it(tmp_path, way):
    options, whole = way
    folder = tmp_path / "run"
    finish(start(1, folder, "--dopants", 2))
    assert "another problem" in finish(start(1, folder, "--resume", *options), code=2)
    assert finish(start(1, folder, *options)) == whole
