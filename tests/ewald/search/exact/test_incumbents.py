"""Descents end where no swap helps, and begin from what was decided."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from ewald.search.exact.incumbents import _PENALTY_EV, Descent
from ewald.search.exact.relaxation.literals import LiteralProblem
from ewald.search.exact.relaxation.tables import FREE
from tests.ewald.search.exact.choices import allowed, energy_eV
from tests.ewald.search.exact.spaces import salt, spaces


def price_eV(descent, row):
    x = row.astype(float)
    return descent.problem.constant_eV + descent.h @ x + 0.5 * x @ descent.B @ x


def best_swap_eV(descent, row, state):
    """The slow way: try every swap within a group of what is not decided."""
    group, here = descent.problem.group, price_eV(descent, row)
    changes = [0.0]
    for i in np.flatnonzero((row == 1) & (state == FREE)):
        for j in np.flatnonzero((row == 0) & (state == FREE) & (group == group[i])):
            other = row.copy()
            other[i], other[j] = 0, 1
            changes.append(price_eV(descent, other) - here)
    return min(changes)


def keeps_the_rules(problem, row):
    chosen = np.flatnonzero(row)
    return len(set(problem.site[chosen].tolist())) == len(chosen) and allowed(problem, row)


@settings(max_examples=40)
@given(spaces(), st.integers(0, 999))
def test_every_row_has_its_counts_and_no_swap_lowers_it(space, seed):
    problem = LiteralProblem.from_form(space.form, space.group)
    descent = Descent(problem)
    empty = np.full(problem.size, FREE, dtype=np.int8)
    rows = descent(empty, 3, seed)
    assert rows.tobytes() == descent(empty, 3, seed).tobytes()
    for row in rows:
        assert np.bincount(problem.group[row == 1], minlength=len(problem.wanted)).tolist() == problem.wanted.tolist()
        assert best_swap_eV(descent, row, empty) > -1e-6


@settings(max_examples=40)
@given(spaces(), st.integers(0, 999))
def test_a_broken_rule_costs_its_penalty_and_a_kept_one_nothing(space, seed):
    problem = LiteralProblem.from_form(space.form, space.group)
    descent = Descent(problem)
    rng = np.random.default_rng(seed)
    row = np.zeros(problem.size, dtype=np.int8)
    for g, wanted in enumerate(problem.wanted):
        row[rng.permutation(np.flatnonzero(problem.group == g))[:wanted]] = 1
    # What two sites that carry ions until something is chosen there would cost is left out of every price alike.
    left_out = sum(problem.default_ion[i] and problem.default_ion[j] for i, j in space.form.forbidden)
    extra = price_eV(descent, row) - energy_eV(problem, row) + _PENALTY_EV * left_out
    if keeps_the_rules(problem, row):
        assert abs(extra) < 1e-6
    else:
        assert extra > 0.5 * _PENALTY_EV


def test_what_is_decided_stays_and_energies_are_those_of_the_rows():
    space = salt(3)
    problem = LiteralProblem.from_form(space.form, space.group)
    descent = Descent(problem)
    state = np.full(problem.size, FREE, dtype=np.int8)
    state[[0, 20, 21]], state[[1, 2, 30]] = 1, 0
    rows, energies = descent.each(np.stack([state, np.full_like(state, FREE)]), seed=1)
    assert (rows[0][state != FREE] == state[state != FREE]).all()
    for row, energy in zip(rows, energies, strict=True):
        assert abs(energy - energy_eV(problem, row)) < 1e-8
    assert energies[1] <= energies[0] + 1e-9


def test_polishing_never_raises_and_ends_in_a_minimum():
    space = salt(3)
    problem = LiteralProblem.from_form(space.form, space.group)
    descent = Descent(problem)
    points = np.random.default_rng(2).random((6, problem.size))
    starts = descent.rounded(points)
    free = np.full(problem.size, FREE, dtype=np.int8)
    for start, end in zip(starts, descent.polish(starts), strict=True):
        assert price_eV(descent, end) <= price_eV(descent, start) + 1e-9
        assert best_swap_eV(descent, end, free) > -1e-6


def test_rounding_takes_the_largest_of_each_group():
    space = salt(2, (1, 1, 2))
    descent = Descent(LiteralProblem.from_form(space.form, space.group))
    point = np.zeros(16)
    point[[1, 3]] = 0.2, 0.1  # two W wanted among 0 to 3
    point[[5, 9, 14]] = 0.9, 0.8, 0.95  # two vacancies wanted among 4 to 15
    (row,) = descent.rounded(point[None])
    assert np.flatnonzero(row).tolist() == [1, 3, 5, 14]
