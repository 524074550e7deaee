"""The values that describe a space, and their refusals."""

import math

import numpy as np
import pytest

from ewald.errors import StructureError
from ewald.space.space import ConfigurationSpace
from ewald.space.sublattice import Sublattice

NA = Sublattice("Na", (0, 1), ("Na+", "vacancy"), (1, 0), (1, 1))
CL = Sublattice("Cl", (2,), ("Cl-",), (-1,), (1,))
COORDS = [[0, 0, 0], [0.5, 0, 0], [0.25, 0.5, 0.5]]


def test_a_space_is_frozen_and_compares_by_content():
    one = ConfigurationSpace(5 * np.eye(3), COORDS, (NA, CL))
    two = ConfigurationSpace(5 * np.eye(3), COORDS, (NA, CL))
    other = ConfigurationSpace(5.1 * np.eye(3), COORDS, (NA, CL))
    assert one == two
    assert hash(one) == hash(two)
    assert one.problem_hash != other.problem_hash
    with pytest.raises(ValueError, match="read-only"):
        one.lattice[0, 0] = 1
    assert one.species_of([1, 0, 0]) == ["vacancy", "Na+", "Cl-"]
    assert one.charges_of([1, 0, 0]).tolist() == [0, 1, -1]


@pytest.mark.parametrize(
    ("lattice", "coords", "sublattices", "message"),
    [
        (np.zeros((3, 3)), COORDS, (NA, CL), "no volume"),
        (np.eye(2), COORDS, (NA, CL), "table of numbers"),
        ([[5.6, 0, 0], [0, 5.6, 0], [0, 6e16, 11.2]], COORDS, (NA, CL), "no crystal has this cell"),
        (np.diag([5.6, 5.6, 0.05]), COORDS, (NA, CL), "no crystal has this cell"),
        (5 * np.eye(3), COORDS, (NA,), "exactly once"),
        (5 * np.eye(3), COORDS, (NA, CL, CL), "exactly once"),
        (5 * np.eye(3), [[0, 0, math.inf], *COORDS[1:]], (NA, CL), "not a finite number"),
        (5 * np.eye(3), COORDS[:1], (Sublattice("A", (0,), ("Na+",), (1,), (1,)),), "one site"),
    ],
)
def test_bad_spaces(lattice, coords, sublattices, message):
    with pytest.raises(StructureError, match=message):
        ConfigurationSpace(lattice, coords, sublattices)


def test_species_of_equal_charge_are_counted_apart():
    mixed = Sublattice("M", (0, 1), ("Na+", "K+"), (1, 1), (1, 1))
    cl = Sublattice("Cl", (2, 3), ("Cl-",), (-1,), (2,))
    space = ConfigurationSpace(
        5 * np.eye(3), [[0, 0, 0], [0.4, 0.1, 0], [0.25, 0.5, 0.5], [0.8, 0.6, 0.4]], (mixed, cl)
    )
    assert space.configurations == 2
    assert space.form.energy([0, 1]) == space.form.energy([1, 0])


def test_a_species_that_may_sit_on_some_sites_only_is_described_so():
    pool = Sublattice("Li", (0, 1), ("Li+", "Mg2+"), (1, 2), (1, 1), {"Mg2+": (1,)})
    space = ConfigurationSpace(5 * np.eye(3), COORDS, (pool, CL))
    assert next(space.describe()) == "Li: 2 sites, 1 Li+ (+1) + 1 Mg2+ (+2) on 1 of them"
