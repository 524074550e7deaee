import stat
import threading

import pytest

from ewald.errors import UserError
from workflows.process.files import exclusive, private_folder


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
