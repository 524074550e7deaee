"""The tables of the kernel: whole-number energies, round bins, pairs that exclude one another."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ewald.search.exhaustive.compiled.tables import Units, _pair_energies, slots_after
from ewald.search.exhaustive.runs import Run, RunProblem

FIRST, LAST, OTHER = Run(1, 1.0, 2, 0, 4), Run(2, -1.0, 3, 0, 4), Run(1, 2.0, 1, 4, 7)


def test_picks_that_are_left():
    slots = slots_after((FIRST, LAST), (1, 0))
    assert [(slot.run, slot.first) for slot in slots] == [(FIRST, True), (LAST, True), (LAST, False), (LAST, False)]
    assert slots_after((FIRST, LAST), (2, 3)) == ()


UNITS = Units(low_eV=-10.0, per_eV=1000.0, bin_eV=0.008, shift=3, bins=100)


@given(st.floats(-10.0, -9.2))
def test_no_configuration_up_to_a_threshold_is_above_its_number(energy_eV):
    # Rounding of base, single and pair term may add up to 1.5 units.
    highest = math.floor((energy_eV + 10.0) * 1000.0 + 1.5)
    assert UNITS.threshold(energy_eV) >= min(highest, UNITS.limit)


@pytest.mark.parametrize(("energy_eV", "number"), [(-1e9, -1), (math.inf, 800), (1e300, 800), (-10.0, 3)])
def test_thresholds_stay_in_the_range_of_the_numbers(energy_eV, number):
    assert UNITS.threshold(energy_eV) == number


def problem_of(*runs, clash=()):
    rng = np.random.default_rng(1)
    A = rng.normal(size=(7, 7))
    table = np.zeros((7, 7) if clash else (0, 0), dtype=np.uint8)
    for i, j in clash:
        table[i, j] = table[j, i] = 1
    return RunProblem(runs, np.zeros(7, dtype=np.int8), 0.0, np.zeros(7), A + A.T, table)


def test_two_picks_of_one_run_come_in_falling_order():
    problem = problem_of(LAST)
    pairs = _pair_energies(problem, slots_after((LAST,), (0,)))
    for row in range(4):
        for column in range(4):
            expected = problem.A[row, column] if column < row else math.inf
            assert pairs[row, column] == expected


def test_two_runs_of_one_sublattice_never_take_one_site():
    problem = problem_of(FIRST, LAST)
    pairs = _pair_energies(problem, slots_after((FIRST, Run(2, -1.0, 1, 0, 4)), (0, 0)))
    assert np.isinf(pairs).tolist() == np.eye(4, dtype=bool).tolist()
    assert pairs[0, 1] == -problem.A[0, 1]


def test_sites_that_clash_are_excluded():
    problem = problem_of(FIRST, OTHER, clash=[(1, 5)])
    pairs = _pair_energies(problem, slots_after((FIRST, OTHER), (1, 0)))
    assert pairs.shape == (4, 3)
    assert np.argwhere(np.isinf(pairs)).tolist() == [[1, 1]]
    assert pairs[3, 2] == 2.0 * problem.A[3, 6]


def test_a_single_pick_has_no_partner():
    assert _pair_energies(problem_of(OTHER), slots_after((OTHER,), (0,))).tolist() == [[0.0, 0.0, 0.0]]
