"""Searches in processes of their own, whose ranks can be killed: what the tests of resuming share."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

MPIEXEC = Path(sys.prefix) / "bin" / "mpiexec"
two_ranks = [pytest.mark.mpi, pytest.mark.skipif(not MPIEXEC.exists(), reason="no mpiexec")]


def start(runner, ranks, *arguments):
    """Start a script on so many ranks, in a process group of its own."""
    command = [sys.executable, str(runner), *map(str, arguments)]
    if ranks > 1:
        command = [str(MPIEXEC), "-n", str(ranks), *command]
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2]), "OMP_NUM_THREADS": "1"}
    return subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )


def finish(process, code=0):
    """Wait for a search and return its output, or what it says of a mistake."""
    output, errors = process.communicate(timeout=300)
    assert process.returncode == code, errors
    return errors if code else output


def kill_rank(process, folder, rank, moment_s, ready):
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


def mark_process(folder, rank):
    """Write, in a rank, whom to kill: whole or not at all."""
    mark = folder / f"pid-{rank}"
    unseen = mark.with_suffix(f".{os.getpid()}-{threading.get_ident()}")
    unseen.write_text(str(os.getpid()))
    unseen.replace(mark)


def written(folder, pattern):
    """Bytes in the files of a checkpoint."""
    return sum(path.stat().st_size for path in folder.glob(pattern))
