"""A process is known by its number and its start."""

import subprocess
import sys

from workflows.owner import Owner, myself, start_ticks


def test_a_child_process_that_ended_is_seen_as_gone():
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    owner = Owner(myself().host, child.pid, start_ticks(child.pid))
    assert owner.gone() is False
    child.kill()
    child.wait()
    assert owner.gone() is True
