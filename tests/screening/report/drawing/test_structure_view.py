"""Coordinates packed for the viewer."""

import base64
import struct

import numpy as np
import pytest
from pymatgen.core import Lattice, Structure

from screening.report.drawing.structure_view import element_entries, packed, structure_view


def test_packed_coordinates_come_back():
    fractions = np.random.default_rng(1).uniform(-1, 2, (50, 3))
    numbers = struct.unpack("<150H", base64.b64decode(packed(fractions.tolist())))
    assert np.abs(np.array(numbers).reshape(50, 3) / 65535 - fractions % 1.0).max() < 1e-5


@pytest.mark.parametrize(
    "elements", [["Li", "O", "La", "Zr"], ["Li", "F", "Cl", "Y", "Zr"], ["Na", "S", "Se", "O", "P", "W"]]
)
def test_no_two_elements_of_a_crystal_have_one_colour(elements):
    colours = [entry["colour"] for entry in element_entries(elements, elements[0])]
    assert len(set(colours)) == len(elements)


def test_bonds_are_spoken_of_only_where_there_are_some():
    salt = Structure.from_spacegroup("Fm-3m", Lattice.cubic(5.64), ["Na", "Cl"], [[0, 0, 0], [0.5, 0.5, 0.5]])
    assert "Bonds" not in str(structure_view(salt, "Na", "salt", anions=["Cl"]))
    assert "Bonds" in str(structure_view(salt, "Li", "salt", anions=["Cl"]))
