"""CIFs of the kinds that are published, each written out here as small as it can be."""

import pytest

from ewald.errors import StructureError
from ewald.io.crystals.crystal_file import read_cif

CELL = """_cell_length_a {a}
_cell_length_b {a}
_cell_length_c {a}
_cell_angle_alpha 90
_cell_angle_beta 90
_cell_angle_gamma 90
loop_
_symmetry_equiv_pos_as_xyz
'x, y, z'
'-x, -y, -z'
"""
COLUMNS = ("label", "type_symbol", "fract_x", "fract_y", "fract_z", "occupancy")


def block(*rows, name="x", formula=None, columns=COLUMNS, before="", a=6):
    head = f"data_{name}\n" + (f"_chemical_formula_sum '{formula}'\n" if formula else "")
    loop = "loop_\n" + "".join(f"_atom_site_{column}\n" for column in columns)
    return head + CELL.format(a=a) + before + loop + "\n".join(rows) + "\n"


@pytest.fixture
def read(tmp_path):
    def reader(text, **options):
        file = tmp_path / "crystal.cif"
        file.write_text(text)
        structure = read_cif(file, **options)
        return structure, structure.properties["notes"]

    return reader


def amounts(structure):
    return {str(e): pytest.approx(n) for e, n in structure.composition.get_el_amt_dict().items()}


def test_hydride_on_the_site_of_an_oxide_stays(read):
    structure, notes = read(block("La1 La 0 0 0 1", "O1 O .25 .25 .25 0.5", "H1 H .25 .25 .25 0.5", formula="La H O"))
    assert amounts(structure) == {"La": 1, "O": 1, "H": 1}
    assert notes == ()


def test_deuterium_beside_hydrogen_is_hydrogen(read):
    structure, notes = read(block("Li1 Li 0 0 0 1", "D1 D .2 .2 .2 0.5", "H1 H .2 .2 .2 0.5"))
    assert amounts(structure) == {"Li": 1, "H": 2}
    assert notes == ("D is read as H",)


def test_hydrogens_without_coordinates_are_missed(read):
    text = block("N1 N .2 .2 .2 1", "Cl1 Cl .6 .6 .6 1", formula="Cl H4 N")
    with pytest.raises(
        StructureError, match=r"the formula Cl H4 N has H, and no site of the file has.*--ignore-formula"
    ):
        read(text)
    _, notes = read(text, ignore_formula=True)
    assert notes == ("WARNING: H of the formula is left out: the file has no sites for it",)
    _, notes = read(block("N1 N .2 .2 .2 1 4", "Cl1 Cl .6 .6 .6 1 0", columns=(*COLUMNS, "attached_hydrogens")))
    assert notes == ("WARNING: hydrogens at N1 have no coordinates in the file",)


def test_a_formula_that_is_another_crystal_is_said(read):
    _, notes = read(block("Na1 Na .2 .2 .2 0.5", "Cl1 Cl .6 .6 .6 1", formula="Na Cl"))
    assert notes == ("WARNING: the sites hold NaCl2, the file's formula is Na Cl (33.3% apart)",)
    assert read(block("Na1 Na .2 .2 .2 1", "Cl1 Cl .6 .6 .6 1", formula="Cl Na"))[1] == ()


def test_a_block_without_atoms_is_passed_over(read):
    empty = block("? ? ? ? ? ?", name="global")
    structure, notes = read(empty + block("Na1 Na .2 .2 .2 1", name="salt"))
    assert amounts(structure) == {"Na": 2}
    assert notes == ()
    with pytest.raises(StructureError, match="no data block has atoms"):
        read(empty)


def test_of_several_blocks_one_is_chosen(read):
    both = block("Na1 Na .2 .2 .2 1", name="cold") + block("K1 K .2 .2 .2 1", name="warm")
    structure, notes = read(both)
    assert amounts(structure) == {"Na": 2}
    assert notes == ("WARNING: the file has 2 structures (cold, warm); cold is read, --block reads another",)
    assert amounts(read(both, block="warm")[0]) == {"K": 2}
    with pytest.raises(StructureError, match=r"block = 'hot': no such data block with atoms .fix: one of cold, warm"):
        read(both, block="hot")


def test_occupancies_of_slightly_more_than_one_are_one(read):
    structure, _ = read(block("Na1 Na .2 .2 .2 0.5003", "K1 K .2 .2 .2 0.5002"))
    assert structure.composition.num_atoms == pytest.approx(2)
    with pytest.raises(StructureError, match=r"atom Na1: occupancies of the site add up to 2, more than one ion"):
        read(block("Na1 Na .2 .2 .2 1", "K1 K .2 .2 .2 1"))


@pytest.mark.parametrize("text", ["?", "."])
def test_an_occupancy_that_is_not_given_is_one(read, text):
    assert amounts(read(block(f"Na1 Na .2 .2 .2 {text}"))[0]) == {"Na": 2}


def test_charges_of_type_symbols_and_labels(read):
    structure, _ = read(block("Fe1 Fe3+ .2 .2 .2 1", "O1 O2- .6 .6 .6 1"))
    assert {str(one) for one in structure.composition} == {"Fe3+", "O2-"}
    structure, _ = read(block("Na1 .2 .2 .2", "CL1 .6 .6 .6", columns=("label", "fract_x", "fract_y", "fract_z")))
    assert amounts(structure) == {"Na": 2, "Cl": 2}


def test_isotopes_dummies_and_vacancies(read):
    structure, notes = read(
        block("Li1 7Li .2 .2 .2 0.5 d", "V1 Vac .2 .2 .2 0.5 d", "Q1 O .1 .3 .4 1 dum", columns=(*COLUMNS, "calc_flag"))
    )
    assert amounts(structure) == {"Li": 1}
    assert notes == ("dummy atom Q1 is left out", "7Li is read as Li")


def test_positions_rounded_beside_a_special_one_are_one_site(read):
    structure, _ = read(block("Na1 Na 0.4999 0.5 0.5 1", "Cl1 Cl 0.25 0.25 0.25 1"))
    assert amounts(structure) == {"Na": 1, "Cl": 2}


def test_displacements_are_no_atoms(read):
    aniso = "loop_\n_atom_site_aniso_label\n_atom_site_aniso_U_11\nNa1 0.012(3)\nCl1 ?\n"
    assert amounts(read(block("Na1 Na .2 .2 .2(1) 1", "Cl1 Cl .6 .6 .6 1") + aniso)[0]) == {"Na": 2, "Cl": 2}


def test_an_atom_that_is_no_element(read):
    with pytest.raises(StructureError, match="atom M1 = 'Qq': is no element"):
        read(block("M1 Qq .2 .2 .2 1"))
