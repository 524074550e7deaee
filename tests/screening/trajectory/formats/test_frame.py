"""The cell of lengths and angles."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pymatgen.core import Lattice

from screening.trajectory.formats.frame import cell_of_parameters


@given(st.tuples(*[st.floats(2, 30)] * 3), st.tuples(*[st.floats(65, 110)] * 3))
def test_lengths_and_angles_come_back(lengths, angles):
    cell = cell_of_parameters(np.array(lengths), np.array(angles))
    np.testing.assert_allclose(Lattice(cell).parameters, [*lengths, *angles], rtol=1e-6)
    assert cell[0, 1] == cell[0, 2] == cell[1, 2] == 0


def test_angles_that_make_no_cell():
    with pytest.raises(ValueError, match="make no cell"):
        cell_of_parameters(np.ones(3), np.array([30.0, 30.0, 170.0]))
