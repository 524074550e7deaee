import numpy as np
import pytest

from ewald.errors import UserError
from screening.trajectory.trajectory import Trajectory, unwrap


def test_arrays_must_fit():
    with pytest.raises(UserError, match="do not fit"):
        Trajectory(np.zeros((3, 2, 3)), None, np.array([11]), 1.0)
    with pytest.raises(UserError, match="must be positive"):
        Trajectory(np.zeros((3, 1, 3)), None, np.array([11]), 0.0)


@pytest.fixture
def wrapped():
    rng = np.random.default_rng(1)
    cell = np.array([[6.0, 0, 0], [2.0, 6.5, 0], [0.5, 1.0, 7.0]])
    path = rng.normal(0, 0.6, (60, 5, 3)).cumsum(axis=0) + rng.uniform(0, 6, (1, 5, 3))
    return path, cell, np.array([11, 11, 11, 15, 16])


def test_unwrapping_restores_displacements(wrapped):
    path, cell, _ = wrapped
    folded = (path @ np.linalg.inv(cell) % 1.0) @ cell
    found = unwrap(folded, np.broadcast_to(cell, (60, 3, 3)))
    np.testing.assert_allclose(found - found[0], path - path[0], atol=1e-9)


def test_a_flat_cell_and_too_few_cells_are_refused(wrapped):
    path, cell, _ = wrapped
    with pytest.raises(UserError, match="independent vectors"):
        unwrap(path, np.zeros((60, 3, 3)))
    with pytest.raises(UserError, match="different numbers"):
        unwrap(path, np.broadcast_to(cell, (59, 3, 3)))
