"""Universes, and lists of atoms and structures."""

import warnings

import numpy as np
import pytest
from pymatgen.core import Structure
from pymatgen.core.trajectory import Trajectory as PymatgenTrajectory

from ewald.errors import UserError
from screening.trajectory.read import read_trajectory
from tests.screening.trajectory.formats.runs import FLAGS, argyrodite, images_of_ase
from tests.screening.trajectory.formats.written import by_mdanalysis


def same_motion(found, run):
    np.testing.assert_allclose(found.positions_A - found.positions_A[0], run.path_A - run.path_A[0], atol=0.02)
    return True


@pytest.mark.parametrize("name", ["a.xtc", "a.dcd"])
def test_universes(tmp_path, name):
    import MDAnalysis

    run = argyrodite(20)
    flags = by_mdanalysis(run, tmp_path / name)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        universe = MDAnalysis.Universe.empty(len(run.symbols), trajectory=True)
        universe.add_TopologyAttr("elements", list(run.symbols))
        universe.load_new(str(tmp_path / name))
        if name == "a.dcd":
            # The reader's time of a DCD file is that of CHARMM, whoever wrote it.
            with pytest.raises(UserError, match="timestep-fs and --every"):
                read_trajectory(universe)
            assert same_motion(read_trajectory(universe, **FLAGS), run)
        else:
            found = read_trajectory(universe)
            assert found.frame_fs == pytest.approx(100)
            assert same_motion(found, run)
    assert flags


def test_structures_of_pymatgen():
    run = argyrodite(20)
    structures = [Structure(run.cell_A, run.symbols, frame, coords_are_cartesian=True) for frame in run.wrapped_A]
    assert same_motion(read_trajectory(structures, **FLAGS), run)
    whole = PymatgenTrajectory.from_structures(structures, constant_lattice=True, time_step=100.0)
    found = read_trajectory(whole)
    assert found.frame_fs == 100
    assert same_motion(found, run)


def test_atoms_of_ase_and_mistakes():
    run = argyrodite(20)
    images = images_of_ase(run)
    assert same_motion(read_trajectory(images, **FLAGS), run)
    assert same_motion(read_trajectory(iter(images), **FLAGS), run)
    with pytest.raises(UserError, match="holds no frames"):
        read_trajectory(iter([]), **FLAGS)
    with pytest.raises(UserError, match="is not a trajectory"):
        read_trajectory(5, **FLAGS)
    images[3].pbc = [True, True, False]
    with pytest.raises(UserError, match="not periodic"):
        read_trajectory(images, **FLAGS)
