"""Occupancies that the user gives."""

import pytest
from pymatgen.core import Lattice, Structure

from ewald import ConfigurationSpace
from ewald.errors import StructureError
from ewald.io.choices.set_occupancy import set_occupancies


@pytest.fixture
def crystal():
    return Structure.from_spacegroup("Fm-3m", Lattice.cubic(5.6), ["Na", "Cl"], [[0, 0, 0], [0.5, 0.5, 0.5]])


def test_what_is_missing_is_vacancy(crystal):
    changed = set_occupancies(crystal, ["Na=3/4"])
    assert changed.composition.get_el_amt_dict() == {"Na": 3, "Cl": 4}
    assert crystal.is_ordered


def test_several_species_on_one_site(crystal):
    changed = set_occupancies(crystal, ["Na:Na=0.5,Mg=1/4"])
    assert changed.composition.get_el_amt_dict() == {"Na": 2, "Mg": 1, "Cl": 4}
    assert ConfigurationSpace.from_structure(changed).configurations == 12


def test_a_poscar_is_given_occupancies(crystal, tmp_path):
    crystal.to(filename=str(tmp_path / "POSCAR"))
    space = ConfigurationSpace.from_file(tmp_path / "POSCAR", occupancy=["Na:Na=1/2,K=1/2"])
    assert space.configurations == 6


@pytest.mark.parametrize("request_", ["Li=1/2", "Na", "Na=2", "Na=1/0", "Na=1/2,K=1/2", "Na:Na=3/4,K=1/2", "Na:K=x"])
def test_what_cannot_be_meant(crystal, request_):
    with pytest.raises(StructureError, match="occupancy"):
        set_occupancies(crystal, [request_])
