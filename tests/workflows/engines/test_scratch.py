"""Scratch folders of killed processes go; those of living ones, of others and of other names stay."""

import tempfile
from pathlib import Path

from workflows.engines.scratch import new_scratch, sweep
from workflows.process.owner import myself

PREFIX = "ionsieve-espresso-"


def test_only_folders_of_dead_processes_are_removed(tmp_path):
    host = myself().host
    dead = tmp_path / f"{PREFIX}{host}-999999-1-abc"
    kept = [
        tmp_path / f"{PREFIX}{host}-{myself().pid}-{myself().start}-abc",
        tmp_path / f"{PREFIX}other-host-999999-1-abc",
        tmp_path / f"{PREFIX}{host}-x-1-abc",
        tmp_path / "unrelated",
    ]
    for folder in (dead, *kept):
        folder.mkdir()
        (folder / "wave.dat").write_text("x")
    (tmp_path / f"{PREFIX}{host}-999999-1-link").symlink_to(tmp_path / "unrelated")
    assert sweep(tmp_path, "espresso") == [dead]
    assert not dead.exists()
    assert all((folder / "wave.dat").exists() for folder in kept)


def test_a_new_folder_survives_the_next_one(monkeypatch, tmp_path):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with new_scratch("espresso") as first, new_scratch("espresso") as second:
        assert Path(first).is_dir()
        assert Path(second).is_dir()
