"""Slow external programs run when their folders change."""

from pathlib import Path

from tests.external.selection import FOLDERS, ROOT, wanted


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
