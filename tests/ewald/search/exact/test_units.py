"""A unit is searched to its end, or says how far down what is left may reach."""

import numpy as np
import pytest

from ewald.parallel.clock import Deadline
from ewald.search import brute_force
from ewald.search.exact.pool import IncumbentPool
from ewald.search.exact.relaxation.literals import LiteralProblem
from ewald.search.exact.relaxation.multipliers import Multipliers
from ewald.search.exact.relaxation.tables import RelaxationTables, Shift
from ewald.search.exact.tree import Stack
from ewald.search.exact.units import Unit, UnitResult, run_unit, symmetries_left
from tests.ewald.search.exact.spaces import salt
from tests.ewald.ticks import Ticks

KEEP = 4


@pytest.fixture(scope="module")
def space():
    return salt(2, (1, 2, 2))


@pytest.fixture(scope="module")
def truth(space):
    return brute_force.search(space.form, space.group, KEEP).lowest


@pytest.fixture
def whole(space):
    """The tables, a pool without arrangements, and the whole problem as one unit."""
    problem = LiteralProblem.from_form(space.form, space.group)
    tables = RelaxationTables.of(problem, Multipliers.plain(problem))
    root = Stack.sized(1, problem.size, len(problem.images))
    shift = Shift.of(tables, root.state[0])
    root.shift[:], root.shift_size[:], root.bound[:] = shift.value_eV, shift.literals, -1e6
    return (tables,), IncumbentPool(problem, space.group, KEEP), Unit.of(root, 0)


def test_a_unit_searched_to_its_end_finds_the_lowest(whole, truth):
    tables, pool, unit = whole
    done = run_unit(tables, unit, pool, Deadline())
    assert done.open_bound_eV == np.inf
    assert done.nodes > 0
    assert [(m, o.tobytes()) for _, m, o in pool.lowest] == [(m, o.tobytes()) for _, m, o in truth]


@pytest.mark.parametrize("ticks", [2, 3, 5, 9])
def test_what_is_left_bounds_all_that_was_not_found(whole, truth, ticks):
    tables, pool, unit = whole
    done = run_unit(tables, unit, pool, Deadline.after(float(ticks), Ticks()))
    found = {o.tobytes() for _, _, o in pool.lowest}
    missed = [energy for energy, _, o in truth if o.tobytes() not in found]
    assert done.open_bound_eV <= min(missed, default=np.inf) + 1e-9


def test_past_the_deadline_nothing_is_begun(whole):
    tables, pool, unit = whole
    assert run_unit(tables, unit, pool, Deadline.after(0.0)) == UnitResult(0, unit.lowest_bound_eV)


def test_a_unit_above_the_threshold_is_finished_without_a_look(whole):
    tables, pool, unit = whole
    pool.lower(unit.lowest_bound_eV - 1e-3)
    assert run_unit(tables, unit, pool, Deadline.after(0.0)) == UnitResult(0, np.inf)


def test_what_others_know_ends_a_unit_early(whole, truth):
    tables, pool, unit = whole
    done = run_unit(tables, unit, pool, Deadline(), threshold=lambda: truth[0][0] - 1.0)
    assert done.open_bound_eV == np.inf
    assert pool.lowest == ()


def test_a_unit_gives_back_the_stack_it_was_made_of():
    rng = np.random.default_rng(4)
    stack = Stack.sized(6, 7, 19)
    stack.state[:] = rng.integers(-1, 2, stack.state.shape)
    stack.bound[:], stack.shift[:] = rng.random(6), rng.random(6)
    stack.shift_size[:], stack.alive[:] = rng.integers(0, 7, 6), rng.random((6, 19)) < 0.3
    unit = Unit.of(stack, 2)
    again = unit.stack(19)
    for name in ("state", "bound", "shift", "shift_size", "alive"):
        assert (getattr(again, name)[:6] == getattr(stack, name)).all()
    assert unit.lowest_bound_eV == stack.bound.min()
    assert len(again.bound) >= 6 + 2 * 7


def test_symmetries_left_are_those_that_move_nothing_decided():
    images = np.array([[0, 1, 2, 3], [1, 0, 2, 3], [1, 0, 3, 2], [2, 3, 0, 1]], dtype=np.int32)
    origin = np.array([[1, 1, 0, -1], [-1, -1, -1, -1], [1, 0, 1, 0]], dtype=np.int8)
    left = np.unpackbits(symmetries_left(origin, images), axis=1, count=len(images)).astype(bool)
    assert left.tolist() == [[True, True, False, False], [True] * 4, [True, False, False, True]]
