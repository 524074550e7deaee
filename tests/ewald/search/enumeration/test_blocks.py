"""Every arrangement once, with its energy."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ewald.search.enumeration import blocks
from ewald.search.enumeration.picks import Picks
from tests.ewald.cells import random_space
from tests.ewald.search.exhaustive.small_spaces import all_occupations, small_forms

RELAXED = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def check(form):
    """Compare what is visited with all permutations."""
    picks = Picks.of(form)
    visited = [
        (occupation.tobytes(), energy)
        for energies, chosen in blocks.visit(picks)
        for occupation, energy in zip(picks.occupations(chosen), energies, strict=True)
    ]
    expected = {occupation.tobytes(): form.energy(occupation) for occupation in all_occupations(form)}
    assert sorted(key for key, _ in visited) == sorted(expected)
    for key, energy in visited:
        assert energy == pytest.approx(expected[key], rel=1e-10, abs=1e-8)


@given(small_forms(), st.sampled_from([1, 40, 1 << 17]))
@RELAXED
def test_each_arrangement_comes_once(problem, elements):
    kept, blocks._ELEMENTS = blocks._ELEMENTS, elements
    try:
        check(problem[0])
    finally:
        blocks._ELEMENTS = kept


@given(st.integers(0, 10**6), st.floats(1.7, 3.2))
@RELAXED
def test_forbidden_pairs_are_left_out(seed, limit):
    space = replace(random_space(seed), min_distance_A=limit)
    if space.configurations <= 1500:
        check(space.form)


def test_nothing_to_choose_is_one_arrangement():
    space = random_space(3)
    ordered = tuple(replace(s, counts=(len(s.sites), *([0] * (len(s.species) - 1)))) for s in space.sublattices)
    form = replace(space.form, sites=np.empty(0, np.int64), sublattice=np.empty(0, np.int64), sublattices=(),
                   v=np.empty(0), A=np.empty((0, 0)))  # fmt: skip
    assert not any(s.variable for s in ordered)
    [(energies, chosen)] = blocks.visit(Picks.of(form))
    assert energies.tolist() == [form.E0_eV]
    assert chosen.shape == (1, 0)
