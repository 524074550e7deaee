"""The tuned relaxation against the plain one, and against every arrangement."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from ewald.search.exact.relaxation.literals import LiteralProblem
from ewald.search.exact.relaxation.multipliers import Multipliers
from ewald.search.exact.relaxation.tables import FREE, RelaxationTables, Shift
from ewald.search.exact.tree import bound_states
from tests.ewald.search.exact.choices import allowed, choices, energy_eV
from tests.ewald.search.exact.spaces import salt, spaces


def tuned_at_the_root(problem):
    free = np.arange(problem.size, dtype=np.int32)
    return Multipliers.tuned(problem, free, problem.h_eV, problem.wanted)


def bound_eV(problem, multipliers, state):
    tables = RelaxationTables.of(problem, multipliers)
    bound = np.full(1, -np.inf)
    bound_states(tables, state[None].copy(), bound, Shift.of(tables, state), np.full(1, np.inf))
    return bound[0]


def test_tuned_multipliers_bound_the_empty_node_much_better():
    space = salt(4)
    problem = LiteralProblem.from_form(space.form, space.group)
    state = np.full(problem.size, FREE, dtype=np.int8)
    plain, tuned = (bound_eV(problem, m, state) for m in (Multipliers.plain(problem), tuned_at_the_root(problem)))
    assert tuned > plain + 1.0


@settings(max_examples=40, deadline=None)
@given(spaces(), st.data())
def test_no_arrangement_lies_below_the_tuned_bound_of_a_node_that_holds_it(space, data):
    problem = LiteralProblem.from_form(space.form, space.group)
    if problem.size == 0:
        return
    multipliers = tuned_at_the_root(problem)
    truth = [(choice, energy_eV(problem, choice)) for choice in choices(problem) if allowed(problem, choice)]
    for _ in range(4):
        state = np.full(problem.size, FREE, dtype=np.int8)
        if truth:
            inside = truth[data.draw(st.integers(0, len(truth) - 1))][0]
            decided = np.array(data.draw(st.lists(st.booleans(), min_size=problem.size, max_size=problem.size)))
            state[decided] = inside[decided]
        consistent = [e for choice, e in truth if ((state == FREE) | (state == choice)).all()]
        assert bound_eV(problem, multipliers, state) <= min(consistent, default=np.inf) + 1e-8


@settings(max_examples=40, deadline=None)
@given(spaces())
def test_what_is_left_out_is_never_negative(space):
    problem = LiteralProblem.from_form(space.form, space.group)
    if problem.size == 0:
        return
    m = tuned_at_the_root(problem)
    for choice in choices(problem):
        if allowed(problem, choice):
            x = choice.astype(float)
            left_out = 0.5 * (m.K_eV.sum() + x @ (problem.B_eV - m.P_eV) @ x) + (x @ m.L_eV).sum()
            assert left_out >= -1e-8
