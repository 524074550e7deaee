"""External codes end with everything they started, however their end comes."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ewald.errors import DependencyError
from workflows.process.run_code import PROCESS_FILE, end_leftover, find_executable, run_code
from workflows.process.stop import StopRequest

#: A code that starts a child and waits; both write their process number.
PARENT = "import os,subprocess,sys,time; c=subprocess.Popen([sys.executable,'-c','import time; time.sleep(60)']); "
PARENT += "open('pids','w').write(f'{os.getpid()} {c.pid}'); time.sleep(60)"


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def wait_until(condition, seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_output_status_and_environment(tmp_path: Path):
    with StopRequest() as stop:
        command = [sys.executable, "-c", "import os; print(os.environ['X'], os.getcwd()); raise SystemExit(3)"]
        ended = run_code(command, tmp_path, log="log", stop=stop, environment={"X": "y"})
    assert (ended.exit_status, ended.stopped) == (3, None)
    assert (tmp_path / "log").read_text().split() == ["y", str(tmp_path)]
    assert not (tmp_path / PROCESS_FILE).exists()


def test_walltime_ends_the_whole_group(tmp_path: Path):
    with StopRequest(1.5) as stop:
        ended = run_code([sys.executable, "-c", PARENT], tmp_path, log="log", stop=stop, environment={}, grace_s=1)
    assert ended.stopped == "walltime"
    assert not any(alive(int(pid)) for pid in (tmp_path / "pids").read_text().split())


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSEGV])
def test_a_killed_code_is_told_by_its_status_and_leaves_no_child(tmp_path: Path, number: signal.Signals):
    """The code itself dies (out of memory, an operator); what it had started goes with it."""
    code = PARENT.removesuffix("time.sleep(60)") + f"os.kill(os.getpid(), {int(number)})"
    with StopRequest() as stop:
        ended = run_code([sys.executable, "-c", code], tmp_path, log="log", stop=stop, environment={}, grace_s=1)
    assert (ended.exit_status, ended.stopped) == (-number, None)
    assert not any(alive(int(pid)) for pid in (tmp_path / "pids").read_text().split())
    assert not (tmp_path / PROCESS_FILE).exists()


RUNNER = """
import sys
from pathlib import Path
from workflows.process.run_code import run_code
from workflows.process.stop import StopRequest
with StopRequest() as stop:
    run_code([sys.executable, "-c", sys.argv[2]], Path(sys.argv[1]), log="log", stop=stop, environment={})
"""


@pytest.mark.chaos
def test_a_killed_worker_takes_its_code_along_and_the_next_run_its_grandchildren(tmp_path: Path):
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])}
    worker = subprocess.Popen([sys.executable, "-c", RUNNER, str(tmp_path), PARENT], env=environment)
    wait_until(lambda: (tmp_path / "pids").exists() and len((tmp_path / "pids").read_text().split()) == 2)
    code, child = (int(pid) for pid in (tmp_path / "pids").read_text().split())
    worker.send_signal(signal.SIGKILL)
    worker.wait()
    wait_until(lambda: not alive(code))
    assert alive(child)
    end_leftover(tmp_path)
    assert not alive(child)


def test_a_leftover_group_is_ended_only_when_it_is_the_noted_one(tmp_path: Path):
    process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], start_new_session=True)
    started = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()[19]
    note = tmp_path / PROCESS_FILE
    note.write_text(json.dumps({"pid": process.pid, "started": str(int(started) - 1)}))
    end_leftover(tmp_path)
    assert alive(process.pid)
    note.write_text(json.dumps({"pid": process.pid, "started": started}))
    end_leftover(tmp_path)
    assert process.wait(10) == -signal.SIGKILL
    assert not note.exists()


def test_missing_executable_says_what_to_do():
    with pytest.raises(DependencyError, match="install it"):
        find_executable("no-such-program", fix="install it")
