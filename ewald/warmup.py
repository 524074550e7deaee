"""Compile the searches before their clocks start.

The first run on a machine compiles for some seconds what later runs find in numba's cache. A time limit is meant for
the search, so a small problem goes first.
"""

import numpy as np

from ewald.form import QuadraticForm
from ewald.symmetry import SymmetryGroup


def compile_exact() -> None:
    """Run the exact search on a problem of sixteen sites, so that its compiled code is there."""
    from ewald.exact.search import search
    from ewald.space import ConfigurationSpace, Sublattice

    corners = np.argwhere(np.ones((2, 2, 2))) / 2
    space = ConfigurationSpace(
        8.0 * np.eye(3) + np.diag([0.0, 0.3, 0.7]),
        np.concatenate([corners, corners + 0.25]),
        (
            Sublattice("M", tuple(range(8)), ("Na+", "Mg2+"), (1, 2), (4, 4)),
            Sublattice("X", tuple(range(8, 16)), ("O2-", "F-", "vacancy"), (-2, -1, 0), (5, 2, 1)),
        ),
    )
    form: QuadraticForm = space.form
    group: SymmetryGroup = space.group
    search(form, group, keep=2, workers=1)
