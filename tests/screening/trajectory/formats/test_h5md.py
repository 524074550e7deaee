"""H5MD: units, species, times."""

import numpy as np
import pytest

from ewald.errors import DependencyError, UserError
from screening.trajectory.read import read_trajectory
from tests.screening.trajectory.formats.runs import FLAGS, argyrodite
from tests.screening.trajectory.formats.written import h5md

h5py = pytest.importorskip("h5py")


@pytest.fixture
def file(tmp_path):
    h5md(argyrodite(20), tmp_path / "a.h5")
    return tmp_path / "a.h5"


def edit(path):
    return h5py.File(path, "r+")


def test_units_of_the_file(file, tmp_path):
    h5md(argyrodite(20), tmp_path / "b.h5", unit="Angstrom")
    for path in (file, tmp_path / "b.h5"):
        assert read_trajectory(path).volume_A3 == pytest.approx(1000)
    with edit(file) as content:
        content["particles/all/position/value"].attrs["unit"] = "parsec"
    with pytest.raises(UserError, match="not a unit of length"):
        read_trajectory(file)


def test_nm_without_a_unit_are_seen(file):
    with edit(file) as content:
        del content["particles/all/position/value"].attrs["unit"], content["particles/all/box/edges"].attrs["unit"]
    with pytest.raises(UserError, match="length-unit"):
        read_trajectory(file)
    assert read_trajectory(file, length_unit="nm").volume_A3 == pytest.approx(1000)


def test_times_without_a_unit_need_the_flags(file):
    with edit(file) as content:
        del content["particles/all/position/time"].attrs["unit"]
    with pytest.raises(UserError, match="give --timestep-fs"):
        read_trajectory(file)
    assert read_trajectory(file, timestep_fs=2).frame_fs == 100
    with pytest.raises(UserError, match="50 steps between frames"):
        read_trajectory(file, timestep_fs=2, every=10)


def test_species_that_are_numbers_are_types(file):
    with edit(file) as content:
        kinds = np.array(content["particles/all/species"][()], dtype="int64")
        del content["particles/all/species"]
        content["particles/all/species"] = kinds + 1
    with pytest.raises(UserError, match="--elements"):
        read_trajectory(file, **FLAGS)
    assert read_trajectory(file, elements="Li,P,S,Cl").symbols == ("Li", "P", "S", "Cl")


def test_images_are_added(file):
    run = argyrodite(20)
    with edit(file) as content:
        content["particles/all/image/value"] = run.images
    found = read_trajectory(file)
    np.testing.assert_allclose(found.positions_A - found.positions_A[0], run.path_A - run.path_A[0], atol=1e-4)


def test_other_hdf5_and_missing_h5py(tmp_path, file, monkeypatch):
    with h5py.File(tmp_path / "b.h5", "w") as content:
        content["x"] = 1
    with pytest.raises(UserError, match="neither H5MD"):
        read_trajectory(tmp_path / "b.h5")
    import sys

    monkeypatch.setitem(sys.modules, "h5py", None)
    with pytest.raises(DependencyError, match="h5py"):
        read_trajectory(file)
