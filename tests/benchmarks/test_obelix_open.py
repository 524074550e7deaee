"""The check of written arrangements finds what is wrong with them."""

import numpy as np
import pytest

from benchmarks.obelix_open import __main__ as study
from benchmarks.obelix_open.__main__ import limited
from benchmarks.obelix_open.check_written import check_written
from ewald import ConfigurationSpace, screen

FILE = """data_doped
_symmetry_space_group_name_H-M 'F m -3 m'
_symmetry_Int_Tables_number 225
_cell_length_a 5.6
_cell_length_b 5.6
_cell_length_c 5.6
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
Na1 Na 0 0 0 0.5
K1 K 0 0 0 0.5
Cl1 Cl 0.5 0.5 0.5 1
"""


@pytest.fixture
def written(tmp_path):
    file = tmp_path / "doped.cif"
    file.write_text(FILE)
    space = ConfigurationSpace.from_file(file)
    screen(space, keep=1, out=tmp_path / "out")
    return file, tmp_path / "out" / "lowest-01.cif", np.eye(3)


def test_what_the_program_writes_is_sound(written):
    file, cif, cells = written
    check = check_written(cif, file, cells)
    assert check.sound
    assert check.shortest_A == pytest.approx(2.8)


def test_a_formula_of_six_elements_is_no_atom(written):
    file, cif, cells = written
    text = cif.read_text()
    assert "'Cl4 K2 Na2'" in text
    cif.write_text(text.replace("'Cl4 K2 Na2'", "'Cl4 K2 Na2 Li0 Rb0 Cs0'"))
    assert check_written(cif, file, cells).sound


@pytest.mark.parametrize(
    ("wrong", "right", "found"),
    [
        ("  Na+  1", "  Na+  2", {"charge_e": 2.0}),
        ("0.500000000000  0.500000000000  0.500000000000", "0.0  0.0  0.01", {"foreign_ions": 1}),
    ],
)
def test_charges_foreign_sites_and_shared_spots_are_found(written, wrong, right, found):
    file, cif, cells = written
    text = cif.read_text()
    assert wrong in text
    cif.write_text(text.replace(wrong, right, 1))
    check = check_written(cif, file, cells)
    assert not check.sound
    for name, value in found.items():
        assert getattr(check, name) == value


def test_a_file_has_a_process_of_its_own_with_a_limit(written, monkeypatch):
    file, _, _ = written
    row = limited(file, 5.0, 60)
    assert (row["outcome"], row["certified"], row["sound"]) == ("ok", True, True)

    def endless(*_):
        while True:
            pass

    monkeypatch.setattr(study, "open_file", endless)
    assert limited(file, 5.0, 1) == {"file": "doped.cif", "outcome": "stopped, exit code -24, limit 1 s"}
