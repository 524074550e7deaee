import json

import pytest

from ewald.files.checked_json import read_checked, write_checked

DOCUMENT = {"energies_eV": [-1.5, 0.1 + 0.2], "name": "Na₃SbS₄", "none": None}


def test_keys_may_be_numbers(tmp_path):
    write_checked(tmp_path / "a.json", {"frames": {2: 0.5, 10: (1, 2)}})
    assert read_checked(tmp_path / "a.json") == {"frames": {"2": 0.5, "10": [1, 2]}}


def test_what_is_written_is_read_back(tmp_path):
    path = tmp_path / "outcome.json"
    write_checked(path, DOCUMENT)
    assert read_checked(path) == DOCUMENT


@pytest.mark.parametrize("damage", ["", "[]", "null", '{"name": "x"}', "changed", "cut"])
def test_a_damaged_file_is_none(tmp_path, damage):
    path = tmp_path / "outcome.json"
    write_checked(path, DOCUMENT)
    whole = path.read_text()
    changed = {"changed": json.dumps(json.loads(whole) | {"name": "other"}), "cut": whole[:-5]}
    path.write_text(changed.get(damage, damage))
    assert read_checked(path) is None
    assert read_checked(tmp_path / "missing.json") is None
