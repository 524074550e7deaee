"""Nodes of the search tree: what is concluded from a state holds for every arrangement that agrees with it."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from ewald.search.exact.relaxation.literals import LiteralProblem
from ewald.search.exact.relaxation.multipliers import Multipliers
from ewald.search.exact.relaxation.tables import FREE, RelaxationTables, Shift
from ewald.search.exact.tree import Stack, advance, bound_states, expand, propagate
from tests.ewald.search.exact.choices import allowed, choices, energy_eV
from tests.ewald.search.exact.spaces import spaces

NEVER = np.full(1, np.inf)


def prepared(space):
    problem = LiteralProblem.from_form(space.form, space.group)
    return (
        problem,
        RelaxationTables.of(problem, Multipliers.plain(problem)),
        [c for c in choices(problem) if allowed(problem, c)],
    )


def drawn_state(data, problem):
    state = np.full(problem.size, FREE, dtype=np.int8)
    for literal in data.draw(st.lists(st.integers(0, problem.size - 1), max_size=4)) if problem.size else []:
        state[literal] = data.draw(st.integers(0, 1))
    return state


def agrees(choice, state):
    return bool(((state == FREE) | (choice == state)).all())


@settings(max_examples=40)
@given(spaces(), st.data())
def test_consequences_and_bounds_hold_for_all_that_agrees_with_a_state(space, data):
    problem, tables, everything = prepared(space)
    state = drawn_state(data, problem)
    here = [choice for choice in everything if agrees(choice, state)]
    drawn = state.copy()
    possible = propagate(tables, drawn)
    assert possible or not here
    if possible:
        assert all(agrees(choice, drawn) for choice in here)
    states, bound_eV = state[None].copy(), np.full(1, -np.inf)
    bound_states(tables, states, bound_eV, Shift.of(tables, state), NEVER)
    energies = [energy_eV(problem, choice) for choice in here]
    assert bound_eV[0] <= min(energies, default=np.inf) + 1e-8
    assert all(agrees(choice, states[0]) for choice in here)


@settings(max_examples=25)
@given(spaces())
def test_children_and_arrangements_found_cover_everything_up_to_symmetry(space):
    problem, tables, everything = prepared(space)
    root = Stack.sized(1, problem.size, len(problem.images))
    root.warm[:] = 0.5
    shift = Shift.of(tables, root.state[0])
    root.shift[:], root.shift_size[:] = shift.value_eV, shift.literals
    done = expand(tables, root, NEVER)
    children = done.children.state[: done.open_nodes]
    for choice in everything:
        copies = [choice[image] for image in problem.images]
        assert any(agrees(copy, node) for copy in copies for node in (*children, *done.found))


@settings(max_examples=25)
@given(spaces(), st.integers(1, 7))
def test_slices_of_any_length_find_the_lowest(space, nodes):
    problem, tables, everything = prepared(space)
    stack = Stack.holding(1, problem.size, len(problem.images))
    stack.warm[:1] = 0.5
    shift = Shift.of(tables, stack.state[0])
    stack.shift[:1], stack.shift_size[:1] = shift.value_eV, shift.literals
    open_nodes, threshold_eV = 1, np.full(1, np.inf)
    while open_nodes:
        step = advance(tables, stack, open_nodes, threshold_eV, nodes)
        assert step.nodes <= nodes
        open_nodes = step.open_nodes
        for choice in step.found:
            threshold_eV[0] = min(threshold_eV[0], energy_eV(problem, choice))
    truth = min((energy_eV(problem, choice) for choice in everything), default=np.inf)
    assert threshold_eV[0] == truth or abs(threshold_eV[0] - truth) < 1e-8
