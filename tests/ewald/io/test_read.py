"""Any file becomes a space: which reader it goes to, and the file in every message."""

from pathlib import Path

import pytest

from ewald.errors import UserError
from ewald.io.read import from_file, is_space_file, neutral_spaces
from tests.ewald.io.test_space_file import ROCK_SALT

CIF = """data_x
_cell_length_a 4
_cell_length_b 4
_cell_length_c 8
_cell_angle_alpha 90
_cell_angle_beta 90
_cell_angle_gamma 90
loop_
_atom_site_label
_atom_site_type_symbol
_atom_site_fract_x
_atom_site_fract_y
_atom_site_fract_z
_atom_site_occupancy
Na1 Na+ 0 0 0 0.5
Na2 Na+ 0 0 0.5 0.5
Cl1 Cl- 0.5 0.5 0.25 1
"""


@pytest.mark.parametrize(
    ("name", "expected"), [("a.yaml", True), ("a.YML", True), ("a.cif", False), ("POSCAR", False), ("yaml", False)]
)
def test_the_name_tells_a_space_file(name, expected):
    assert is_space_file(Path(name)) is expected


def test_both_kinds_of_files_are_read(tmp_path):
    (tmp_path / "a.yaml").write_text(ROCK_SALT.replace("CATIONS", "{Na: 2, Mg: 2, vacancy: 4}"))
    (tmp_path / "a.cif").write_text(CIF)
    assert from_file(tmp_path / "a.yaml").sublattices[0].name == "cations"
    assert from_file(str(tmp_path / "a.cif")).configurations == 2
    (alone,) = neutral_spaces(tmp_path / "a.cif", ["Na"])
    assert alone.sublattices[0].counts == (1, 1)


@pytest.mark.parametrize("read", [from_file, neutral_spaces])
@pytest.mark.parametrize(("name", "text"), [("a.yaml", "lattice: 3"), ("a.cif", "data_x\n"), ("POSCAR", "nothing")])
def test_messages_name_the_file_once(tmp_path, read, name, text):
    path = tmp_path / name
    path.write_text(text)
    with pytest.raises(UserError) as caught:
        read(path)
    assert str(caught.value).count(str(path)) == 1
    assert str(caught.value).startswith(str(path))


@pytest.mark.parametrize("read", [from_file, neutral_spaces])
def test_a_missing_file_is_named(tmp_path, read):
    with pytest.raises(UserError, match=r"none\.cif"):
        read(tmp_path / "none.cif")
