"""Encodings, line ends and data names of any case."""

import pytest

from ewald.io.crystals.cif_text import cif_text
from ewald.io.structure import read_structure

ROCK_SALT = """data_x
_publ_author_name 'Müller'
_symmetry_space_group_name_H-M 'F m -3 m'
_symmetry_Int_Tables_number 225
_cell_length_a 5.64(2)
_cell_length_b 5.64(2)
_cell_length_c 5.64(2)
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
Na1 Na1+ 0 0 0 0.5(1)
K1 K1+ 0 0 0 0.5
Cl1 Cl1- 0.5 0.5 0.5 1.0
"""


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "latin-1"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_every_encoding_and_line_end_gives_the_same_crystal(tmp_path, encoding, end):
    file = tmp_path / "x.cif"
    file.write_bytes(ROCK_SALT.replace("\n", end).encode(encoding))
    assert cif_text(file) == ROCK_SALT
    assert read_structure(file).composition.get_el_amt_dict() == {"Na": 2, "K": 2, "Cl": 4}


@pytest.mark.parametrize("change", [str.upper, str.title, str.lower])
def test_data_names_do_not_depend_on_case(tmp_path, change):
    file = tmp_path / "x.cif"
    lines = [
        " ".join([change(first), *rest]) if first.startswith("_") else line
        for line in ROCK_SALT.splitlines()
        for first, *rest in [line.split(" ")]
    ]
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    structure = read_structure(file)
    assert structure.composition.get_el_amt_dict() == {"Na": 2, "K": 2, "Cl": 4}
    assert {str(one) for one in structure.composition} == {"Na+", "K+", "Cl-"}


def test_minus_signs_of_word_processors_are_minus_signs(tmp_path):
    file = tmp_path / "x.cif"
    file.write_text("_x \u22120.25 \u20130.5\n", encoding="utf-8")
    assert cif_text(file) == "_x -0.25 -0.5\n"


def test_an_end_of_file_mark_and_padding_are_no_text(tmp_path):
    file = tmp_path / "x.cif"
    file.write_bytes(ROCK_SALT.encode() + b"\x1a\0\0")
    assert cif_text(file) == ROCK_SALT
