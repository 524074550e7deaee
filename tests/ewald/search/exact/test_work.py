"""An exact search killed at any moment and resumed gives what an undisturbed one gives, bit for bit."""

import itertools
import random
from pathlib import Path

import numpy as np
import pytest

from ewald.search.exact.plan import make_plan
from ewald.search.exact.pool import IncumbentPool
from ewald.search.exact.relaxation.literals import LiteralProblem
from ewald.search.exact.work import ExactWork, Part
from ewald.search.ranking import rank
from tests.ewald import killable
from tests.ewald.killable import finish, kill_rank, two_ranks
from tests.ewald.search.exact.spaces import salt

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


@pytest.fixture(scope="module")
def work():
    """Units of a small problem, all of them run."""
    space = salt(3)
    pool = IncumbentPool(LiteralProblem.from_form(space.form, space.group), space.group, 4)
    plan = make_plan(pool.problem, pool)
    return ExactWork(plan, pool)


def parts_of(work):
    form, group = work.pool.problem.form, work.pool.group
    every = rank(form, group, [o for _, _, o in work.pool.lowest], 4)
    return [Part(every[:2], np.inf, 3), Part(every[1:], -7.5, 4), Part((), -9.0, 0)]


def plain(part):
    return [(e, m, o.tobytes()) for e, m, o in part.lowest], part.open_bound_eV, part.nodes


def test_parts_join_in_any_order_to_the_same(work):
    joined = {str(plain(work.merge(work.merge(a, b), c))) for a, b, c in itertools.permutations(parts_of(work))} | {
        str(plain(work.merge(a, work.merge(b, c)))) for a, b, c in itertools.permutations(parts_of(work))
    }
    assert len(joined) == 1
    whole = work.merge(work.merge(*parts_of(work)[:2]), parts_of(work)[2])
    assert (whole.open_bound_eV, whole.nodes) == (-9.0, 7)
    assert len(whole.lowest) == 4


def test_a_part_is_unpacked_to_the_last_bit(work):
    for part in parts_of(work):
        assert plain(work.decode(work.encode(part))) == plain(part)


def test_a_part_with_something_open_is_looked_at_again(work):
    assert [work.finished(part) for part in parts_of(work)] == [True, False, False]
    assert work.threshold_of(parts_of(work)[0]) == np.inf
    assert work.best_of(parts_of(work)[2]) == np.inf


def test_another_number_of_arrangements_is_another_problem(work):
    more = IncumbentPool(work.pool.problem, work.pool.group, 5)
    assert ExactWork(work.plan, more).fingerprint() != work.fingerprint()
    assert ExactWork(work.plan, work.pool).fingerprint() == work.fingerprint()
