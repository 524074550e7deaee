"""Sharing out of work: every unit once, the same result whoever does it, errors that do not hang."""

import os
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ewald.errors import CheckpointError, UserError
from ewald.parallel.checkpoint import Checkpoint
from ewald.parallel.scheduler import chunk_starts, execute
from ewald.parallel.transport import LocalTransport, check_launcher, open_transport

ROOT = Path(__file__).parents[3]
MPIEXEC = Path(sys.prefix) / "bin" / "mpiexec"
RUNNER = Path(__file__).parents[1] / "scheduler_run.py"


@dataclass
class Toy:
    """Collects unit numbers; fails at one of them if told to."""

    units: int
    fails_at: int = -1
    seen: list = field(default_factory=list)

    def size(self, unit):
        return 1

    def run(self, unit, threshold):
        if unit == self.fails_at:
            raise RuntimeError("unit failed")
        assert threshold() >= 100.0 - self.units
        self.seen.append(unit)
        return (unit,)

    def finished(self, part):
        return True

    def merge(self, left, right):
        return tuple(sorted(left + right))

    def threshold_of(self, part):
        return 100.0 - max(part)

    def best_of(self, part):
        return -float(max(part))

    def encode(self, part):
        return ",".join(map(str, part)).encode()

    def decode(self, data):
        return tuple(map(int, data.decode().split(",")))


@given(st.integers(0, 5000), st.integers(1, 300))
def test_chunks_cover_every_unit_once(units, workers):
    starts = chunk_starts(units, workers)
    assert starts[0] == 0
    assert starts[-1] == units
    assert (starts[1:] > starts[:-1]).all()
    if units >= workers:
        assert len(starts) > workers
        assert starts[workers] <= units / 2 + workers


@pytest.mark.parametrize("workers", [1, 2, 5])
@pytest.mark.parametrize("units", [0, 1, 2, 37])
def test_every_unit_once(units, workers):
    toy = Toy(units)
    part, ranks = execute(toy, workers=workers)
    assert ranks == 1
    assert part == (tuple(range(units)) or None)
    assert Counter(toy.seen) == Counter(range(units))


@pytest.mark.parametrize("workers", [1, 3])
def test_a_failing_unit_is_reported(workers):
    with pytest.raises(RuntimeError, match="unit failed"):
        execute(Toy(40, fails_at=17), workers=workers)


@pytest.mark.parametrize("workers", [1, 2])
def test_resume_does_only_what_is_left(tmp_path, workers):
    with pytest.raises(RuntimeError):
        execute(Toy(40, fails_at=17), checkpoint=eager(tmp_path, "key"), workers=1)
    again = Toy(40)
    part, _ = execute(again, checkpoint=eager(tmp_path, "key"), resume=True, workers=workers)
    assert part == tuple(range(40))
    assert 17 in again.seen
    assert len(again.seen) < 40
    third = Toy(40)
    execute(third, checkpoint=eager(tmp_path, "key"), resume=True)
    assert third.seen == []


class _Eager(Checkpoint):
    def journal(self, attempt, rank, interval_s=1.0):
        return super().journal(attempt, rank, 0.0)


def eager(directory, key):
    """A checkpoint that writes every unit at once."""
    return _Eager(directory, key)


def test_without_resume_old_units_are_forgotten(tmp_path):
    execute(Toy(10), checkpoint=eager(tmp_path, "key"))
    toy = Toy(10)
    execute(toy, checkpoint=eager(tmp_path, "key"))
    assert len(toy.seen) == 10


def test_another_problem_is_refused(tmp_path):
    execute(Toy(10), checkpoint=eager(tmp_path, "key"))
    with pytest.raises(CheckpointError, match="another problem"):
        execute(Toy(10), checkpoint=eager(tmp_path, "other"), resume=True)


@pytest.mark.parametrize("damage", ["cut", "flip"])
def test_damaged_records_are_done_again(tmp_path, damage):
    execute(Toy(10), checkpoint=eager(tmp_path, "key"))
    (journal,) = tmp_path.glob("*.journal")
    data = bytearray(journal.read_bytes())
    if damage == "cut":
        del data[-3:]
    else:
        data[len(data) // 2] ^= 1
    journal.write_bytes(data)
    toy = Toy(10)
    part, _ = execute(toy, checkpoint=eager(tmp_path, "key"), resume=True)
    assert part == tuple(range(10))
    assert 0 < len(toy.seen) < 10


def test_unwritable_directory(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="cannot write"):
        Checkpoint(tmp_path / "file" / "sub", "key")


def test_copies_that_do_not_know_of_each_other_are_refused(monkeypatch):
    monkeypatch.setenv("OMPI_COMM_WORLD_SIZE", "4")
    with pytest.raises(UserError, match="4 processes"):
        check_launcher(1, has_comm=True)
    check_launcher(4, has_comm=True)


def test_no_communicator_means_no_mpi():
    assert isinstance(open_transport(None), LocalTransport)


def run_ranks(ranks, *arguments, check=True):
    """Run the exhaustive search in a process of its own, or under mpiexec; returns its standard output."""
    command = [sys.executable, str(RUNNER), *map(str, arguments)]
    if ranks > 1:
        command = [str(MPIEXEC), "-n", str(ranks), *command]
    environment = os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        command, env=environment, capture_output=True, text=True, timeout=300, check=False, start_new_session=True
    )
    assert not check or done.returncode == 0, done.stderr
    return done


mpi = pytest.mark.skipif(not MPIEXEC.exists(), reason="no mpiexec next to this Python")


@mpi
@pytest.mark.mpi
@pytest.mark.parametrize("ranks", [2, 3])
def test_ranks_change_nothing(tmp_path, ranks):
    alone = run_ranks(1, tmp_path / "one").stdout
    assert "lowest" in alone
    assert run_ranks(ranks, tmp_path / "more").stdout == alone


@mpi
@pytest.mark.mpi
def test_one_failing_rank_ends_all(tmp_path):
    begin = time.monotonic()
    done = run_ranks(2, tmp_path / "x", "--fail", check=False)
    assert done.returncode != 0
    assert "this rank fails" in done.stderr
    assert time.monotonic() - begin < 120


@mpi
@pytest.mark.mpi
def test_refused_checkpoint_is_one_error_on_every_rank(tmp_path):
    run_ranks(1, tmp_path / "c")
    done = run_ranks(2, tmp_path / "c", "--resume", "--keep", 3, check=False)
    assert done.returncode == 2
    assert "another problem" in done.stderr
    assert "Traceback" not in done.stderr
