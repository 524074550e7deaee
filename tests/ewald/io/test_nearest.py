"""The nearest neutral crystal of a structure, from the structure to the space."""

import math

import numpy as np
import pytest
from pymatgen.core import Lattice, Structure

from ewald.errors import StructureError
from ewald.io.structure import from_structure


def test_the_crystal_is_neutral_whole_and_said():
    structure = Structure.from_spacegroup(
        "P4/mmm",
        Lattice.tetragonal(4.0, 4.2),
        [{"Li": 0.21}, {"Li": 0.11}, {"Ti": 0.73, "Al": 0.27}, "O"],
        [[0, 0, 0], [0.5, 0.5, 0], [0.5, 0.5, 0.5], [0.5, 0, 0.25]],
    )
    structure.remove_sites([len(structure) - 1, len(structure) - 2])
    space = from_structure(structure)
    assert space.neutral
    assert space.approximant is not None
    assert space.approximant.ions <= 250
    assert {s.name for s in space.variable_sublattices} == {"Li", "Ti/Al"}
    shared = next(s for s in space.sublattices if s.name == "Li")
    cells = round(abs(np.linalg.det(space.approximant.supercell)))
    assert len(shared.sites) == 2 * cells
    assert math.isclose(sum(n for n in shared.counts), 2 * cells)
    assert any("share their ions" in note for note in space.notes)
    assert space.approximant.composition_change < 0.03


def test_a_supercell_that_is_given_stays_and_strict_refuses():
    salt = Structure(Lattice.cubic(4), [{"Na": 0.7, "Mg": 0.17}, "Cl"], [[0, 0, 0], [0.5, 0.5, 0.5]])
    space = from_structure(salt, supercell="2 2 1")
    assert space.approximant.supercell == ((2, 0, 0), (0, 2, 0), (0, 0, 1))
    assert space.sublattices[0].charge == 4
    with pytest.raises(StructureError, match="not whole numbers"):
        from_structure(salt, supercell="2 2 1", strict=True)


def test_exact_occupancies_are_left_alone():
    salt = Structure(Lattice.cubic(4), [{"Na": 0.5, "Li": 0.5}, "Cl"], [[0, 0, 0], [0.5, 0.5, 0.5]])
    space = from_structure(salt, supercell="1 1 2")
    assert space.approximant.exact
    assert space.configurations == 2
    assert from_structure(salt).approximant.ions == 4


def test_mixed_valence_is_named_with_its_mean():
    oxide = Structure(
        Lattice.cubic(4), [{"Na": 0.6}, "Co", "O", "O"], [[0, 0, 0], [0.5, 0.5, 0.5], [0.5, 0.5, 0], [0.5, 0, 0.5]]
    )
    space = from_structure(oxide)
    assert space.neutral
    assert "Co3.4+" in {species for s in space.sublattices for species in s.species}
    assert any("a mixture of Co3+ and Co4+" in note for note in space.notes)


def test_charges_that_contradict_the_contents():
    salt = Structure(Lattice.cubic(4), [{"Na": 0.3}, "Cl"], [[0, 0, 0], [0.5, 0.5, 0.5]])
    with pytest.raises(StructureError, match="contradict neutrality"):
        from_structure(salt)
    with pytest.raises(StructureError, match="the occupancies contradict neutrality"):
        from_structure(salt, charges={"Na": 1, "Cl": -1})


def test_a_supercell_that_whole_numbers_need_is_said():
    salt = Structure(Lattice.cubic(4), [{"Na": 0.75, "Mg": 0.125}, "Cl"], [[0, 0, 0], [0.5, 0.5, 0.5]])
    space = from_structure(salt)
    assert space.approximant.exact
    assert "whole numbers of ions need 8 cells of the file" in space.notes[-1]
    assert not any("cells of the file" in note for note in from_structure(salt, supercell="2 2 2").notes)
