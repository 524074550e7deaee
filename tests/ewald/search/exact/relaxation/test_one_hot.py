"""One class per site: every arrangement obeys the rules, and shows no two classes that exclude one another."""

import numpy as np
from hypothesis import given, settings

from ewald.search.exact.relaxation.literals import LiteralProblem
from ewald.search.exact.relaxation.one_hot import OneHot
from tests.ewald.search.exact.choices import allowed, choices
from tests.ewald.search.exact.spaces import salt, spaces


def everything(problem):
    return OneHot.of(problem, np.arange(problem.size, dtype=np.int32), problem.wanted)


def variables(one_hot, choice):
    y = np.where(one_hot.literal >= 0, choice[one_hot.literal], 0)
    chosen_sites = set(one_hot.site[y == 1].tolist())
    usual = (one_hot.literal < 0) & np.array([site not in chosen_sites for site in one_hot.site.tolist()])
    return np.where(usual, 1, y)


@settings(max_examples=30, deadline=None)
@given(spaces())
def test_allowed_arrangements_are_those_without_an_impossible_pair(space):
    problem = LiteralProblem.from_form(space.form, space.group)
    if problem.size == 0:
        return
    one_hot = everything(problem)
    for choice in choices(problem):
        y = variables(one_hot, choice)
        assert np.abs(one_hot.rules() @ np.r_[1.0, y]).max() < 1e-9
        assert bool(y @ one_hot.impossible @ y) != allowed(problem, choice)


def test_the_mean_obeys_the_rules_and_counts_are_those_of_the_space():
    problem = LiteralProblem.from_form(salt(2, (1, 1, 2)).form, salt(2, (1, 1, 2)).group)
    one_hot = everything(problem)
    assert (one_hot.literals, one_hot.sites, one_hot.size) == (16, 16, 32)
    assert one_hot.wanted.tolist() == [2, 2, 2, 10]
    assert np.abs(one_hot.rules() @ np.r_[1.0, one_hot.mean()]).max() < 1e-12


def test_decided_sites_are_left_out():
    problem = LiteralProblem.from_form(salt(2, (1, 1, 2)).form, salt(2, (1, 1, 2)).group)
    free = np.arange(4, 10, dtype=np.int32)
    one_hot = OneHot.of(problem, free, np.array([0, 2], dtype=np.int32))
    assert (one_hot.literals, one_hot.sites) == (6, 6)
    assert one_hot.wanted[one_hot.group].tolist() == [2] * 6 + [4] * 6
