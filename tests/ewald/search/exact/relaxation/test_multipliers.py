"""The tuned relaxation against the plain one."""

import numpy as np

from ewald.search.exact.relaxation.literals import LiteralProblem
from ewald.search.exact.relaxation.multipliers import Multipliers
from ewald.search.exact.relaxation.tables import FREE, RelaxationTables, Shift
from ewald.search.exact.tree import bound_states
from tests.ewald.search.exact.spaces import salt


def test_tuned_multipliers_bound_the_empty_node_much_better():
    space = salt(4)
    problem = LiteralProblem.from_form(space.form, space.group)
    free = np.arange(problem.size, dtype=np.int32)
    tuned = Multipliers.tuned(problem, free, problem.h_eV, problem.wanted)
    assert (problem.B_eV - tuned.P_eV >= -1e-12).all()
    bounds = []
    for multipliers in (Multipliers.plain(problem), tuned):
        tables = RelaxationTables.of(problem, multipliers)
        state = np.full((1, problem.size), FREE, dtype=np.int8)
        bound_eV = np.full(1, -np.inf)
        bound_states(tables, state, bound_eV, Shift.of(tables, state[0]), np.full(1, np.inf))
        bounds.append(bound_eV[0])
    assert bounds[1] > bounds[0] + 1.0
