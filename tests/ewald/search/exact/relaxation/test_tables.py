"""The curvature that makes a relaxation convex."""

import numpy as np
import pytest

from ewald.search.exact.relaxation.bounds import GROUP_WEIGHT_EV
from ewald.search.exact.relaxation.literals import LiteralProblem
from ewald.search.exact.relaxation.multipliers import Multipliers
from ewald.search.exact.relaxation.tables import FREE, IN, OUT, RelaxationTables, Shift
from tests.ewald.search.exact.spaces import salt


@pytest.fixture(scope="module")
def problem():
    space = salt(3)
    return LiteralProblem.from_form(space.form, space.group)


@pytest.mark.parametrize("decided", [0, 5, 40])
@pytest.mark.parametrize("tuned", [False, True])
def test_the_shift_makes_the_free_part_convex_and_is_hardly_larger_than_needed(problem, decided, tuned):
    everything = np.arange(problem.size, dtype=np.int32)
    multipliers = (
        Multipliers.tuned(problem, everything, problem.h_eV, problem.wanted) if tuned else Multipliers.plain(problem)
    )
    tables = RelaxationTables.of(problem, multipliers)
    state = np.full(problem.size, FREE, dtype=np.int8)
    state[:decided] = OUT
    state[:1] = IN if decided else FREE
    shift = Shift.of(tables, state)
    free = np.flatnonzero(state == FREE)
    assert shift.literals == len(free)
    same = problem.group[free][:, None] == problem.group[free][None, :]
    curved = tables.P[np.ix_(free, free)] + np.diag(tables.D[free]) + GROUP_WEIGHT_EV * same
    lowest = np.linalg.eigvalsh(curved + shift.value_eV * np.eye(len(free)))[0]
    assert -1e-9 < lowest < 1e-3


def test_nothing_free_needs_no_shift(problem):
    tables = RelaxationTables.of(problem, Multipliers.plain(problem))
    shift = Shift.of(tables, np.zeros(problem.size, dtype=np.int8))
    assert shift.literals == 0
    assert shift.value_eV == pytest.approx(0.0, abs=1e-3)
