"""`ionsieve screen` under an MPI launcher, to be killed at any moment."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parents[2]
PATIENCE_S = 60.0


def screen(path, ranks, *options):
    """Start the Ewald stage of a campaign on some ranks."""
    launcher = [] if ranks == 1 else [str(Path(sys.prefix) / "bin" / "mpiexec"), "-n", str(ranks)]
    environment = os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", "NUMBA_NUM_THREADS": "1"}
    command = [*launcher, sys.executable, "-m", "workflows.cli.main", "screen", str(path), *options]
    return subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)


def ranks_of(path):
    """Processes that still screen a campaign file."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            words = (entry / "cmdline").read_bytes().split(b"\0")
            if b"workflows.cli.main" in words and str(path).encode() in words:
                found.append(int(entry.name))
    return found


def kill_launcher(run, path, seconds):
    """Kill the launcher after a while, and wait for its ranks, which notice its end by themselves."""
    with contextlib.suppress(subprocess.TimeoutExpired):
        run.wait(seconds)
    run.send_signal(signal.SIGKILL)
    run.wait()
    end = time.monotonic() + PATIENCE_S
    while ranks_of(path) and time.monotonic() < end:
        time.sleep(0.05)
    assert ranks_of(path) == []
