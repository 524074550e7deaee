"""Files are told by content, whatever their names."""

import shutil

import pytest

from ewald.errors import UserError
from screening.trajectory.formats.detect import read_frames
from screening.trajectory.formats.hints import Hints
from screening.trajectory.read import read_trajectory
from tests.screening.trajectory.formats.written import FORMATS, argyrodite


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
