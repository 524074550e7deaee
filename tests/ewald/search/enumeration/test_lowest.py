"""The lowest distinct arrangements of a list: whatever the group, with ties."""

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ewald.search.enumeration import lowest
from ewald.search.ranking import rank
from tests.ewald.search.exhaustive.small_spaces import all_occupations, rock_salt, same_lowest, small_forms

RELAXED = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def check(form, group, keep, seed=0):
    occupations = np.stack(list(all_occupations(form)))
    np.random.default_rng(seed).shuffle(occupations)
    energies = np.array([form.energy(o) for o in occupations])
    found = lowest.lowest_distinct(energies, lambda rows: occupations[rows], group, keep)
    assert same_lowest(rank(form, group, found, keep), rank(form, group, list(occupations), keep))


@given(small_forms(), st.integers(1, 8), st.sampled_from([0, 32]), st.sampled_from([3, 4096]), st.integers(0, 99))
@RELAXED
def test_equals_the_ranking_of_everything(problem, keep, small_order, rows, seed):
    old = lowest._SMALL_ORDER, lowest._ROWS
    lowest._SMALL_ORDER, lowest._ROWS = small_order, rows
    try:
        check(*problem, keep, seed)
    finally:
        lowest._SMALL_ORDER, lowest._ROWS = old


def test_a_real_crystal_with_ties():
    space = rock_salt(cells=(1, 1, 1), cations=(1, 2, 1), anions=(3, 1))
    for keep in (1, 3, 1000):
        check(space.form, space.group, keep)


@given(small_forms())
@RELAXED
def test_first_copies_are_canonical_forms(problem):
    form, group = problem
    rows = np.stack(list(all_occupations(form))[:50])
    for row, first in zip(rows, lowest.first_copies(group.permutations, rows), strict=True):
        assert np.array_equal(first, group.canonical(row)[0])
