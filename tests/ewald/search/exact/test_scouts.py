"""Tabu searches beside a proof take their share of the time, and what they find is what there is."""

import time

from hypothesis import HealthCheck, given, settings

from ewald.parallel.clock import Deadline
from ewald.parallel.team import Team
from ewald.search.brute_force import search as evaluate_all
from ewald.search.exact.pool import IncumbentPool
from ewald.search.exact.relaxation.literals import LiteralProblem
from ewald.search.exact.scouts import Scouts
from tests.ewald.cells import na3sbs4
from tests.ewald.search.exact.spaces import spaces


def pool_of(space, keep=1):
    return IncumbentPool(LiteralProblem.from_form(space.form, space.group), space.group, keep)


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(spaces())
def test_the_lowest_of_a_small_space_is_found(space):
    pool = pool_of(space)
    if pool.problem.size == 0:
        return
    expected = evaluate_all(space.form, space.group, 1).lowest
    Scouts(pool).first(Team(workers=2), Deadline())
    assert bool(pool.lowest) == bool(expected)
    if expected:
        assert abs(pool.lowest[0][0] - expected[0][0]) < 1e-7


def test_they_take_their_share_of_the_time():
    pool = pool_of(na3sbs4(3, 3))
    scouts, team, deadline = Scouts(pool, share=0.25), Team(), Deadline.after(60.0, time.thread_time)
    begun = time.thread_time()
    scouts.turn(team, deadline)
    while time.thread_time() - begun < 0.8:
        until = time.thread_time() + 0.02
        while time.thread_time() < until:
            pass
        scouts.turn(team, deadline)
    assert 0.05 < scouts.spent_s / (time.thread_time() - begun) < 0.35
    assert pool.lowest


def test_nothing_is_searched_once_time_is_up():
    pool = pool_of(na3sbs4(3, 3))
    scouts, late = Scouts(pool), Deadline.after(0.0)
    scouts.turn(Team(late), late)
    scouts.turn(Team(late), late)
    scouts.aside(10.0, late)
    assert scouts.spent_s < 0.05
    assert not pool.lowest


def test_one_thread_searches_beside_its_own_work():
    pool = pool_of(na3sbs4(3, 3))
    scouts = Scouts(pool, share=0.2)
    scouts.aside(0.1, Deadline())
    assert not pool.lowest  # too little is owed
    begun = time.thread_time()
    scouts.aside(0.9, Deadline())
    assert pool.lowest
    assert 0.2 < time.thread_time() - begun < 0.6
