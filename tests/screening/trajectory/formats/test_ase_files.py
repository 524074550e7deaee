"""Files that only ASE reads."""

import numpy as np
import pytest

from ewald.errors import UserError
from screening.trajectory.read import read_trajectory
from tests.screening.trajectory.formats.runs import FLAGS, argyrodite, images_of_ase
from tests.screening.trajectory.formats.written import pdb


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


def test_bonds_and_the_end_of_a_pdb_file_are_no_frame(tmp_path):
    run, path = argyrodite(5), tmp_path / "a.pdb"
    pdb(run, path)
    whole = read_trajectory(path, **FLAGS).positions_A
    path.write_text(path.read_text() + "CONECT    1    2\nCONECT    2    3\nEND\n")
    assert np.array_equal(read_trajectory(path, **FLAGS).positions_A, whole)
