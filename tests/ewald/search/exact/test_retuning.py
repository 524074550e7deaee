"""The tree that tunes every node, against looking at every arrangement."""

from types import SimpleNamespace
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import HealthCheck, given, reject, settings
from hypothesis import strategies as st

from ewald.errors import StructureError
from ewald.parallel.clock import Deadline
from ewald.parallel.team import Team
from ewald.search import brute_force
from ewald.search.exact import retuning
from ewald.search.exact.incumbents import Descent
from ewald.search.exact.pool import IncumbentPool
from ewald.search.exact.relaxation.literals import LiteralProblem
from ewald.search.exact.relaxation.multipliers import Multipliers
from ewald.search.exact.relaxation.tables import FREE, IN, RelaxationTables, Shift
from ewald.search.exact.retuning import RetunedTree, best, of_turn, tuned
from ewald.search.exact.tree import Stack, bound_states
from ewald.search.exact.units import run_unit
from tests.ewald.search.exact.choices import energy_eV
from tests.ewald.search.exact.spaces import salt, spaces


def tree_of(problem, pool):
    tree = RetunedTree(problem, pool, Team())
    tree.push(Stack.sized(1, problem.size, len(problem.images)), 1, None)
    return tree


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(spaces(), st.integers(1, 4))
def test_finds_and_proves_what_looking_at_every_arrangement_finds(space, keep):
    try:
        form = space.form
    except StructureError:  # two sites on one spot
        reject()
    problem = LiteralProblem.from_form(form, space.group)
    if problem.size == 0:
        return
    pool = IncumbentPool(problem, space.group, keep)
    tree = tree_of(problem, pool)
    with patch.object(retuning, "_SUBTREE_SHARE", -1.0):  # nothing but tuned nodes
        tree.run(Deadline(), 10_000)
    assert not pool.wants(tree.lowest_bound_eV)
    truth = brute_force.search(form, space.group, keep)
    assert [e for e, _, _ in pool.lowest] == pytest.approx([e for e, _, _ in truth.lowest], abs=1e-9)


@settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck))
@given(spaces())
def test_whenever_it_is_saved_the_units_hold_all_that_is_not_known_yet(space):
    try:
        form = space.form
    except StructureError:  # two sites on one spot
        reject()
    problem = LiteralProblem.from_form(form, space.group)
    truth = brute_force.search(form, space.group, 1).lowest
    if problem.size == 0 or not truth:
        return
    pool = IncumbentPool(problem, space.group, 1)
    tree = tree_of(problem, pool)
    table = RelaxationTables.of(problem, Multipliers.plain(problem))
    shift = Shift.of(table, np.full(problem.size, FREE, dtype=np.int8))

    def save():
        later = IncumbentPool(problem, space.group, 1)
        later.absorb(occupation for _, _, occupation in pool.lowest)
        for unit in tree.units(0, shift, -np.inf, 2):
            run_unit((table,), unit, later, Deadline())
        assert later.lowest[0][0] == pytest.approx(truth[0][0], abs=1e-9)
        saved.append(len(tree))

    saved = []
    with patch.object(retuning, "_SUBTREE_SHARE", -1.0):
        tree.run(Deadline(), 10_000, save, 0.0)
    assert saved


def test_a_child_that_begins_where_its_parent_ended_is_bounded_hardly_worse_than_from_nothing():
    space = salt(3)
    problem = LiteralProblem.from_form(space.form, space.group)
    state = np.full(problem.size, FREE, dtype=np.int8)
    above = tuned(problem, state, Deadline())
    state[0], state[20], state[30:40] = IN, IN, 0
    bounds = []
    for start in (above.reached, None):
        relaxation = tuned(problem, state, Deadline(), start=start)
        bound_eV = np.full(1, -np.inf)
        bound_states(relaxation.tables, state[None].copy(), bound_eV, relaxation.shift, np.full(1, np.inf))
        bounds.append(bound_eV[0])
    assert bounds[0] > bounds[1] - 0.1
    assert max(bounds) <= min(energy_eV(problem, c) for c in Descent(problem)(state, 200, 0))


def test_what_is_left_becomes_units_with_the_bounds_that_were_proven():
    space = salt(5)
    problem = LiteralProblem.from_form(space.form, space.group)
    pool = IncumbentPool(problem, space.group, 1)
    tree = tree_of(problem, pool)
    with patch.object(retuning, "_SUBTREE_SHARE", -1.0):
        tree.run(Deadline(), 2)
    left, lowest_eV = len(tree), tree.lowest_bound_eV
    if left:
        shift = tuned(problem, np.full(problem.size, FREE, dtype=np.int8), Deadline()).shift
        units = tree.units(0, shift, -np.inf, 1)
        assert units[0].lowest_bound_eV == lowest_eV
        assert len(units) <= left


def test_three_of_four_turns_are_of_the_higher_bound_and_a_single_tree_has_them_all():
    low, high = SimpleNamespace(lowest_bound_eV=-2.0), SimpleNamespace(lowest_bound_eV=-1.0)
    assert best([low, high]) is high
    assert [of_turn([low, high], turn) for turn in range(1, 9)] == [high, high, high, low] * 2
    assert all(of_turn([low], turn) is low for turn in range(1, 9))
