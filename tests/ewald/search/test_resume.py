"""A search killed at any moment and resumed equals one that was never killed, bit for bit."""

import random
from pathlib import Path

import pytest

from tests.ewald import killable
from tests.ewald.killable import finish, kill_rank, two_ranks, written

RUNNER = Path(__file__).parents[1] / "scheduler_run.py"
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
