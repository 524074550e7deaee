"""The form over picks equals the form over occupations."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ewald.search.enumeration.picks import Picks
from tests.ewald.cells import random_space
from tests.ewald.search.exhaustive.small_spaces import all_occupations, small_forms

RELAXED = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@given(small_forms(most=200))
@RELAXED
def test_energy_of_picks_equals_that_of_the_form(problem):
    form, _ = problem
    picks = Picks.of(form)
    for occupation in all_occupations(form):
        x = (occupation[picks.site] == picks.species).astype(float)
        energy = picks.constant_eV + picks.h_eV @ x + 0.5 * x @ picks.B_eV @ x
        assert energy == pytest.approx(form.energy(occupation), rel=1e-10, abs=1e-8)
        chosen = np.flatnonzero(x)[None]
        assert np.array_equal(picks.occupations(chosen)[0], occupation)


@given(st.integers(0, 10**6), st.floats(1.7, 3.2))
@RELAXED
def test_excluding_picks_are_those_that_the_form_refuses(seed, limit):
    space = replace(random_space(seed), min_distance_A=limit)
    picks = Picks.of(space.form)
    for first in range(picks.size):
        for second in range(first):
            one_site = picks.site[first] == picks.site[second]
            if one_site:
                assert picks.excludes[first, second]
                continue
            occupation = picks.occupations([[first, second]])[0]
            ions = space.form.ions(occupation)
            pairs = {tuple(sorted(pair)) for pair in space.form.forbidden.tolist()}
            both = tuple(sorted((int(picks.site[first]), int(picks.site[second]))))
            assert picks.excludes[first, second] == (both in pairs and bool(ions[list(both)].all()))


def test_runs_rise_in_their_number_of_ways():
    picks = Picks.of(random_space(5).form)
    ways = [run.ways for run in picks.runs]
    assert ways == sorted(ways)
    assert picks.runs[-1].high == picks.size
