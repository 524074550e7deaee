"""The tables of the kernel: picks, and pairs of them that exclude one another."""

import math

import numpy as np

from ewald.search.exhaustive.compiled.tables import _pair_energies, slots_after
from ewald.search.exhaustive.runs import Run, RunProblem

FIRST, LAST, OTHER = Run(1, 1.0, 2, 0, 4), Run(2, -1.0, 3, 0, 4), Run(1, 2.0, 1, 4, 7)


def test_picks_that_are_left():
    slots = slots_after((FIRST, LAST), (1, 0))
    assert [(slot.run, slot.first) for slot in slots] == [(FIRST, True), (LAST, True), (LAST, False), (LAST, False)]
    assert slots_after((FIRST, LAST), (2, 3)) == ()


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
