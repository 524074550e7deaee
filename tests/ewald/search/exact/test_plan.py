"""The time limit, on a clock that moves with every look at it: whatever moment it falls on, the bound is proven."""

from unittest.mock import patch

import numpy as np
import pytest

from ewald.parallel.clock import Deadline
from ewald.parallel.team import Team
from ewald.search.exact import patterns, search
from ewald.search.exact.plan import make_plan
from ewald.search.exact.pool import IncumbentPool
from ewald.search.exact.relaxation.literals import LiteralProblem
from tests.ewald.search.exact.spaces import salt
from tests.ewald.ticks import Ticks


@pytest.fixture(scope="module")
def space():
    return salt(5)


@pytest.fixture(scope="module", params=["patterns", "empty node"])
def way(request):
    most = 0 if request.param == "empty node" else patterns.MAX_PATTERNS
    with patch.object(patterns, "MAX_PATTERNS", most):
        yield request.param


def root_bound_eV(space):
    """Bound of the empty node alone."""
    problem = LiteralProblem.from_form(space.form, space.group)
    plan = make_plan(problem, IncumbentPool(problem, space.group, 3), team=Team(Deadline.after(0.0)))
    assert not plan.whole
    return min(unit.lowest_bound_eV for unit in plan.units)


@pytest.mark.parametrize("ticks", [0, 1, 2, 3, 5, 8, 13, 21, 34, 55, 89])
def test_bound_is_proven_wherever_the_limit_falls(space, way, ticks):
    truth = search(space.form, space.group, keep=3)
    clock = Ticks()
    cut = search(space.form, space.group, keep=3, time_limit_s=float(ticks), clock=clock)
    assert cut.lowest
    assert cut.bound_eV is not None
    assert cut.bound_eV <= truth.lowest[-1][0] + 1e-9
    assert cut.bound_eV >= min(root_bound_eV(space), cut.lowest[-1][0]) - 1e-9
    if cut.certified:
        assert [entry[0] for entry in cut.lowest] == [entry[0] for entry in truth.lowest]
    else:
        assert cut.gap_eV == pytest.approx(cut.lowest[-1][0] - cut.bound_eV)
        # Past the limit nothing is begun: each unit that is left looks at the clock once, and little else does.
        assert clock.read <= ticks + 400


def test_bound_only_rises_with_time(space, way):
    bounds = [
        search(space.form, space.group, keep=3, time_limit_s=float(ticks), clock=Ticks()).bound_eV
        for ticks in (0, 10, 30, 100, 1000)
    ]
    assert (np.diff(bounds) >= -1e-9).all()


def test_a_tuning_that_is_cut_short_still_gives_a_bound(space):
    problem = LiteralProblem.from_form(space.form, space.group)
    with patch.object(patterns, "MAX_PATTERNS", 0):
        plan = make_plan(problem, IncumbentPool(problem, space.group, 3), team=Team(Deadline.after(60.0, Ticks())))
    assert plan.units
    assert np.isfinite([unit.lowest_bound_eV for unit in plan.units]).all()
