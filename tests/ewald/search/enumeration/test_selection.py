"""All, random and Boltzmann-weighted arrangements against brute force."""

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ewald.constants import BOLTZMANN_eV_K
from ewald.search.enumeration import selection
from ewald.search.ranking import rank
from ewald.space.symmetry import SymmetryGroup
from tests.ewald.cells import random_space
from tests.ewald.search.enumeration.test_swap_walk import ring
from tests.ewald.search.exhaustive.small_spaces import all_occupations, rock_salt, small_forms

RELAXED = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def everything(form, group):
    return rank(form, group, list(all_occupations(form)), 10**9)


@given(small_forms(most=400))
@RELAXED
def test_every_distinct_arrangement_comes_once_with_its_copies(problem):
    form, group = problem
    listed = list(selection.every_distinct(form, group))
    found = {group.canonical(s.occupation)[0].tobytes(): (s.energy_eV, s.multiplicity) for s in listed}
    expected = {o.tobytes(): (form.energy(o), m) for _, m, o in everything(form, group)}
    assert found.keys() == expected.keys()
    assert len(listed) == len(expected)
    for key, (energy_eV, copies) in found.items():
        assert (energy_eV, copies) == (pytest.approx(expected[key][0], abs=1e-8), expected[key][1])
    assert sum(s.multiplicity for s in listed) == len(list(all_occupations(form)))


@given(st.integers(0, 10**6), st.floats(0.0, 3.2), st.integers(1, 12))
@RELAXED
def test_random_arrangements_are_distinct_allowed_and_repeatable(seed, limit, number):
    space = replace(random_space(seed), min_distance_A=limit)
    if not 0 < space.configurations <= 1500:
        return
    drawn = list(selection.random_distinct(space.form, space.group, number, seed))
    keys = [s.occupation.tobytes() for s in drawn]
    assert len(set(keys)) == len(keys) == min(number, space.distinct_configurations())
    for one in drawn:
        assert space.form.allowed(one.occupation)
        assert space.group.canonical(one.occupation)[1] == one.multiplicity
    again = selection.random_distinct(space.form, space.group, number, seed)
    assert [s.occupation.tobytes() for s in again] == keys


def test_the_first_of_a_random_choice_has_the_weight_of_its_copies():
    space = rock_salt(cells=(1, 1, 1), cations=(1, 2, 1), anions=(3, 1))
    truth = {o.tobytes(): m for _, m, o in everything(space.form, space.group)}
    drawn = Counter(
        next(selection.random_distinct(space.form, space.group, 1, seed)).occupation.tobytes() for seed in range(3000)
    )
    total = sum(truth.values())
    for key, copies in truth.items():
        expected = 3000 * copies / total
        assert drawn[key] == pytest.approx(expected, abs=5 * np.sqrt(expected) + 1)


@given(small_forms(most=300), st.floats(50.0, 5000.0), st.integers(1, 20))
@RELAXED
def test_no_more_weight_is_missing_than_the_bound_says(problem, temperature_K, keep):
    form, group = problem
    ranked = everything(form, group)
    inside = ranked[:keep]
    kT = BOLTZMANN_eV_K * temperature_K
    weights = np.array([m * np.exp(-(e - ranked[0][0]) / kT) for e, m, _ in ranked])
    missing = weights[keep:].sum() / weights.sum()
    total = sum(m for _, m, _ in ranked)
    bound = selection.missing_weight(inside, inside[-1][0], total, temperature_K)
    assert missing <= bound + 1e-12
    if keep >= len(ranked):
        assert bound == 0.0


def test_draws_follow_the_weights():
    space = rock_salt(cells=(1, 1, 1), cations=(1, 2, 1), anions=(3, 1))
    ranked = everything(space.form, space.group)
    draws = np.array(selection.boltzmann_draws(ranked, 20_000, 20_000.0, seed=1))
    kT = BOLTZMANN_eV_K * 20_000.0
    weights = np.array([m * np.exp(-(e - ranked[0][0]) / kT) for e, m, _ in ranked])
    expected = 20_000 * weights / weights.sum()
    assert draws.sum() == 20_000
    assert (np.abs(draws - expected) <= 5 * np.sqrt(expected) + 1).all()
    of_all = selection.boltzmann_of_all(space.form, space.group, 20_000, 20_000.0, seed=2)
    assert [one.energy_eV for one, _ in of_all] == sorted(one.energy_eV for one, _ in of_all)
    often = {space.group.canonical(one.occupation)[0].tobytes(): times for one, times in of_all}
    drawn = np.array([often.get(occupation.tobytes(), 0) for _, _, occupation in ranked])
    assert drawn.sum() == 20_000
    assert (np.abs(drawn - expected) <= 5 * np.sqrt(expected) + 1).all()
    assert all(one.energy_eV == pytest.approx(space.form.energy(one.occupation), abs=1e-8) for one, _ in of_all)


def test_a_walk_takes_over_where_independent_draws_are_in_vain(monkeypatch):
    form, start = ring(), np.array([1, 2, 0, 2, 0, 2, 2, 2], dtype=np.int8)
    group = SymmetryGroup.trivial(form.n)
    every = {one.occupation.tobytes() for one in selection.random_distinct(form, group, 1000)}
    monkeypatch.setattr(selection, "_DRAWS_EACH", 0)
    assert list(selection.random_distinct(form, group, 1000)) == []
    monkeypatch.setattr(selection, "_DRAWS_EACH", 1)
    monkeypatch.setattr(selection, "_DRAWS_BEFORE_WALK", 0)
    walked = list(selection.random_distinct(form, group, 1000, start=start))
    assert {one.occupation.tobytes() for one in walked} == every
    assert len(walked) == len(every) > 10
