"""Compile the searches before their clocks start.

The first run on a machine compiles for some seconds what later runs find in numba's cache. A time limit is meant for
the search, so a small problem goes first.
"""

import time

import numpy as np

from ewald.space.form import QuadraticForm
from ewald.space.symmetry import SymmetryGroup


def compile_exact() -> float:
    """Run the exact search on problems of sixteen sites, so that its compiled code is there.

    Returns
    -------
    float
        Time in s that it took: some ten seconds where nothing was compiled yet, below one later.
    """
    from ewald.search.exact.relaxation.literals import LiteralProblem
    from ewald.search.exact.relaxation.multipliers import Multipliers
    from ewald.search.exact.relaxation.tables import RelaxationTables
    from ewald.search.exact.search import search
    from ewald.search.exact.tree import Stack, advance
    from ewald.space.space import ConfigurationSpace
    from ewald.space.sublattice import Sublattice

    started_s = time.monotonic()
    corners = np.argwhere(np.ones((2, 2, 2))) / 2
    anions = Sublattice("X", tuple(range(8, 16)), ("O2-", "F-", "vacancy"), (-2, -1, 0), (5, 2, 1))
    # Patterns are listed for the first, and the second is searched from the empty node.
    for species, charges, counts in ((("Na+", "Mg2+"), (1, 2), (4, 4)), (("Al3+",), (1.5,), (8,))):
        space = ConfigurationSpace(
            8.0 * np.eye(3) + np.diag([0.0, 0.3, 0.7]),
            np.concatenate([corners, corners + 0.25]),
            (Sublattice("M", tuple(range(8)), species, charges, counts), anions),
        )
        form: QuadraticForm = space.form
        group: SymmetryGroup = space.group
        search(form, group, keep=2, workers=1)
    # Such small problems are solved while they are planned; the depth-first part is left.
    problem = LiteralProblem.from_form(form, group)
    tables = RelaxationTables.of(problem, Multipliers.plain(problem))
    advance(tables, Stack.holding(1, problem.size, group.order), 1, np.full(1, np.inf), 8)
    return time.monotonic() - started_s


def compile_sample() -> float:
    """Run the tabu search on a problem of eight sites.

    Returns
    -------
    float
        Time in s that it took.
    """
    from ewald.search.sampling import search as sample
    from ewald.space.space import ConfigurationSpace
    from ewald.space.sublattice import Sublattice

    started_s = time.monotonic()
    corners = np.argwhere(np.ones((2, 2, 2))) / 2
    salt = Sublattice("M", tuple(range(8)), ("Na+", "Cl-"), (1, -1), (4, 4))
    space = ConfigurationSpace(8.0 * np.eye(3) + np.diag([0.0, 0.3, 0.7]), corners, (salt,))
    sample.search(space.form, space.group, 2)
    return time.monotonic() - started_s
