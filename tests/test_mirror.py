"""Tests mirror the tree: where a module lives says where its tests live."""

import re
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
ROOT = TESTS.parent
PACKAGES = ("ewald", "screening", "workflows")
#: Test files about something that no single module holds.
SUBJECTS = {
    "ewald/cli/test_bad_input.py": "what a person gets to read of a bad input, from reader to message",
    "ewald/search/test_restricted.py": "species on some sites only, in every search",
    "ewald/space/test_madelung.py": "Madelung constants of the literature",
    "screening/hull/test_known_electrolytes.py": "electrolytes whose stability is published",
    "screening/hull/test_published_entries.py": "a published set of entries, from file to window",
    "screening/test_halide_references.py": "shipped halides against their list and the radii of their ions",
    "screening/record/test_one_verdict.py": "all outputs against one another",
    "screening/trajectory/test_variants.py": "never a wrong number, whatever happened to a file",
    "screening/trajectory/formats/test_table.py": "the same run in every format",
    "workflows/cli/test_bad_input.py": "what a person gets to read of a bad campaign, from every command",
    "workflows/database/test_versions.py": "databases of earlier versions",
    "workflows/firetasks/test_own_documents.py": "documents of every Firetask",
    "workflows/test_campaign_run.py": "whole campaigns under kills",
    "workflows/test_database_away.py": "every layer while the database is away",
    "workflows/test_race.py": "workers against one another",
    "workflows/test_upgrade.py": "campaigns of the former release, in this one and the next",
}


def modules() -> set[str]:
    found = (path.relative_to(ROOT) for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
    return {path.as_posix() for path in found if not path.name.startswith("__")}


def place_of(module: str) -> Path:
    path = Path(module)
    return TESTS / path.parent / f"test_{path.name}"


def exempt() -> dict[str, str]:
    lines = (TESTS / "without_tests.txt").read_text(encoding="utf-8").splitlines()
    pairs = (line.partition("#") for line in lines if line and not line.startswith("#"))
    return {module.strip(): reason.strip() for module, _, reason in pairs}


def test_every_module_has_a_test_of_its_own_name_or_a_reason():
    missing = {module for module in modules() if not place_of(module).exists()} - exempt().keys()
    assert not missing, f"write {', '.join(str(place_of(m).relative_to(ROOT)) for m in sorted(missing))}"


def test_the_list_of_reasons_holds_nothing_that_is_gone_or_tested():
    listed = exempt()
    assert listed.keys() <= modules()
    assert not [module for module in listed if place_of(module).exists()]
    assert all(listed.values())


@pytest.mark.parametrize("module", exempt())
def test_a_test_that_is_named_as_the_reason_exists(module):
    for path in re.findall(r"tests/[\w/]+\.py", exempt()[module]):
        assert (ROOT / path).is_file()


def test_every_test_file_has_its_module_or_a_subject():
    files = {
        path.relative_to(TESTS).as_posix() for package in PACKAGES for path in (TESTS / package).rglob("test_*.py")
    }
    known = modules()
    strays = {f for f in files - SUBJECTS.keys() if Path(f).with_name(Path(f).name[5:]).as_posix() not in known}
    assert not strays
    assert SUBJECTS.keys() <= files
