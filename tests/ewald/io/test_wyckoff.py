"""Which sites of a crystal share one pool of ions, and how pools are joined."""

import pytest
from pymatgen.core import Lattice, Structure

from ewald.errors import StructureError
from ewald.io.occupancy import PartialSublattice
from ewald.io.wyckoff import couple_orbits, refuse_shared_spots, wyckoff_orbits

MIXED, NA, CL = {"Na+": 0.5, "K+": 0.25}, {"Na+": 1.0}, {"Cl-": 1.0}
CORNER, FACES, MIDDLE = [0, 0, 0], [[0, 0.5, 0.5], [0.5, 0, 0.5], [0.5, 0.5, 0]], [0.5, 0.5, 0.5]


def cubic(contents, coords, **properties):
    return Structure(Lattice.cubic(5), contents, coords, site_properties=properties or None)


def orbits_of(structure):
    states = {species: species.oxi_state for site in structure for species in site.species}
    return wyckoff_orbits(structure, states, 0.01)


def summary(orbits):
    return {orbit.name: (orbit.sites, orbit.amounts) for orbit in orbits}


def test_sites_that_symmetry_exchanges_are_one_orbit():
    found = summary(orbits_of(cubic([MIXED, *[MIXED] * 3, CL], [[0.25] * 3, *FACES, MIDDLE])))
    # The corner is moved off its place, so that it is no copy of the three others.
    assert found["Na/K_1"] == ((0,), {"Na+": 0.5, "K+": 0.25})
    assert found["Na/K_2"] == ((1, 2, 3), {"Na+": 1.5, "K+": 0.75})
    assert found["Cl"] == ((4,), {"Cl-": 1.0})


def test_full_sites_of_one_ion_are_one_pool_whatever_their_symmetry():
    found = summary(orbits_of(cubic([NA, *[NA] * 3, CL], [[0.25] * 3, *FACES, MIDDLE])))
    assert found["Na"] == ((0, 1, 2, 3), {"Na+": 4.0})


def test_a_site_property_names_the_pool_and_keeps_others_apart():
    structure = cubic([NA, *[NA] * 3, CL], [CORNER, *FACES, MIDDLE], sublattice=["in", None, None, "in", None])
    found = summary(orbits_of(structure))
    assert found["in"] == ((0, 3), {"Na+": 2.0})
    assert found["Na"] == ((1, 2), {"Na+": 2.0})


def test_one_element_in_two_states_is_two_species():
    (orbit, _) = orbits_of(cubic([{"Fe2+": 0.5, "Fe3+": 0.5}, {"O2-": 1.0}], [CORNER, MIDDLE]))
    assert orbit.amounts == {"Fe2+": 0.5, "Fe3+": 0.5}
    assert orbit.elements == {"Fe"}


A = PartialSublattice("A1", (0,), {"Na+": 1.0})
B = PartialSublattice("A2", (1, 2), {"Na+": 1.0})
C = PartialSublattice("B", (3,), {"K+": 1.0})


@pytest.mark.parametrize(
    ("couple", "expected"),
    [
        ([], [A, B, C]),
        (["Na"], [PartialSublattice("Na", (0, 1, 2), {"Na+": 2.0}), C]),
        (["A2+B"], [A, PartialSublattice("A2+B", (1, 2, 3), {"Na+": 1.0, "K+": 1.0})]),
        (["B+A1"], [PartialSublattice("B+A1", (0, 3), {"Na+": 1.0, "K+": 1.0}), B]),
    ],
)
def test_orbits_are_joined_in_the_place_of_the_first(couple, expected):
    assert couple_orbits([A, B, C], couple) == expected


@pytest.mark.parametrize("couple", ["K", "Li", "A1+nothing", "A1"])
def test_fewer_than_two_are_nothing_to_join(couple):
    with pytest.raises(StructureError, match=r"fewer than two sublattices to couple .*A1, A2, B"):
        couple_orbits([A, B, C], [couple])


@pytest.mark.parametrize(("apart_A", "refused"), [(0.019, True), (0.021, False)])
def test_two_ions_on_one_spot_are_refused_up_to_twice_the_tolerance(apart_A, refused):
    structure = cubic([NA, NA], [CORNER, [apart_A / 5, 0, 0]])
    arguments = structure.lattice.matrix, structure.frac_coords, 0.01
    if refused:
        with pytest.raises(StructureError, match="two ions on one position"):
            refuse_shared_spots(*arguments)
    else:
        refuse_shared_spots(*arguments)
