"""Sharing out of work: every unit once, the same result whoever does it, errors that do not hang."""

import os
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ewald.parallel.scheduler import chunk_starts, execute
from tests.ewald.parallel.toy_work import Toy, eager

ROOT = Path(__file__).parents[3]
MPIEXEC = Path(sys.prefix) / "bin" / "mpiexec"
RUNNER = Path(__file__).parents[1] / "scheduler_run.py"


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
