"""Whose files the packages are."""

import base64
import hashlib
from importlib.metadata import PathDistribution
from pathlib import Path

import pytest

from ewald.version import __version__
from workflows.doctor.finding import State
from workflows.doctor.installation import changed_files, installation


def distribution(folder: Path, name: str, version: str, files: dict[str, str]) -> PathDistribution:
    """Write files with the notes that pip leaves of them."""
    info = folder / f"{name}-{version}.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
    record = []
    for file, text in files.items():
        path = folder / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()
        record.append(f"{file},sha256={digest},{len(text)}")
    (info / "RECORD").write_text("\n".join(record) + "\n")
    return PathDistribution(info)


OURS = {"ewald/__init__.py": "ours\n", "workflows/__init__.py": "ours\n", "workflows/cli/main.py": "main\n"}


def about_packages(*distributions):
    return next(found for found in installation(distributions) if found.name.startswith("packages"))


def test_an_installation_of_ours_alone_is_whole(tmp_path):
    ours = distribution(tmp_path, "ionsieve", __version__, OURS)
    assert about_packages(ours).state is State.OK
    assert list(changed_files(ours)) == []


def test_another_distribution_with_our_names_is_named(tmp_path):
    ours = distribution(tmp_path, "ionsieve", __version__, OURS)
    theirs = distribution(tmp_path, "workflows", "3.2", {"workflows/__init__.py": "theirs\n"})
    found = about_packages(ours, theirs)
    assert found.state is State.BROKEN
    assert "workflows 3.2 (workflows)" in found.detail
    assert list(changed_files(ours)) == ["workflows/__init__.py"]


@pytest.mark.parametrize("end", ["changed", "gone"])
def test_a_file_that_was_overwritten_or_removed_is_named(end, tmp_path):
    ours = distribution(tmp_path, "ionsieve", __version__, OURS)
    file = tmp_path / "ewald/__init__.py"
    file.unlink()
    if end == "changed":
        file.write_text("somebody else's\n")
    found = about_packages(ours)
    assert (found.state, "ewald/__init__.py" in found.detail) == (State.BROKEN, True)
    assert "--force-reinstall" in found.fix


def test_files_newer_than_the_installation_are_said(tmp_path):
    assert "0.0.1" in about_packages(distribution(tmp_path, "ionsieve", "0.0.1", OURS)).detail


def test_a_data_folder_of_that_name_in_another_distribution_is_no_package(tmp_path):
    ours = distribution(tmp_path, "ionsieve", __version__, OURS)
    other = distribution(tmp_path, "other", "1", {"other/workflows/a.py": "x\n", "ewald-1.txt": "x\n"})
    assert about_packages(ours, other).state is State.OK
