"""Files that only ASE reads."""

import numpy as np
import pytest

from ewald.errors import UserError
from screening.trajectory.read import read_trajectory
from tests.screening.trajectory.formats.written import FLAGS, argyrodite, images_of_ase


def test_energies_of_ase_are_taken(tmp_path):
    from ase.calculators.singlepoint import SinglePointCalculator
    from ase.io import write

    images = images_of_ase(argyrodite(12))
    for i, image in enumerate(images):
        image.calc = SinglePointCalculator(image, energy=-float(i))
    write(tmp_path / "a.traj", images)
    found = read_trajectory(tmp_path / "a.traj", **FLAGS)
    np.testing.assert_allclose(found.potential_eV, -np.arange(12.0))


def test_frames_of_other_ions_are_refused(tmp_path):
    from ase.io import write

    images = images_of_ase(argyrodite(3))
    images[2].numbers[0] = 11
    write(tmp_path / "a.traj", images)
    with pytest.raises(UserError, match="frame 2 holds other ions"):
        read_trajectory(tmp_path / "a.traj", **FLAGS)
