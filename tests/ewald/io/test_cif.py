"""One arrangement as the text of a CIF."""

import json

import pytest
from pymatgen.analysis.ewald import EwaldSummation
from pymatgen.core import Lattice, Structure

from ewald import ConfigurationSpace, screen
from ewald.io.cif import structure_cif
from tests.ewald.cells import doped_cif, na3sbs4

CHARGES = {"Na": 1, "Sb": 5, "W": 6, "S": -2}


def test_written_files_have_the_stated_energies(tmp_path):
    space = ConfigurationSpace.from_file(doped_cif(tmp_path), supercell="1 2 2", charges=CHARGES)
    result = screen(space, keep=3, out=tmp_path / "out", method="exhaustive")
    document = json.loads((tmp_path / "out" / "result.json").read_text())
    assert len(document["lowest"]) == 3
    for entry, arrangement in zip(document["lowest"], result.lowest, strict=True):
        structure = Structure.from_file(tmp_path / "out" / entry["file"])
        assert structure.is_ordered
        assert EwaldSummation(structure).total_energy == pytest.approx(entry["energy_eV"], rel=1e-9)
        assert EwaldSummation(arrangement.structure()).total_energy == pytest.approx(entry["energy_eV"], rel=1e-9)
        assert len(structure) == len(space) - 1


@pytest.fixture
def result():
    return screen(na3sbs4(1, 1, (1, 1, 2)), keep=2, method="exhaustive")


def test_a_structure_carries_charges_and_leaves_vacancies_out(result):
    lowest = result.lowest[0]
    structure = lowest.structure()
    filled = [name for name in lowest.space.species_of(lowest.occupation) if name != "vacancy"]
    assert len(structure) == len(filled)
    assert sum(site.specie.oxi_state for site in structure) == pytest.approx(0)


@pytest.mark.parametrize("charged", [True, False])
def test_a_structure_is_written_as_pymatgen_reads_it(charged, recwarn):
    made = Structure(
        Lattice.from_parameters(4.1, 5.2, 6.3, 81, 94, 107),
        ["Na+", "W6+", "S2-", "S2-"] if charged else ["Na", "W", "S", "S"],
        [[0.1, -0.2, 0.3], [1.4, 0.5, 0.6], [0.7, 0.8, 0.9], [0.15, 0.25, 0.35]],
    )
    read = Structure.from_str(structure_cif(made), fmt="cif")
    assert [site.specie for site in read] == [site.specie for site in made]
    assert read.distance_matrix == pytest.approx(made.distance_matrix, abs=1e-9)
    assert not [str(warning.message) for warning in recwarn]
