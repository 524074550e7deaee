"""A structure taken apart, and put together with numbers of ions."""

import numpy as np
import pytest
from pymatgen.core import Lattice, Structure

from ewald.errors import StructureError
from ewald.io.parts import Parts, exact_numbers, named_group
from ewald.ions import VACANCY


@pytest.fixture
def parts():
    crystal = Structure(
        Lattice.cubic(5),
        [{"Na": 0.5}, {"Na": 0.5}, "F", {"Mg": 0.5, "Ca": 0.5}, "O"],
        [[0, 0, 0], [0.4, 0.1, 0.1], [0.5, 0.5, 0.5], [0.5, 0, 0.5], [0, 0.5, 0.5]],
    )
    return Parts.from_structure(crystal, None, (), 0.01)


def test_parts_have_charges_and_sublattices(parts):
    assert parts.charges == {"Na+": 1, "F-": -1, "Mg2+": 2, "Ca2+": 2, "O2-": -2}
    assert [orbit.name for orbit in parts.orbits] == ["Na_1", "Na_2", "F", "Mg/Ca", "O"]
    assert parts.charge_per_ion_e == 0


def test_whole_numbers_make_a_space(parts):
    numbers = exact_numbers(parts.orbits, 2, parts.charges, None, 0.005)
    assert numbers[0] == ({"Na+": 1, VACANCY: 1}, None)
    space = parts.space(np.diag([1, 1, 2]), numbers, 0.0, 0.01)
    assert space.configurations == 8
    assert space.approximant is not None
    assert space.approximant.exact
    assert space.approximant.elements == {"Na": 2, "F": 2, "Mg": 1, "Ca": 1, "O": 2}


def test_sublattices_are_named_by_name_or_by_the_only_element(parts):
    assert named_group(parts.orbits, "Na_2", "balance") is parts.orbits[1]
    assert named_group(parts.orbits, "Ca", "balance") is parts.orbits[3]
    with pytest.raises(StructureError, match="must name one sublattice"):
        named_group(parts.orbits, "Na", "balance")
