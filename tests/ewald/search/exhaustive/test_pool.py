"""The pool holds the lowest distinct configurations, in whatever order and pieces they come."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ewald.search.exhaustive.pool import CandidatePool
from ewald.search.ranking import TIE_EV, rank
from tests.ewald.search.exhaustive.small_spaces import all_occupations, brute_force, rock_salt, same_lowest, small_forms


def ranked(pool):
    return rank(pool.form, pool.group, [np.frombuffer(key, dtype=np.int8) for key in pool.entries], pool.keep)


@settings(max_examples=30)
@given(small_forms(most=200), st.integers(1, 6), st.integers(0, 999), st.integers(1, 90))
def test_equals_sorting_everything(problem, keep, seed, piece):
    form, group = problem
    rng = np.random.default_rng(seed)
    occupations = rng.permutation(np.array(list(all_occupations(form))))
    slack_eV = 1e-5
    energies_eV = np.array([form.energy(o) for o in occupations]) + rng.uniform(-slack_eV, slack_eV, len(occupations))
    pool = CandidatePool(form, group, keep)
    for start in range(0, len(occupations), piece):
        pool.add(energies_eV[start : start + piece], occupations[start : start + piece], slack_eV)
    assert same_lowest(ranked(pool), brute_force(form, group, keep)[1])


@pytest.fixture
def salt():
    space = rock_salt(cells=(1, 1, 1), cations=(1, 2, 1), anions=(3, 1))
    return space.form, space.group


def test_nothing_is_too_high_while_there_are_too_few(salt):
    form, group = salt
    pool = CandidatePool(form, group, 1000)
    occupations = np.array(list(all_occupations(form)))
    pool.add(np.array([form.energy(o) for o in occupations]), occupations, 1e-9)
    assert pool.threshold_eV == float("inf")
    assert len(pool.entries) == len({group.canonical(o)[0].tobytes() for o in occupations})


def test_the_threshold_leaves_room_for_ties(salt):
    pool = CandidatePool(*salt, 2, {b"a": -3.0, b"b": -2.0, b"c": -1.0})
    assert pool.threshold_eV == pytest.approx(-2.0 + 2 * TIE_EV, abs=1e-15)
    pool.trim()
    assert set(pool.entries) == {b"a", b"b"}


def test_of_many_ties_at_the_end_the_first_canonical_forms_stay(salt):
    ties = {bytes([k]): -2.0 for k in range(20)}
    pool = CandidatePool(*salt, 3, {b"low": -9.0} | ties)
    pool.trim()
    assert sorted(pool.entries) == [bytes([0]), bytes([1]), bytes([2]), b"low"]
