"""Sites and cell are put where their symmetry says."""

import numpy as np
import pytest

from ewald.space.space import ConfigurationSpace
from ewald.space.sublattice import site_labels, sites_of
from ewald.space.symmetrize import symmetrized
from ewald.space.symmetry import SymmetryGroup
from tests.ewald.cells import na3sbs4


def test_rounded_coordinates_are_put_where_symmetry_says():
    exact = na3sbs4(3, 3, (2, 2, 1))
    lattice = exact.lattice + 1e-4 * np.array([[0, 1, 0], [0, -0.5, 0], [0, 0, 0.3]])
    rng = np.random.default_rng(3)
    coords = exact.frac_coords + rng.uniform(-2e-5, 2e-5, exact.frac_coords.shape)
    cell, sites, moved_A = symmetrized(lattice, coords, site_labels(exact.sublattices), 0.01)
    assert 1e-5 < moved_A < 2e-3
    tidy = ConfigurationSpace(cell, sites, exact.sublattices)
    labels, variable = site_labels(tidy.sublattices), sites_of(tidy.variable_sublattices)
    strict = SymmetryGroup.of_cell(tidy.lattice, tidy.frac_coords, labels, variable, symprec_A=1e-8)
    assert strict.operations == exact.symmetry_order
    lengths = np.linalg.norm(cell, axis=1)
    assert lengths[0] == pytest.approx(lengths[1], abs=1e-12)
