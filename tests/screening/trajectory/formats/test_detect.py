"""Files are told by content, whatever their names."""

import shutil

import pytest

from ewald.errors import UserError
from screening.trajectory.formats.detect import read_frames
from screening.trajectory.formats.hints import Hints
from screening.trajectory.read import read_trajectory
from tests.screening.trajectory.formats.runs import argyrodite
from tests.screening.trajectory.formats.written import FORMATS


@pytest.mark.parametrize("name", [name for name in FORMATS if name != "CP2K with .cell"])
def test_names_do_not_matter(tmp_path, name):
    file, write = FORMATS[name]
    flags = write(argyrodite(4), tmp_path / file)
    shutil.copy(tmp_path / file, tmp_path / "something.dat")
    assert read_trajectory(tmp_path / "something.dat", **flags).frames == 4


@pytest.mark.parametrize(
    "content", [b"\xff\xfe\x00", b"\x1f\x8bnot gzip", b"\x89HDF no", b"ITEM: nothing\n", b"<modeling>"]
)
def test_what_is_damaged_is_one_line(tmp_path, content):
    (tmp_path / "a").write_bytes(content)
    with pytest.raises(UserError) as caught:
        list(read_frames(tmp_path / "a", Hints()).frames)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"PK\x03\x04rest", "a zip archive"),
        (b"XDATCAR".ljust(257, b"\0") + b"ustar\x0000", "a tar archive"),
        (b"\x28\xb5\x2f\xfdrest", "compressed in another way"),
        (b"\x93NUMPY\x01", "a bare array"),
        (b"\x80\x04\x95", "a pickle"),
        (b'{"@module": "pymatgen.core.trajectory"}', "JSON of Python objects"),
        ("2\nx\n".encode("utf-16"), "UTF-16"),
        (b"version https://git-lfs.github.com/spec/v1\n", "Git LFS"),
        (b"<!DOCTYPE html><html>", "a web page"),
        (b"LAMMPS (2 Aug 2023)\n", "a log of LAMMPS"),
        (b"---\ncreator: LAMMPS\ntimestep: 0\n", "style yaml"),
        (b"   10  0.00120\n 1.0 2.0 3.0\n 1.0 2.0 3.0\n", "cp.x"),
        (b"x,y,z\n1,2,3\n", "of no known format"),
    ],
)
def test_what_is_no_trajectory_is_named_with_what_to_do(tmp_path, content, words):
    (tmp_path / "a").write_bytes(content)
    with pytest.raises(UserError, match=words) as caught:
        read_trajectory(tmp_path / "a", timestep_fs=1, every=1)
    assert "fix: " in str(caught.value)
