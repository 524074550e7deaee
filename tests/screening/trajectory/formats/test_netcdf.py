import pytest
from scipy.io import netcdf_file

from ewald.errors import UserError
from screening.trajectory import read_trajectory
from tests.screening.trajectory.formats.runs import argyrodite, tilted
from tests.screening.trajectory.formats.written import lammps_netcdf


def test_times_are_scaled(tmp_path):
    flags = lammps_netcdf(argyrodite(20), tmp_path / "a.nc")
    assert read_trajectory(tmp_path / "a.nc", **flags).frame_fs == pytest.approx(100.0)


def test_types_need_elements(tmp_path):
    lammps_netcdf(argyrodite(20), tmp_path / "a.nc")
    with pytest.raises(UserError, match="names 3"):
        read_trajectory(tmp_path / "a.nc", elements="Li,P,S")


def test_a_tilted_cell_needs_its_vectors(tmp_path):
    lammps_netcdf(tilted(argyrodite(20)), tmp_path / "a.nc")
    with pytest.raises(UserError, match="not its orientation"):
        read_trajectory(tmp_path / "a.nc", elements="Li,P,S,Cl")


def test_other_conventions_are_named(tmp_path):
    for names, words in ((("rprimd", "xred"), "is ABINIT's HIST.nc"), (("temperature",), "not of AMBER's convention")):
        with netcdf_file(tmp_path / "b.nc", "w", version=2) as file:
            file.createDimension("x", 3)
            for name in names:
                file.createVariable(name, "d", ("x",))[:] = 1.0
        with pytest.raises(UserError, match=words):
            read_trajectory(tmp_path / "b.nc", elements="Li,P,S,Cl")
