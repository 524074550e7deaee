import pytest

from ewald.errors import UserError
from screening.trajectory import read_trajectory
from tests.screening.trajectory.formats.runs import argyrodite
from tests.screening.trajectory.formats.written import gro


def test_time_comes_from_the_title_and_ions_are_named_in_capitals(tmp_path):
    gro(argyrodite(20), tmp_path / "a.gro")
    found = read_trajectory(tmp_path / "a.gro")
    assert (found.frame_fs, found.symbols) == (100.0, ("Li", "P", "S", "Cl"))


def test_names_of_a_force_field_are_asked_for(tmp_path):
    gro(argyrodite(20), tmp_path / "a.gro")
    text = (tmp_path / "a.gro").read_text().replace("   LI", "   XX")
    (tmp_path / "a.gro").write_text(text)
    with pytest.raises(UserError, match="is not an element"):
        read_trajectory(tmp_path / "a.gro")
    assert read_trajectory(tmp_path / "a.gro", elements="XX=Li").symbols[0] == "Li"


def test_a_cut_file_is_refused(tmp_path):
    gro(argyrodite(20), tmp_path / "a.gro")
    text = (tmp_path / "a.gro").read_text()
    (tmp_path / "a.gro").write_text(text[: text.rindex("\n", 0, -1)])
    with pytest.raises(UserError, match="frame 19 is truncated"):
        read_trajectory(tmp_path / "a.gro")
