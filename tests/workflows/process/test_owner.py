import os
import subprocess
import sys

from workflows.process.owner import Owner, myself, owner_of, parse_owner, start_ticks, stat_fields


def test_a_name_is_read_back(monkeypatch):
    monkeypatch.setenv("SLURM_JOB_ID", "17")
    mine = myself()
    assert mine == owner_of(os.getpid())
    assert mine.job == 17
    assert parse_owner(mine.name) == mine
    assert mine.gone() is False


def test_a_number_that_is_used_again_is_another_process():
    mine = myself()
    assert Owner(mine.host, mine.pid, mine.start - 1).gone() is True
    assert Owner("elsewhere", mine.pid, mine.start - 1).gone() is None


def test_a_zombie_has_a_start_in_the_kernel_and_counts_as_gone():
    child = subprocess.Popen([sys.executable, "-c", ""])
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    assert stat_fields(child.pid)
    assert start_ticks(child.pid) is None
    child.wait()
    assert stat_fields(child.pid) == []
    assert start_ticks(child.pid) is None


def test_a_child_process_that_was_killed_is_seen_as_gone():
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    owner = Owner(myself().host, child.pid, start_ticks(child.pid))
    assert owner.gone() is False
    child.kill()
    child.wait()
    assert owner.gone() is True
