import json

import pytest

from ewald.errors import UserError
from workflows.campaign.folders import safe_name, stage_folder


def test_other_inputs_get_another_folder(tmp_path):
    first = stage_folder(tmp_path, "relax", "x_a1", inputs_hash="a" * 16)
    assert first == tmp_path / "relax" / "x_a1"
    assert stage_folder(tmp_path, "relax", "x_a1", inputs_hash="a" * 16) == first
    assert stage_folder(tmp_path, "relax", "x_a1", inputs_hash="b" * 16) == tmp_path / "relax" / "x_a1@bbbbbbbb"


@pytest.mark.parametrize("damage", ["", "{", "[]", '{"inputs_hash": null}'])
def test_files_of_unknown_inputs_are_never_gone_on_with(tmp_path, damage):
    first = stage_folder(tmp_path, "relax", "x_a1", inputs_hash="a" * 16)
    (first / "inputs.json").write_text(damage)
    assert stage_folder(tmp_path, "relax", "x_a1", inputs_hash="a" * 16) != first
    assert (first / "inputs.json").read_text() == damage


def test_a_damaged_mark_of_the_neighbour_is_mended(tmp_path):
    stage_folder(tmp_path, "relax", "x", inputs_hash="a" * 16)
    second = stage_folder(tmp_path, "relax", "x", inputs_hash="b" * 16)
    (second / "inputs.json").write_text("")
    assert stage_folder(tmp_path, "relax", "x", inputs_hash="b" * 16) == second
    assert json.loads((second / "inputs.json").read_text()) == {"inputs_hash": "b" * 16}


@pytest.mark.parametrize("name", ["..", "a/b", "", "-x", ".x", "a b", "a\n", "a" * 122])
def test_names_that_leave_their_folder_are_refused(name):
    with pytest.raises(UserError):
        safe_name(name)


def test_the_longest_name_is_taken():
    assert safe_name("a" * 121) == "a" * 121


def test_no_folder_is_made_for_a_name_that_leaves_it(tmp_path):
    with pytest.raises(UserError):
        stage_folder(tmp_path / "campaign", "relax", "../../x", inputs_hash="a" * 16)
    assert list(tmp_path.iterdir()) == []
