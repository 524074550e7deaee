"""Where the search begins: one dopant pattern of each orbit, or the empty node."""

import itertools

import numpy as np
import pytest

from ewald.search.exact.planner import _pattern_states
from ewald.search.exact.relaxation.literals import LiteralProblem
from ewald.search.exact.relaxation.tables import FREE
from tests.ewald.search.exact.spaces import salt


@pytest.mark.parametrize("dopants", [1, 2, 3])
def test_every_pattern_is_a_copy_of_exactly_one_first_node(dopants):
    space = salt(dopants)
    problem = LiteralProblem.from_form(space.form, space.group)
    states = _pattern_states(problem)
    tungsten = np.flatnonzero(problem.group == 0)
    assert (states[:, problem.group != 0] == FREE).all()
    assert (states[:, tungsten].sum(axis=1) == dopants).all()
    seen = [{tuple(state[image][tungsten]) for image in problem.images} for state in states]
    patterns = {
        tuple(int(k in chosen) for k in range(len(tungsten)))
        for chosen in itertools.combinations(range(len(tungsten)), dopants)
    }
    assert set().union(*seen) == patterns
    assert sum(map(len, seen)) == len(patterns)


def test_a_single_group_is_searched_from_the_empty_node(monkeypatch):
    from ewald.space.space import ConfigurationSpace
    from ewald.space.sublattice import Sublattice

    corners = np.argwhere(np.ones((2, 2, 2))) / 2
    one = Sublattice("M", tuple(range(8)), ("Na+", "Mg2+"), (1, 2), (4, 4))
    rest = Sublattice("X", tuple(range(8, 16)), ("X",), (-1.5,), (8,))
    space = ConfigurationSpace(8.0 * np.eye(3), np.concatenate([corners, corners + 0.25]), (one, rest))
    states = _pattern_states(LiteralProblem.from_form(space.form, space.group))
    assert (states == FREE).all()
    assert len(states) == 1


def test_patterns_that_cannot_be_listed_leave_the_empty_node(monkeypatch):
    from ewald.search.exact import patterns

    monkeypatch.setattr(patterns, "MAX_PATTERNS", 0)
    space = salt(3)
    states = _pattern_states(LiteralProblem.from_form(space.form, space.group))
    assert (len(states), set(states.ravel().tolist())) == (1, {FREE})
