"""Which reader a file goes to, and files that are none."""

import pytest

from ewald.errors import DependencyError, UserError
from screening.trajectory.read import read_trajectory
from screening.trajectory.segments import read_segments


def test_missing_and_empty_files(tmp_path):
    with pytest.raises(UserError, match="no such file"):
        read_trajectory(tmp_path / "none.xyz")
    (tmp_path / "empty.xyz").touch()
    with pytest.raises(UserError, match="is empty"):
        read_trajectory(tmp_path / "empty.xyz", timestep_fs=1)
    with pytest.raises(UserError, match="no trajectory"):
        read_trajectory([])
    with pytest.raises(UserError, match="no segment files"):
        read_segments([])


def test_an_unknown_format(tmp_path):
    (tmp_path / "t.weird").write_text("what is this\n")
    with pytest.raises(UserError, match=r"t\.weird"):
        read_trajectory(tmp_path / "t.weird", timestep_fs=1)


def test_reading_other_formats_without_ase(tmp_path, monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "ase.io", None)
    (tmp_path / "t.traj").write_bytes(b"x")
    with pytest.raises(DependencyError, match=r"pip install .*\[ase\]"):
        read_trajectory(tmp_path / "t.traj", timestep_fs=1)
