"""Distances from ionic radii, and the room that they leave."""

import numpy as np
import pytest

from ewald.errors import StructureError
from ewald.io.choices.closest import closest_A, closest_distances, spots_shared
from ewald.space.space import ConfigurationSpace
from ewald.space.sublattice import Sublattice

CHARGES = {"Li+": 1, "Na+": 1, "K+": 1, "O2-": -2, "H+": 1, "P5+": 5, "C4+": 4}


@pytest.mark.parametrize(
    ("one", "other", "found_A", "allowed"),
    [
        # Nearest neighbours in Li2O, Na2O and K2O; the split sites of garnets, closer than which no two Li are.
        ("Li+", "Li+", 2.31, True),
        ("Na+", "Na+", 2.78, True),
        ("K+", "K+", 3.22, True),
        ("Li+", "Li+", 1.97, False),
        # Oxygens of one carbonate, and a split oxygen site; bonds P-O, C-O, and O-H of an X-ray refinement.
        ("O2-", "O2-", 2.2, True),
        ("O2-", "O2-", 1.0, False),
        ("P5+", "O2-", 1.48, True),
        ("C4+", "O2-", 1.25, True),
        ("O2-", "H+", 0.82, True),
        ("H+", "H+", 1.5, True),
        ("H+", "H+", 0.8, False),
    ],
)
def test_contacts_that_crystals_have_are_allowed(one, other, found_A, allowed):
    assert (found_A > closest_A(one, other, CHARGES)) is allowed
    assert closest_A(one, other, CHARGES) == closest_A(other, one, CHARGES)


def chain(filled, sites=8, spacing_A=1.6):
    """A ring of sites in one direction, so many of them filled."""
    lattice = np.diag([sites * spacing_A, 6.0, 6.0])
    coords = np.array([[k / sites, 0, 0] for k in range(sites)])
    counts = (filled, sites - filled)
    return lattice, coords, (Sublattice("Li", range(sites), ("Li+", "vacancy"), (1, 0), counts),)


def test_neighbours_exclude_one_another_while_the_ions_have_room():
    assert closest_distances(*chain(4), CHARGES) == ({"Li-Li": 2.015}, False)
    distances, shrunk = closest_distances(*chain(5), CHARGES)
    assert distances == {}
    assert shrunk
    assert closest_distances(*chain(4, spacing_A=2.4), CHARGES) == ({}, False)


def test_distances_shrink_to_the_next_that_leaves_room():
    lattice, coords, _ = chain(4)
    split = np.concatenate([coords, coords + np.array([0.6 / lattice[0, 0], 0, 0])])
    sublattice = Sublattice("Li", range(16), ("Li+", "vacancy"), (1, 0), (6, 10))
    distances, shrunk = closest_distances(lattice, split, (sublattice,), CHARGES)
    assert shrunk
    assert 0.6 < distances["Li-Li"] < 1.6
    space = ConfigurationSpace(lattice, split, (sublattice,), closest_A=distances)
    assert space.configurations > 0


def test_a_split_site_is_one_spot():
    lattice, coords, sublattices = chain(2, spacing_A=0.7)
    fill = Sublattice("F", (8, 9), ("F-",), (-1,), (2,))
    coords = np.concatenate([coords, [[0.1, 0.5, 0.5], [0.6, 0.5, 0.5]]])
    assert spots_shared(ConfigurationSpace(lattice, coords, (*sublattices, fill)))
    assert not spots_shared(ConfigurationSpace(lattice, coords, (*sublattices, fill), closest_A={"Li-Li": 1.0}))


def test_more_ions_than_spots_is_an_error_that_counts_both():
    # Eight triangles of sites 0.7 A apart, and twelve oxygens: four are too many.
    corners = 8.0 * np.argwhere(np.ones((2, 2, 2)))
    angles = 2 * np.pi * np.arange(3) / 3
    triangle = 0.7 / np.sqrt(3) * np.stack([np.cos(angles), np.sin(angles), 0 * angles], axis=1)
    coords = (corners[:, None, :] + triangle[None, :, :]).reshape(-1, 3) / 16
    sublattice = Sublattice("O4", range(24), ("O2-", "vacancy"), (-2, 0), (12, 12))
    with pytest.raises(StructureError, match=r"12 ions on the 24 sites O4 have no room: .* room for 8 in this cell"):
        closest_distances(16 * np.eye(3), coords, (sublattice,), CHARGES)
    fewer = Sublattice("O4", range(24), ("O2-", "vacancy"), (-2, 0), (8, 16))
    distances, _ = closest_distances(16 * np.eye(3), coords, (fewer,), CHARGES)
    assert distances["O-O"] > 0.7
