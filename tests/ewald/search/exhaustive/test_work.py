"""A search killed at any moment and resumed equals one that was never killed, bit for bit."""

import functools
import random
from pathlib import Path

import numpy as np
import pytest

from ewald.search.exhaustive.search import _make_work
from tests.ewald import killable
from tests.ewald.killable import finish, kill_rank, two_ranks, written
from tests.ewald.search.exhaustive.small_spaces import rock_salt

RUNNER = Path(__file__).parents[2] / "scheduler_run.py"
PAUSE_S = 0.15


def start(ranks, *arguments):
    return killable.start(RUNNER, ranks, *arguments)


def journalled(folder):
    return written(folder, "*.journal")


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory):
    return finish(start(1, tmp_path_factory.mktemp("whole") / "run"))


@pytest.mark.chaos
@pytest.mark.slow
@pytest.mark.parametrize(
    ("ranks", "victim"),
    [
        (1, 0),
        pytest.param(2, 0, marks=two_ranks),
        pytest.param(2, 1, marks=two_ranks),
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


def parts_of(unit_configurations=40):
    space = rock_salt(cells=(1, 1, 1), cations=(1, 2, 1), anions=(2, 2))
    work = _make_work(
        space.form, space.group, 4, use_symmetry=False, histogram=True, unit_configurations=unit_configurations
    )
    return space, work, [work.run(unit, lambda: np.inf) for unit in range(work.units)]


def plain(found):
    return found.visited, found.count, found.first, found.square, found.histogram.tolist(), sorted(found.entries)


def test_units_of_any_size_in_any_order_come_to_the_same():
    _, _, (whole,) = parts_of(10**9)
    space, work, parts = parts_of()
    assert len(parts) > 1
    assert sum(part.visited for part in parts) == space.configurations
    assert sum(work.size(unit) for unit in range(work.units)) == work.total
    for order in (parts, parts[::-1]):
        assert plain(functools.reduce(work.merge, order)) == plain(whole)
    assert all(work.finished(part) for part in parts)


def test_a_threshold_spares_candidates_and_counts_everything():
    _, work, (whole,) = parts_of(10**9)
    some = work.run(0, lambda: work.best_of(whole))
    assert (some.count, some.histogram.tolist()) == (whole.count, whole.histogram.tolist())
    assert min(some.entries.values()) == work.best_of(whole) == min(whole.entries.values())
    assert len(some.entries) < len(whole.entries)
    assert work.threshold_of(some) == np.inf
    assert np.isfinite(work.threshold_of(whole))
