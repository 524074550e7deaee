"""Locks where the kernel refuses flock, taken by real processes."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from workflows.process.dotlock import dot_lock
from workflows.process.owner import Owner

ROOT = Path(__file__).parents[3]
REFUSED = [sys.executable, str(Path(__file__).with_name("without_flock.py"))]
COUNT = """
import sys, time
from pathlib import Path
from workflows.process.files import exclusive
folder = Path(sys.argv[1])
for _ in range(int(sys.argv[2])):
    with exclusive(folder / "lock"):
        inside = folder / "inside"
        inside.touch(exist_ok=False)
        count = int((folder / "count").read_text())
        time.sleep(0.002)
        (folder / "count").write_text(str(count + 1))
        inside.unlink()
"""
HOLD = """
import sys, time
from pathlib import Path
from workflows.process.files import exclusive
with exclusive(Path(sys.argv[1]) / "lock"):
    (Path(sys.argv[1]) / "holds").touch()
    time.sleep(600)
"""
TRY = """
import sys
from pathlib import Path
from workflows.process.files import exclusive
with exclusive(Path(sys.argv[1]) / "lock", wait=False) as held:
    print(held)
"""


def start(code, *arguments):
    return subprocess.Popen(
        [*REFUSED, sys.executable, "-c", code, *map(str, arguments)],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_processes_take_turns(tmp_path):
    (tmp_path / "count").write_text("0")
    processes = [start(COUNT, tmp_path, 10) for _ in range(3)]
    said = [process.communicate(timeout=120)[1] for process in processes]
    assert [process.returncode for process in processes] == [0, 0, 0], said
    assert (tmp_path / "count").read_text() == "30"
    # One line that names the file system, once in each process.
    for text in said:
        (line,) = text.splitlines()
        assert line.startswith(f"{tmp_path}: the file system /")
        assert "has no flock (Function not implemented)" in line
    assert {path.name for path in tmp_path.iterdir()} == {"count", "lock"}


def test_the_lock_of_a_killed_process_is_taken_over(tmp_path):
    holder = start(HOLD, tmp_path)
    while not (tmp_path / "holds").exists():
        assert holder.poll() is None
        time.sleep(0.02)
    assert start(TRY, tmp_path).communicate(timeout=60)[0] == "False\n"
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    holder.communicate()
    assert start(TRY, tmp_path).communicate(timeout=60)[0] == "True\n"
    assert not (tmp_path / "lock.held").exists()


@pytest.mark.parametrize(("age_s", "free"), [(20, False), (400, True)])
def test_an_owner_on_another_machine_counts_while_it_renews_its_lock(tmp_path, age_s, free):
    held = tmp_path / "lock.held"
    held.write_text(Owner("node7", 12, 345).name)
    os.utime(held, (time.time() - age_s, time.time() - age_s))
    with dot_lock(tmp_path / "lock", wait=False) as got:
        assert got is free
    assert held.exists() is not free


def test_a_takeover_that_was_killed_half_way_is_no_obstacle(tmp_path):
    for name in ("lock.held", "lock.held.takeover"):
        (tmp_path / name).write_text(Owner(os.uname().nodename, 999_999_999, 1).name)
    with dot_lock(tmp_path / "lock", wait=False) as got:
        assert got
    assert list(tmp_path.iterdir()) == []
