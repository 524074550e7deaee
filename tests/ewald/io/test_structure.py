"""Partially occupied structures in, ordered CIFs out."""

import math

import numpy as np
import pytest
from pymatgen.core import Lattice, Structure

from ewald import ConfigurationSpace
from ewald.errors import StructureError, UserError
from tests.ewald.cells import doped_cif

CHARGES = {"Na": 1, "Sb": 5, "W": 6, "S": -2}


def test_the_missing_part_of_a_site_is_vacancy(tmp_path):
    space = ConfigurationSpace.from_file(doped_cif(tmp_path), supercell="2 2 3", charges=CHARGES)
    assert space.configurations == math.comb(24, 3) * math.comb(72, 3)
    assert space.symmetry_order == 192
    assert space.neutral
    assert "charges: Na+, Sb5+, W6+, S2- (--charges)" in space.notes


def test_what_the_user_gives_goes_before_the_file(tmp_path):
    path = doped_cif(tmp_path, states=True)
    space = ConfigurationSpace.from_file(path, supercell="2 2 3", charges={"Na": 1})
    assert space.neutral
    assert "charges: Sb5+, W6+, S2- (the file); Na+ (--charges)" in space.notes
    space = ConfigurationSpace.from_file(path, supercell="2 2 3", charges={"Na": 2}, strict=True)
    assert not space.neutral
    assert "the file says Na+; --charges +2 is used" in space.notes


def test_charges_are_guessed_when_only_one_guess_is_neutral(tmp_path):
    path = tmp_path / "POSCAR"
    Structure.from_spacegroup("Fm-3m", Lattice.cubic(5.6), ["Na", "Cl"], [[0, 0, 0], [0.5] * 3]).to(
        str(path), fmt="poscar"
    )
    space = ConfigurationSpace.from_file(path)
    assert space.neutral
    assert any("(a neutral guess)" in note for note in space.notes)


def test_a_species_without_a_charge():
    alloy = Structure(Lattice.cubic(4), ["Na", "Mg"], [[0, 0, 0], [0.5] * 3])
    with pytest.raises(StructureError, match=r"contradict neutrality.*give --charges Mg=<charge>"):
        ConfigurationSpace.from_structure(alloy, charges={"Na": 1})


def test_unknown_element_in_charges(tmp_path):
    with pytest.raises(StructureError, match="no such species"):
        ConfigurationSpace.from_file(doped_cif(tmp_path), charges=CHARGES | {"K": 1})


def test_zero_charges_are_refused():
    structure = Structure(Lattice.cubic(4), ["Na0+", "Cl0+"], [[0, 0, 0], [0.5] * 3])
    with pytest.raises(StructureError, match="every charge is zero"):
        ConfigurationSpace.from_structure(structure, charges={"Na": 0, "Cl": 0})


def test_zero_charges_of_the_file_are_no_oxidation_states():
    structure = Structure(Lattice.cubic(4), ["Na0+", "Cl0+"], [[0, 0, 0], [0.5] * 3])
    assert "charges: Na+, Cl- (a neutral guess)" in ConfigurationSpace.from_structure(structure).notes
    alloy = Structure(Lattice.cubic(4), ["Na0+", "Mg0+"], [[0, 0, 0], [0.5] * 3])
    with pytest.raises(StructureError, match="contradict neutrality"):
        ConfigurationSpace.from_structure(alloy)


def test_rounded_occupancies_are_accepted_and_said(tmp_path):
    # 11/12 written as 0.917, 1/4 as 0.25.
    space = ConfigurationSpace.from_file(doped_cif(tmp_path, 0.083, 0.25), supercell="1 1 2", charges=CHARGES)
    counts = {s.name: s.counts for s in space.sublattices if s.variable}
    assert sorted(map(sorted, counts.values())) == [[1, 3], [1, 11]]
    assert any("0.9170 taken as 11/12" in note for note in space.notes)


def test_no_whole_numbers_lists_supercells(tmp_path):
    with pytest.raises(StructureError, match=r"5\.750 Na.*--supercell .1 1 2.*would do|1 2 2"):
        ConfigurationSpace.from_file(doped_cif(tmp_path), charges=CHARGES, strict=True)


def test_suggested_supercell_works(tmp_path):
    path = doped_cif(tmp_path)
    with pytest.raises(StructureError) as caught:
        ConfigurationSpace.from_file(path, charges=CHARGES, strict=True)
    cell = caught.value.fix.split('"')[1]
    assert ConfigurationSpace.from_file(path, charges=CHARGES, supercell=cell).neutral


LGPS = "screening/data/structures/ewald_cases/Li10GeP2S12.cif"
LLZO = "screening/data/structures/ewald_cases/Li7La3Zr2O12_cubic.cif"


@pytest.fixture
def shipped(request):
    return lambda name: request.config.rootpath / name


def test_coupled_lithium_of_lgps(shipped):
    with pytest.raises(StructureError, match="--couple Li"):
        ConfigurationSpace.from_file(shipped(LGPS), strict=True)
    whole = ConfigurationSpace.from_file(shipped(LGPS), couple=["Li"])
    assert whole.configurations == math.comb(28, 20) * math.comb(4, 2)
    partial = ConfigurationSpace.from_file(shipped(LGPS), couple=["Li0+Li2"])
    assert partial.configurations == math.comb(24, 16) * math.comb(4, 2)
    assert whole.neutral
    assert partial.neutral


def test_the_mobile_ions_are_shared_where_their_numbers_are_no_whole_ones(shipped):
    space = ConfigurationSpace.from_file(shipped(LGPS))
    assert [(s.name, s.counts) for s in space.variable_sublattices] == [("Li", (16, 8)), ("P4", (2, 2))]
    assert space.neutral
    assert space.approximant is not None
    assert space.approximant.supercell == ((1, 0, 0), (0, 1, 0), (0, 0, 1))
    assert any(note.startswith("Li is taken for the mobile ion") for note in space.notes)


def test_coupling_through_a_site_property():
    structure = Structure.from_spacegroup(
        "P4/mmm",
        Lattice.tetragonal(4, 6),
        [{"Na": 0.5}, {"Na": 0.5}, "Cl"],
        [[0, 0, 0], [0.5, 0.5, 0.5], [0.5, 0.5, 0]],
        site_properties={"sublattice": ["sodium", "sodium", None]},
    )
    charges = {"Na": 1, "Cl": -1}
    space = ConfigurationSpace.from_structure(structure, charges=charges)
    assert [s.name for s in space.variable_sublattices] == ["sodium"]
    assert space.configurations == 2
    structure.remove_site_property("sublattice")
    with pytest.raises(StructureError, match="not whole numbers"):
        ConfigurationSpace.from_structure(structure, charges=charges, strict=True)


def test_split_sites_of_llzo(shipped):
    open_space = ConfigurationSpace.from_file(shipped(LLZO), couple=["Li"], min_distance_A=0)
    with pytest.raises(StructureError, match=r"two ions on one position.*--min-distance"):
        _ = open_space.form
    space = ConfigurationSpace.from_file(shipped(LLZO), couple=["Li"], min_distance_A=1.0)
    # 48 pairs of 96h sites, of which at most one is filled, and 24 sites 24d.
    expected = sum(math.comb(48, k) * 2**k * math.comb(24, 56 - k) for k in range(32, 49))
    assert space.configurations == expected
    assert space.configurations_exact
    assert len(space.form.forbidden) == 48


def test_balance_by_neutrality(shipped):
    space = ConfigurationSpace.from_file(shipped(LLZO), couple=["Li"], balance="Li", min_distance_A=1.0)
    lithium = next(s for s in space.sublattices if s.name == "Li")
    assert lithium.counts == (56, 64)
    with pytest.raises(StructureError, match="must name one sublattice"):
        ConfigurationSpace.from_file(shipped(LLZO), balance="Li")


def test_distances_from_ionic_radii_keep_split_sites_apart(shipped):
    space = ConfigurationSpace.from_file(shipped(LLZO), couple=["Li"])
    assert set(space.closest_A) == {"Li-Li"}
    assert sum(note.startswith("sites that can be vacant exclude one another") for note in space.notes) == 1
    assert len(space.form.forbidden) >= 48


def test_two_sites_on_one_spot():
    structure = Structure(
        Lattice.cubic(5), ["Na+", "Cl-", "Na+", "Cl-"], [[0, 0, 0], [0.5] * 3, [0, 0, 0.001], [0.2] * 3]
    )
    with pytest.raises(StructureError, match="two ions on one position"):
        ConfigurationSpace.from_structure(structure)


def test_nan_coordinates():
    with pytest.raises(StructureError, match="not a finite number"):
        ConfigurationSpace(np.eye(3) * 5, [[0, 0, 0], [math.nan, 0, 0]], ())


def test_cell_of_one_site():
    with pytest.raises(StructureError, match="one site"):
        ConfigurationSpace.from_structure(Structure(Lattice.cubic(3), ["Na+"], [[0, 0, 0]]))


@pytest.mark.parametrize("lines", [5, 6, 8])
def test_a_poscar_that_ends_early_is_said_to_be_incomplete(tmp_path, lines):
    whole = ["half", "1.0", "5 0 0", "0 5 0", "0 0 5", "Na S", "2 1", "Direct", "0 0 0"]
    path = tmp_path / "POSCAR"
    path.write_text("\n".join(whole[:lines]) + "\n")
    with pytest.raises(UserError, match="seems to be incomplete"):
        ConfigurationSpace.from_file(path)


@pytest.mark.parametrize("content", ["", "not a cif", "data_x\n_cell_length_a 3\n"])
def test_unreadable_files_are_one_line(tmp_path, content):
    path = tmp_path / "bad.cif"
    path.write_text(content)
    with pytest.raises(UserError, match=r"bad\.cif: cannot be read as a structure"):
        ConfigurationSpace.from_file(path)
