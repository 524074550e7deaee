"""The reduction of lattices."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ewald.space.lattice import compact_cell

FCC = np.array([[0, 1, 1], [1, 0, 1], [1, 1, 0]]) * 2.8


@pytest.mark.parametrize(
    "cell", [np.eye(3), np.diag([3.0, 9.0, 5.0]), np.array([[3, 0, 0], [-1.5, 2.6, 0], [0, 0, 9]])]
)
def test_a_compact_cell_stays_as_it_is(cell):
    assert np.array_equal(compact_cell(cell), cell)


@settings(max_examples=50, deadline=None)
@given(shear=st.lists(st.integers(-300, 300), min_size=3, max_size=3))
def test_a_skewed_cell_spans_the_same_lattice_by_short_vectors(shear):
    matrix = np.array([[1, 0, 0], [shear[0], 1, 0], [shear[1], shear[2], 1]])
    cell = compact_cell(matrix @ FCC)
    back = cell @ np.linalg.inv(FCC)
    assert np.allclose(back, np.rint(back), atol=1e-6)
    assert abs(np.linalg.det(back)) == pytest.approx(1)
    assert np.linalg.norm(cell, axis=1).max() < 2 * 2.8 * np.sqrt(2)
