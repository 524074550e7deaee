"""An exact search killed at any moment and resumed gives what an undisturbed one gives, bit for bit."""

import random
from pathlib import Path

import pytest

from tests.ewald import killable
from tests.ewald.killable import finish, kill_rank, two_ranks

RUNNER = Path(__file__).with_name("kill_run.py")
PAUSE_S = 0.05


def start(ranks, *arguments):
    return killable.start(RUNNER, ranks, *arguments)


def written(folder, pattern):
    return killable.written(folder / "checkpoint", pattern)


@pytest.fixture(scope="module", params=["patterns", "empty node"])
def way(request, tmp_path_factory):
    """Options for one of the two ways to plan, and the result of an undisturbed search."""
    options = ["--from-empty"] if request.param == "empty node" else []
    return options, finish(start(1, tmp_path_factory.mktemp("whole") / "run", *options))


@pytest.mark.chaos
@pytest.mark.slow
@pytest.mark.parametrize(
    ("ranks", "victim"), [(1, 0), pytest.param(2, 0, marks=two_ranks), pytest.param(2, 1, marks=two_ranks)]
)
def test_killed_three_times_and_resumed(tmp_path, way, ranks, victim):
    options, whole = way
    folder = tmp_path / "run"
    moments = random.Random(ranks * 10 + victim)
    # Before anything is on the disk, once there is a plan, and with finished units.
    early = start(ranks, folder, "--pause", PAUSE_S, *options)
    kill_rank(early, folder, victim, moments.uniform(0.0, 1.0), lambda: True)
    second = start(ranks, folder, "--pause", PAUSE_S, "--resume", *options)
    kill_rank(second, folder, victim, moments.uniform(0.0, 0.3), lambda: written(folder, "plan.npz") > 0)
    third = start(ranks, folder, "--pause", PAUSE_S, "--resume", *options)
    assert kill_rank(third, folder, victim, moments.uniform(0.0, 0.1), lambda: written(folder, "*.journal") > 0)
    # The last attempt runs with another number of ranks and threads: that must not matter either.
    assert finish(start(1, folder, "--resume", "--workers", 2, *options)) == whole
    assert finish(start(1, folder, "--resume", *options)) == whole


@pytest.mark.chaos
def test_checkpoint_of_another_problem_is_refused_and_a_new_search_replaces_it(tmp_path, way):
    options, whole = way
    folder = tmp_path / "run"
    finish(start(1, folder, "--dopants", 2))
    assert "another problem" in finish(start(1, folder, "--resume", *options), code=2)
    assert finish(start(1, folder, *options)) == whole
