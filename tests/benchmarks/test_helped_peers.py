"""What other programs are given to help them is the crystal that this package found."""

import sys

import pytest
from pymatgen.core import Structure

from benchmarks.obelix_open.helped_peers import attempts, charges_of, whole_numbers_cif, whole_numbers_of
from ewald import ConfigurationSpace

SPACE = """
lattice: [[4, 0, 0], [0, 5, 0], [0, 0, 6]]
supercell: 2 2 1
charges: {Li: 1, Cl: -1, O: -2}
sublattices:
  - {name: Li, frac_coords: [[0, 0, 0], [0.5, 0, 0]], counts: {Li: 6, vacancy: 2}}
  - {name: X, frac_coords: [[0.5, 0.5, 0.4]], counts: {Cl: 2, O: 2}}
"""


@pytest.fixture
def space(tmp_path):
    (tmp_path / "cell.yaml").write_text(SPACE)
    return ConfigurationSpace.from_file(tmp_path / "cell.yaml")


def test_the_supercell_has_whole_neutral_numbers_of_ions(space):
    structure = Structure.from_dict(whole_numbers_of(space))
    assert structure.composition.get_el_amt_dict() == pytest.approx({"Li": 6, "Cl": 2, "O": 2})
    assert structure.charge == pytest.approx(0)


def test_sites_that_share_ions_have_one_label_and_their_vacancies_are_a_species(space, tmp_path):
    text = whole_numbers_cif(space)
    assert text.count("\nS0 Li ") == text.count("\nS0 X ") == 8
    (tmp_path / "whole.cif").write_text(text)
    structure = Structure.from_file(tmp_path / "whole.cif")
    assert all(site.species.num_atoms == pytest.approx(1) for site in structure)
    assert structure.lattice.abc == pytest.approx((8, 10, 6))


def test_charges_are_those_that_this_package_has(request):
    file = request.config.rootpath / "benchmarks" / "other_conductors" / "Na3PS4_cubic.cif"
    species = Structure.from_dict(charges_of(file)).composition.elements
    assert {one.symbol: one.oxi_state for one in species} == {"Na": 1, "P": 5, "S": -2}


def test_every_file_has_an_end_and_a_limit_of_cpu_time(tmp_path):
    program = (
        "def attempt(file):\n"
        "    if 'slow' in file:\n        while True: pass\n"
        "    if 'wrong' in file: raise ValueError('no charges')\n"
        "    return 'counted'\n"
    )
    files = [tmp_path / name for name in ("a", "slow", "wrong", "b")]
    ends = attempts(sys.executable, program, files, 1)
    assert ends == {"counted": 2, "out of time": 1, "no charges": 1}
