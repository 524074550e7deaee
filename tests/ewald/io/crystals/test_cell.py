"""Cells, what their groups make of missing numbers, and whether they have the symmetry."""

from pathlib import Path

import numpy as np
import pytest
from pymatgen.core import Lattice

from ewald.errors import StructureError
from ewald.io.crystals.cell import distortion, lattice_of, primitive_vectors, volume_doubts
from ewald.io.crystals.cif_blocks import CifBlock
from ewald.io.crystals.symmetry import operations_of_hall

FILE = Path("x.cif")


def parameters(halls=(), **given):
    names = {"a": "length_a", "b": "length_b", "c": "length_c", "al": "angle_alpha", "be": "angle_beta"}
    names["ga"] = "angle_gamma"
    block = CifBlock("x", {f"_cell_{names[k]}": [v] for k, v in given.items()})
    return pytest.approx(Lattice(lattice_of(block, halls, FILE)).parameters)


def test_a_whole_cell_is_that_of_pymatgen():
    assert parameters(a="4.1(2)", b="5,2", c="6", al="81", be="92", ga="103") == (4.1, 5.2, 6, 81, 92, 103)


def test_what_is_left_out_follows_from_the_group():
    assert parameters((523,), a="5.64") == (5.64, 5.64, 5.64, 90, 90, 90)
    assert parameters((488,), a="3", c="5", al="?") == (3, 3, 5, 90, 90, 120)
    assert parameters((292,), a="3", b="4", c="5") == (3, 4, 5, 90, 90, 90)
    with pytest.raises(StructureError, match="_cell_length_b: the cell length is missing"):
        parameters((292,), a="3", c="5")


@pytest.mark.parametrize(("given", "match"), [({"a": "x"}, "not a length"), ({"al": "10"}, "no cell can have these")])
def test_numbers_that_are_no_cell(given, match):
    with pytest.raises(StructureError, match=match):
        parameters(**({"a": "3", "b": "4", "c": "5", "al": "90", "be": "90", "ga": "150"} | given))


def test_rotations_change_a_cell_that_does_not_have_them():
    rotations = operations_of_hall(523)[0]
    assert distortion(rotations, 5 * np.eye(3)) < 1e-12
    assert distortion(rotations, np.diag([5, 5, 6])) == pytest.approx(11 / 36)


@pytest.mark.parametrize(("centring", "points"), [("A", 2), ("B", 2), ("C", 2), ("I", 2), ("F", 4)])
def test_primitive_vectors_make_the_centred_lattice(centring, points):
    vectors = primitive_vectors(centring)
    assert abs(np.linalg.det(vectors)) == pytest.approx(1 / points)
    assert np.linalg.inv(vectors) == pytest.approx(np.rint(np.linalg.inv(vectors)))
    assert primitive_vectors("P") is None


@pytest.mark.parametrize(("a", "unit"), [(0.564, "nanometres"), (564, "picometres")])
def test_lengths_in_other_units_are_named(a, unit):
    with pytest.raises(StructureError, match=f"for each ion, which no crystal has: the lengths look like {unit}"):
        volume_doubts(a * np.eye(3), 8, FILE)


def test_an_empty_cell_is_doubtful_and_a_full_one_not():
    assert volume_doubts(5.64 * np.eye(3), 8, FILE) == []
    assert "far more than crystals" in volume_doubts(13 * np.eye(3), 8, FILE)[0]
