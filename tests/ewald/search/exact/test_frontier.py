"""Open nodes come out by their bound, whole, and each once."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from ewald.search.exact.frontier import Frontier
from ewald.search.exact.tree import Stack

LITERALS, ORDER = 5, 11


def stack_of(bounds, seed):
    rng = np.random.default_rng(seed)
    stack = Stack.sized(len(bounds), LITERALS, ORDER)
    stack.state[:] = rng.integers(-1, 2, stack.state.shape)
    stack.warm[:] = rng.random(stack.warm.shape).astype(np.float32)
    stack.bound[:] = bounds
    stack.shift[:] = rng.random(len(bounds))
    stack.shift_size[:] = rng.integers(0, 9, len(bounds))
    stack.alive[:] = rng.random(stack.alive.shape) < 0.5
    return stack


def rows_of(stack):
    return [tuple(column[k].tobytes() for column in stack) for k in range(len(stack.bound))]


def frontier_of(*stacks):
    frontier = Frontier(ORDER)
    for stack in stacks:
        frontier.push(stack, len(stack.bound))
    return frontier


BOUNDS = st.lists(st.sampled_from([-3.0, -2.5, -2.5, 0.0, 1.5]), min_size=1, max_size=12)


@given(BOUNDS, BOUNDS, st.integers(0, 99), st.integers(1, 5))
def test_nodes_come_out_sorted_by_bound_and_those_of_equal_bound_in_the_order_they_came(first, second, seed, batch):
    stacks = stack_of(first, seed), stack_of(second, seed + 1)
    frontier = frontier_of(*stacks)
    came = [row for stack in stacks for row in rows_of(stack)]
    bounds = [*first, *second]
    found = []
    while len(frontier):
        lowest = frontier.lowest_bound_eV
        popped = frontier.pop(batch)
        assert popped.bound[0] == lowest
        found += rows_of(popped)
    assert found == [came[k] for k in sorted(range(len(bounds)), key=bounds.__getitem__)]


@given(BOUNDS, st.integers(0, 99), st.integers(1, 5))
def test_units_hold_every_node_once_and_their_most_promising_one_last(bounds, seed, size):
    stack = stack_of(bounds, seed)
    frontier = frontier_of(stack)
    units = frontier.units(table=3, size=size)
    assert len(frontier) == 0
    assert frontier.lowest_bound_eV == np.inf
    assert {unit.table for unit in units} == {3}
    assert max(len(unit.bound_eV) for unit in units) <= size
    assert np.concatenate([unit.bound_eV[::-1] for unit in units]).tolist() == sorted(bounds)
    states = sorted(row.tobytes() for unit in units for row in unit.states)
    assert states == sorted(row.tobytes() for row in stack.state)


def test_only_the_first_nodes_of_a_stack_are_open():
    frontier = Frontier(ORDER)
    frontier.push(stack_of([1.0, -5.0, 0.0], 1), 1)
    assert (len(frontier), frontier.lowest_bound_eV) == (1, 1.0)
    frontier.push(stack_of([1.0], 1), 0)
    assert len(frontier) == 1
