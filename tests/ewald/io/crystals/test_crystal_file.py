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


@pytest.mark.parametrize(
    "text",
    [
        block("N1 N .2 .2 .2 1 4", "Cl1 Cl .6 .6 .6 1 0", columns=(*COLUMNS, "attached_hydrogens")),
        block("N1 NH4 .2 .2 .2 1", "Cl1 Cl .6 .6 .6 1"),
        block("N1 NH4+ .2 .2 .2 1", "Cl1 Cl- .6 .6 .6 1"),
        block("Na1 .2 .2 .2", "Wat1 .6 .6 .6", columns=("label", "fract_x", "fract_y", "fract_z")),
        block("Na1 Na .2 .2 .2 1", "O1 O-H .6 .6 .6 1"),
    ],
)
def test_groups_whose_hydrogens_are_not_there_are_an_error(read, text):
    with pytest.raises(StructureError, match=r"the hydrogens at \w+ have no coordinates in the file.*--ignore-formula"):
        read(text)
    assert "are left out" in read(text, ignore_formula=True)[1][0]


def test_one_hydrogen_of_many_is_missed(read):
    sites = ["C1 C .2 .2 .2 1", "C2 C .3 .1 .7 1", "H1 H .6 .6 .6 1", "Na1 Na .9 .8 .7 1"]
    heavy = [f"O{k} O .{k}1 .{k}3 .05 1" for k in range(1, 9)]
    assert (
        "the sites hold 2 H, the formula C2 H1.2 Na O8 makes 2.4"
        in read(block(*sites, *heavy, formula="C2 H1.2 Na O8"))[1][0]
    )


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
    with pytest.raises(
        StructureError, match=r"block = 'hot': no data block of this name has atoms .fix: one of cold, warm"
    ):
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
    with pytest.raises(StructureError, match="atom M1 = 'Qq': is not an element"):
        read(block("M1 Qq .2 .2 .2 1"))


def test_several_elements_under_one_symbol_are_not_one_of_them(read):
    for symbol in ("Na/K", "(Na,K)", "Na0.5K0.5", "CN", "M", "T"):
        with pytest.raises(StructureError, match="is not an element"):
            read(block(f"M1 {symbol} .2 .2 .2 1"))


def test_fractions_and_decimal_commas(read):
    structure, _ = read(block("Na1 Na 1/4 -3/4 0,25 1/2", "K1 K 1/4 1/4 0.25 0,5", "Cl1 Cl .5 1/2 .5 1", a="5,64(1)"))
    assert amounts(structure) == {"Na": 1, "K": 1, "Cl": 1}
    assert structure.lattice.a == pytest.approx(5.64)


@pytest.mark.parametrize("unknown", ["?", "."])
def test_a_position_by_its_letter_alone(read, unknown):
    spinel = "data_spinel\n_cell_length_a 8.08\n_symmetry_space_group_name_H-M 'F d -3 m :2'\n"
    loop = "loop_\n" + "".join(
        f"_atom_site_{c}\n" for c in ("label", "Wyckoff_symbol", "fract_x", "fract_y", "fract_z")
    )
    rows = [f"Mg1 a {unknown} {unknown} {unknown}", f"Al1 16d {unknown} {unknown} {unknown}", "O1 e .262 .262 .262"]
    structure, _ = read(spinel + loop + "\n".join(rows) + "\n")
    assert amounts(structure) == {"Mg": 8, "Al": 16, "O": 32}
    near = structure.get_neighbors(structure[0], 2.2)
    assert len(near) == 4
    with pytest.raises(StructureError, match=r"atom O1 in F d -3 m: has no coordinates, and its Wyckoff letter e"):
        read(spinel + loop + "\n".join([*rows[:2], f"O1 e {unknown} {unknown} {unknown}"]) + "\n")


def test_a_listing_of_the_whole_cell_with_its_symmetry_is_not_two_ions_on_one_spot(read):
    with pytest.raises(StructureError, match=r"rows Na1, Na2 are one position by the symmetry of the file"):
        read(block("Na1 Na .2 .2 .2 1", "Na2 Na .8 .8 .8 1", "Cl1 Cl .5 .5 .5 1"))


def test_copies_that_lie_together_keep_their_ions(read):
    columns = (*COLUMNS, "symmetry_multiplicity")
    structure, notes = read(block("Li1 Li .501 .499 .5 0.3 2", "Cl1 Cl .1 .2 .3 1 2", columns=columns))
    assert amounts(structure) == {"Li": 0.6, "Cl": 2}
    assert notes == ("the 2 copies of Li1 lie in groups of 2 on one position: 1 sites of occupancy 0.6",)
    _, notes = read(block("Li1 Li .1 .4 .5 0.3 4", "Cl1 Cl .1 .2 .3 1 2", columns=columns))
    assert notes == ("WARNING: the file states 4 copies of Li1, its operations give 2",)
    # Some programs write the order of the site's symmetry there.
    assert read(block("Li1 Li .5 .5 .5 0.3 2", "Cl1 Cl .1 .2 .3 1 1", columns=columns))[1] == ()


def test_blocks_of_one_name_are_told_apart(read):
    both = block("Na1 Na .2 .2 .2 1", name="I") + block("K1 K .2 .2 .2 1", name="I")
    assert amounts(read(both)[0]) == {"Na": 2}
    assert amounts(read(both, block="i_2")[0]) == {"K": 2}


def test_charges_by_label_and_of_some_atoms(read):
    types = "loop_\n_atom_type_symbol\n_atom_type_oxidation_number\nFe1 2\nFe2 3\nO1 -2\n"
    rows = ("Fe1 Fe .1 .2 .3 1", "Fe2 Fe .4 .2 .3 1", "O1 O .6 .7 .8 1")
    assert {str(one) for one in read(block(*rows, before=types))[0].composition} == {"Fe2+", "Fe3+", "O2-"}
    structure, _ = read(block("Na1 Na+1 .1 .2 .3 1", "Cl1 Cl .4 .2 .3 1"))
    assert {str(one) for one in structure.composition} == {"Na+", "Cl"}
    structure, _ = read(block("Ba1 Ba+ .1 .2 .3 1", "O1 O .4 .2 .3 1"))  # no usual state
    assert {str(one) for one in structure.composition} == {"Ba", "O"}


def test_cartesian_coordinates(read):
    columns = ("label", "Cartn_x", "Cartn_y", "Cartn_z")
    structure, _ = read(block("Na1 1.2 1.2 1.2", "Cl1 3 3 3", columns=columns))
    assert amounts(structure) == {"Na": 2, "Cl": 1}
    assert structure[0].frac_coords == pytest.approx([0.2, 0.2, 0.2])
    skew = block("Na1 1.2 1.2 1.2", columns=columns).replace("alpha 90", "alpha 80")
    with pytest.raises(StructureError, match="need _atom_sites_fract_tran_matrix"):
        read(skew)


def test_a_row_that_is_too_short_is_named(read):
    with pytest.raises(StructureError, match="too few or too many values"):
        read(block("Na1 Na .2 .2 .2"))


def test_names_and_keywords_of_other_dictionaries(read):
    text = block("Na1 Na .2 .2 .2 1", "Cl1 Cl .5 .5 .5 1")
    dotted = text.replace("_atom_site_", "_atom_site.").replace("_cell_", "_cell.").replace("loop_", "LOOP_")
    assert amounts(read(dotted.replace("data_x", "DATA_x"))[0]) == {"Na": 2, "Cl": 1}


def test_contents_of_the_cell_beside_formula_units(read):
    z = "_cell_formula_units_Z 4\n"
    text = block("Na1 Na .2 .2 .2 1", "Cl1 Cl .4 .1 .2 1", formula="Na Cl").replace("loop_", z + "loop_", 1)
    assert read(text)[1] == ("WARNING: the cell holds 4 ions, but 4 formulas Na Cl are 8: check the operations",)


def test_what_is_left_at_the_end_of_the_atoms_is_shown(read):
    with pytest.raises(StructureError, match="'<html> Downloaded' is left at the end"):
        read(block("Na1 Na 0 0 0 1", "Cl1 Cl .5 .5 .5 1") + "<html> Downloaded\n")


@pytest.mark.parametrize("name", ["_cell_modulation_dimension 1\n", "_space_group_ssg_name 'P4(00g)'\n"])
def test_a_modulated_crystal_is_read_without_its_modulation_and_said_so(read, name):
    _, notes = read(block("Na1 Na 0 0 0 1", "Cl1 Cl .5 .5 .5 1", before=name))
    assert notes == ("WARNING: the file describes a modulated crystal; its average structure is read",)
    _, notes = read(block("Na1 Na 0 0 0 1", "Cl1 Cl .5 .5 .5 1", before="_cell_modulation_dimension 0\n"))
    assert notes == ()


def test_disorder_groups_are_named(read):
    columns = (*COLUMNS, "disorder_assembly", "disorder_group")
    rows = ["Na1 Na 0 0 0 1 . .", "Cl1 Cl .5 .5 .5 0.6 A 1", "Cl2 Cl .4 .5 .5 0.2 A 2", "O1 O .2 .2 .2 1 . 0"]
    _, notes = read(block(*rows, columns=columns))
    assert notes == ("atoms of different disorder groups (A1, A2) exclude one another",)


def test_rows_that_are_listed_twice(read):
    twice = [row for row in ("Na1 Na .2 .2 .2 .75", "K1 K .2 .2 .2 .25", "Cl1 Cl .6 .6 .6 1") for _ in "12"]
    structure, notes = read(block(*twice))
    assert amounts(structure) == {"Na": 1.5, "K": 0.5, "Cl": 2}
    assert notes == ("WARNING: rows of Na1, K1, Cl1 are listed twice: they are read once",)
    structure, notes = read(block("Na1 Na .2 .2 .2 .25", "Na1 Na .2 .2 .2 .25", "Cl1 Cl .6 .6 .6 1"))
    assert amounts(structure) == {"Na": 1, "Cl": 2}
    assert notes == ("WARNING: rows of Na1 are listed twice: their occupancies are added",)


def test_occupancies_in_percent_are_called_so(read):
    with pytest.raises(
        StructureError, match=r"add up to 100, .*these look like percent: divide the occupancies by 100"
    ):
        read(block("Na1 Na .2 .2 .2 75", "K1 K .2 .2 .2 25", "Cl1 Cl .6 .6 .6 100"))


def test_numbers_of_ions_are_no_occupancies(read):
    with pytest.raises(StructureError, match=r"look like numbers of ions in the cell.*divide each by the multiplicity"):
        read(block("Na1 Na .2 .2 .2 2", "K1 K .4 .2 .2 1", "Cl1 Cl 0 0 0 1"))
    with pytest.raises(StructureError, match="add up to 2, more than one ion"):
        read(block("Na1 Na .2 .2 .2 2", "K1 K .4 .2 .2 .5"))


def test_occupancies_of_fullprof_are_doubted_or_refused(read):
    """They are multiplied by the position's copies over those of the general position."""
    special = ["Na1 Na 0 0 0 .25", "K1 K 0 0 0 .25", "Cl1 Cl .5 .5 .5 .5"]
    why = "the occupancies look like FullProf's"
    with pytest.raises(StructureError, match=f"{why}.*divide each by this ratio"):
        read(block(*special, a=6))
    _, notes = read(block(*special, a=3.6))
    assert notes[0].startswith(f"WARNING: {why}")
    _, notes = read(block(*special, "O1 O .2 .2 .2 1", a=6))
    assert notes[0].startswith(f"WARNING: {why}")
    assert read(block("Na1 Na 0 0 0 .5", "Cl1 Cl .5 .5 .5 1", a=3.6))[1] == ()


@pytest.mark.parametrize(("share", "a"), [(0.0156, 6), (1, 600)])
def test_a_cell_that_is_nearly_empty_is_said(read, share, a):
    _, notes = read(block(f"Na1 Na 0 0 0 {share}", f"Cl1 Cl .5 .5 .5 {share}", a=a))
    assert "A^3 for each ion, far more than crystals" in notes[0]


def test_charges_of_some_rows_that_are_not_usual_are_said_to_be_left_out(read):
    _, notes = read(block("Na1 Na1- 0 0 0 1", "Cl1 Cl .5 .5 .5 1"))
    assert notes == ("the charges of the file (Na-) are not used: only some atoms have one, of no usual value",)


def test_a_file_without_ions(read):
    with pytest.raises(StructureError, match="every occupancy is zero"):
        read(block("Na1 Na 0 0 0 0", "Cl1 Cl .5 .5 .5 0"))
