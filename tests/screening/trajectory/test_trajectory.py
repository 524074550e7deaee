import numpy as np
import pytest

from ewald.errors import UserError
from screening.trajectory.trajectory import Trajectory


def test_arrays_must_fit():
    with pytest.raises(UserError, match="do not fit"):
        Trajectory(np.zeros((3, 2, 3)), None, np.array([11]), 1.0)
    with pytest.raises(UserError, match="must be positive"):
        Trajectory(np.zeros((3, 1, 3)), None, np.array([11]), 0.0)
