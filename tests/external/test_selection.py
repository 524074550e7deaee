"""Slow external programs run when their folders change."""

import subprocess
from pathlib import Path

import pytest

from tests.external.selection import FOLDERS, ROOT, changes, wanted


def git(folder, *words):
    author = ("-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false")
    subprocess.run(["git", *author, *words], cwd=folder, check=True, capture_output=True)


def commit(folder, name):
    (folder / name).write_text(name, encoding="utf-8")
    git(folder, "add", name)
    git(folder, "commit", "-m", name)


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    """A clone of a repository with one commit on main."""
    monkeypatch.delenv("IONSIEVE_BASE", raising=False)
    for name in ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"):
        monkeypatch.delenv(name, raising=False)
    origin = tmp_path / "origin"
    origin.mkdir()
    git(origin, "init", "-b", "main")
    commit(origin, "first")
    git(tmp_path, "clone", str(origin), "clone")
    return tmp_path / "clone"


def test_all_commits_that_the_remote_lacks_are_one_change(checkout):
    commit(checkout, "second")
    commit(checkout, "third")
    assert changes(checkout) == ["second", "third"]


def test_work_that_the_remote_has_calls_for_everything(checkout):
    assert changes(checkout) is None
    commit(checkout, "second")
    git(checkout, "push", "origin", "HEAD:refs/heads/other")
    assert changes(checkout) == ["second"]


def test_without_a_remote_everything_runs_unless_a_base_is_given(checkout, monkeypatch):
    git(checkout, "remote", "remove", "origin")
    commit(checkout, "second")
    commit(checkout, "third")
    assert changes(checkout) is None
    monkeypatch.setenv("IONSIEVE_BASE", "HEAD^")
    assert changes(checkout) == ["third"]
    monkeypatch.setenv("IONSIEVE_BASE", "no-such-commit")
    assert changes(checkout) is None


def test_a_change_of_an_engine_calls_for_its_programs_and_one_of_the_docs_for_none():
    assert wanted("test_cp2k.py", ["workflows/engines/cp2k/run.py"])
    assert not wanted("test_cp2k.py", ["docs/index.md", "ewald/ions.py"])
    assert wanted("test_cp2k.py", ["docs/index.md", "tests/external/test_cp2k.py"])
    assert not wanted("test_slurm.py", ["workflows/launchpad_other/x.py"])


def test_unknown_changes_and_new_pins_call_for_everything():
    for file in FOLDERS:
        assert wanted(file, None)
        assert wanted(file, ["constraints.txt"])


def test_what_is_not_listed_always_runs():
    assert wanted("test_report_browser.py", ["docs/index.md"])


def test_every_listed_test_and_folder_exists():
    for file, folders in FOLDERS.items():
        assert (Path(__file__).parent / file).is_file()
        assert all((ROOT / folder).exists() for folder in folders)
