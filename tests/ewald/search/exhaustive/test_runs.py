"""Configurations as runs of picks: their energies are those of the form, and lie between the bounds."""

import numpy as np
import pytest
from hypothesis import given, settings

from ewald.search.exhaustive.runs import Run, RunProblem
from ewald.space.space import ConfigurationSpace
from ewald.space.sublattice import Sublattice
from tests.ewald.search.exhaustive.small_spaces import all_occupations, rock_salt, small_forms


def energy_of_picks(problem, occupation):
    dq = np.zeros(problem.n)
    for run in problem.runs:
        sites = np.arange(run.low, run.high)
        chosen = sites[occupation[sites] == run.species]
        assert len(chosen) == run.count
        dq[chosen] += run.dq
    return problem.E0_eV + problem.v @ dq + 0.5 * dq @ problem.A @ dq


@settings(max_examples=40)
@given(small_forms(most=300))
def test_energies_are_those_of_the_form_and_between_the_bounds(problem):
    form, _ = problem
    runs = RunProblem.from_form(form)
    low, high = runs.energy_bounds_eV()
    slack = 1e-9 * (1 + abs(low) + abs(high))
    for occupation in all_occupations(form):
        energy = form.energy(occupation)
        assert energy_of_picks(runs, occupation) == pytest.approx(energy, rel=1e-9, abs=1e-9)
        assert low - slack <= energy <= high + slack


def test_the_last_run_has_most_ways_and_the_others_rise():
    runs = RunProblem.from_form(rock_salt().form).runs
    ways = [run.ways for run in runs]
    assert ways[:-1] == sorted(ways[:-1])
    assert ways[-1] == max(ways)
    assert Run(1, 1.0, 3, 4, 12).ways == 56


def test_where_sites_clash_a_pick_is_always_an_ion():
    centres = np.array([[x, 0.5, 0.5] for x in (0.1, 0.2, 0.6, 0.7)])
    na = Sublattice("Na", (0, 1, 2, 3), ("Na+", "vacancy"), (1, 0), (3, 1))
    cl = Sublattice("Cl", (4, 5), ("Cl-",), (-1.5,), (2,))
    space = ConfigurationSpace(
        np.diag([10.0, 6.0, 6.0]), np.concatenate([centres, [[0.3, 0, 0], [0.8, 0, 0]]]), (na, cl), min_distance_A=1.5
    )
    problem = RunProblem.from_form(space.form)
    # Na is the more abundant; the vacancy is the reference all the same.
    assert {na.species[species] for species in problem.reference} == {"vacancy"}
    (run,) = problem.runs
    assert (na.species[run.species], run.count) == ("Na+", 3)
    assert [tuple(pair) for pair in np.argwhere(problem.clash)] == [(0, 1), (1, 0), (2, 3), (3, 2)]
