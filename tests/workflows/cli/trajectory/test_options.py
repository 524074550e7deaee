import pytest

from ewald.errors import UserError
from tests.screening.trajectory.formats.runs import argyrodite
from tests.screening.trajectory.formats.written import lammps_dump
from workflows.cli.trajectory.options import Reading


def test_what_the_user_says_reaches_the_reader(tmp_path):
    lammps_dump("id type x y z")(argyrodite(40), tmp_path / "dump")
    said = Reading(2.0, None, "Li,P,S,Cl", None, "angstrom", None, "10:30")
    run = said.read([tmp_path / "dump"])
    assert (run.frames, run.frame_fs, run.symbols) == (20, 100.0, ("Li", "P", "S", "Cl"))
    with pytest.raises(UserError, match=r"--elements Li,P,S,Cl"):
        Reading(2.0, None, None, None, None, None, None).read([tmp_path / "dump"])
