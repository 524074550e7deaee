import errno
import os
import stat

import pytest

from ewald.files.atomic import write_atomic


def test_a_full_disk_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch):
    path = write_atomic(tmp_path / "f", "old")

    def full(_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        write_atomic(path, "new")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_secret_is_private_from_its_first_moment(tmp_path):
    assert stat.S_IMODE(write_atomic(tmp_path / "f", "x", mode=0o600).stat().st_mode) == 0o600


def test_an_ordinary_file_gets_ordinary_permissions(tmp_path):
    before = os.umask(0o027)
    try:
        path = write_atomic(tmp_path / "new" / ("n" * 200), b"x")
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert path.read_bytes() == b"x"


def test_a_file_is_replaced_whole(tmp_path):
    path = tmp_path / "file"
    write_atomic(path, "old")
    write_atomic(path, b"new")
    assert path.read_bytes() == b"new"
    assert [one.name for one in tmp_path.iterdir()] == ["file"]
    assert stat.S_IMODE(path.stat().st_mode) & 0o600 == 0o600
