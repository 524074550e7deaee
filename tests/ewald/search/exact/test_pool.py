"""The pool keeps the lowest of what it was offered, whatever the order."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ewald.search import brute_force
from ewald.search.exact.pool import IncumbentPool
from ewald.search.exact.relaxation.literals import LiteralProblem
from ewald.search.exact.relaxation.node import SLACK_EV
from tests.ewald.search.exact.choices import choices
from tests.ewald.search.exact.spaces import salt, spaces


@settings(max_examples=30)
@given(spaces(), st.integers(1, 5), st.integers(0, 99), st.integers(1, 40))
def test_offers_in_any_order_and_pieces_leave_the_lowest(space, keep, seed, piece):
    problem = LiteralProblem.from_form(space.form, space.group)
    rows = list(choices(problem))
    order = np.random.default_rng(seed).permutation(len(rows))
    pool = IncumbentPool(problem, space.group, keep)
    for start in range(0, len(rows), piece):
        pool.offer(np.array([rows[k] for k in order[start : start + piece]], dtype=np.int8))
    truth = brute_force.search(space.form, space.group, keep).lowest
    assert [(m, o.tobytes()) for _, m, o in pool.lowest] == [(m, o.tobytes()) for _, m, o in truth]
    assert pool.threshold_eV[0] == pytest.approx(truth[-1][0] if len(truth) == keep else np.inf, abs=1e-10)


@pytest.fixture
def pool():
    space = salt(2, (1, 1, 2))
    return IncumbentPool(LiteralProblem.from_form(space.form, space.group), space.group, 3)


def test_everything_finite_is_wanted_until_there_are_enough(pool):
    assert pool.wants(1e9)
    assert not pool.wants(np.inf)
    assert pool.wants_each(np.array([-1.0, 1e9, np.inf])).tolist() == [True, True, False]


def test_the_border_of_the_threshold_is_wanted(pool):
    pool.lower(-5.0)
    pool.lower(-4.0)
    assert pool.threshold_eV[0] == -5.0
    bounds = np.array([-5.0 - 1e-3, -5.0 + 0.5 * SLACK_EV, -5.0 + 2 * SLACK_EV])
    assert pool.wants_each(bounds).tolist() == [True, True, False]
    assert [pool.wants(float(bound)) for bound in bounds] == [True, True, False]


def test_no_offer_changes_nothing(pool):
    pool.offer(np.zeros((0, pool.problem.size), dtype=np.int8))
    pool.absorb([])
    assert pool.lowest == ()
