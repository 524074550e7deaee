"""Arrangements in every format are the same crystal."""

import io

import numpy as np
import pytest
from pymatgen.core import Structure
from pymatgen.io.vasp import Poscar

from ewald import screen
from ewald.errors import UserError
from ewald.io.cif import ordered_structure
from ewald.io.formats import SUFFIXES, ArrangementTexts, arrangement_text
from ewald.space.space import ConfigurationSpace
from ewald.space.sublattice import Sublattice
from tests.ewald.cells import na3sbs4


@pytest.fixture(scope="module")
def lowest():
    space = na3sbs4(1, 1)
    return space, screen(space, keep=1).lowest[0].occupation


def same(one, other):
    left, right = one.get_sorted_structure(), other.get_sorted_structure()
    left.remove_oxidation_states()
    return left.composition == right.composition and np.allclose(
        np.sort(left.distance_matrix.ravel()), np.sort(right.distance_matrix.ravel()), atol=1e-6
    )


def test_a_poscar(lowest):
    assert same(ordered_structure(*lowest), Poscar.from_str(arrangement_text(*lowest, "poscar")).structure)


def test_extended_xyz(lowest):
    ase_io = pytest.importorskip("ase.io")
    atoms = ase_io.read(io.StringIO(arrangement_text(*lowest, "extxyz")), format="extxyz")
    structure = Structure(atoms.cell[:], atoms.get_chemical_symbols(), atoms.get_scaled_positions())
    assert same(ordered_structure(*lowest), structure)
    assert atoms.get_initial_charges().sum() == pytest.approx(0)


def test_no_such_format(lowest):
    with pytest.raises(UserError, match="one of cif, poscar, extxyz"):
        arrangement_text(*lowest, "xyz")


@pytest.mark.parametrize("file_format", SUFFIXES)
def test_many_arrangements_are_formatted_as_each_alone(file_format):
    # Charges of one element differ between sites, and species are not in the order of their names.
    fe = Sublattice("Fe", (2, 0, 1, 3), ("Fe3+", "vacancy", "Fe2+", "Li+"), (3, 0, 2, 1), (1, 1, 1, 1))
    cl = Sublattice("Cl", (4, 5, 6, 7), ("Cl-", "O2-"), (-1, -2), (2, 2))
    places = np.random.default_rng(0).uniform(-1, 2, (8, 3))
    space = ConfigurationSpace([[7, 0, 0], [1, 8, 0], [0, 2, 9]], places, (fe, cl))
    texts = ArrangementTexts(space, file_format)
    for one in ([0, 1, 2, 3, 0, 0, 1, 1], [3, 2, 1, 0, 0, 1, 0, 1], [2, 0, 3, 1, 1, 1, 0, 0]):
        occupation = np.array(one, dtype=np.int8)
        assert texts.text(occupation) == arrangement_text(space, occupation, file_format)
