import errno
import os
import stat
import threading

import pytest

from ewald.errors import UserError
from workflows.files import exclusive, private_folder, write_atomic
from workflows.folders import safe_name, stage_folder


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


def test_a_private_folder_that_is_a_link_is_refused(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    with pytest.raises(UserError):
        private_folder(tmp_path / "link")


def test_an_open_folder_is_closed(tmp_path):
    (tmp_path / "d").mkdir(mode=0o755)
    assert stat.S_IMODE(private_folder(tmp_path / "d").stat().st_mode) == 0o700


def test_only_one_holds_a_lock(tmp_path):
    with exclusive(tmp_path / "l"):
        answers = []

        def try_it():
            with exclusive(tmp_path / "l", wait=False) as held:
                answers.append(held)

        thread = threading.Thread(target=try_it)
        thread.start()
        thread.join()
    assert answers == [False]
    with exclusive(tmp_path / "l", wait=False) as held:
        assert held


def test_other_inputs_get_another_folder(tmp_path):
    first = stage_folder(tmp_path, "relax", "x_a1", inputs_hash="a" * 16)
    assert first == tmp_path / "relax" / "x_a1"
    assert stage_folder(tmp_path, "relax", "x_a1", inputs_hash="a" * 16) == first
    assert stage_folder(tmp_path, "relax", "x_a1", inputs_hash="b" * 16) == tmp_path / "relax" / "x_a1@bbbbbbbb"


@pytest.mark.parametrize("name", ["..", "a/b", "", "-x", ".x", "a b", "a\n"])
def test_names_that_leave_their_folder_are_refused(name):
    with pytest.raises(UserError):
        safe_name(name)
