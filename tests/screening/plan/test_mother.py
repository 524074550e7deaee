import math
from fractions import Fraction
from pathlib import Path

import pytest

from ewald.errors import StructureError
from screening.campaign.doping import MotherSpec, SupercellPlan
from screening.plan.mother import load_mother
from screening.plan.occupation import occupation_of
from screening.shipped import shipped_names, shipped_structure

POSCAR = """NaCl
5.64
 0.0 0.5 0.5
 0.5 0.0 0.5
 0.5 0.5 0.0
Na Cl
1 1
direct
 0.0 0.0 0.0
 0.5 0.5 0.5
"""


@pytest.mark.parametrize("name", shipped_names("mothers"))
def test_every_shipped_mother_is_neutral_and_says_where_its_charges_come_from(name):
    mobile = "Li" if name.startswith("Li") else "Na"
    mother = load_mother(MotherSpec(structure=name, mobile=mobile), Path())
    assert sum(mother.charges()[species] * count for species, count in mother.counts().items()) == 0
    assert mother.mobile_species == f"{mobile}+"
    assert "the file" in mother.describe_charges()


def test_a_poscar_gets_its_charges_by_a_guess(tmp_path):
    (tmp_path / "POSCAR").write_text(POSCAR)
    mother = load_mother(MotherSpec(structure="POSCAR", mobile="Na"), tmp_path)
    assert mother.charges() == {"Na+": 1, "Cl-": -1}
    assert mother.charges_from == "a neutral guess"


def test_the_campaigns_charges_win(tmp_path):
    (tmp_path / "POSCAR").write_text(POSCAR)
    mother = load_mother(MotherSpec(structure="POSCAR", mobile="Na", charges={"Na": 1, "Cl": -1}), tmp_path)
    assert mother.charges_from == "the campaign"


def test_charges_that_do_not_sum_to_zero_are_refused(tmp_path):
    (tmp_path / "POSCAR").write_text(POSCAR)
    with pytest.raises(StructureError, match=r"not neutral.*-1 e"):
        load_mother(MotherSpec(structure="POSCAR", mobile="Na", charges={"Na": 1, "Cl": -2}), tmp_path)


def test_what_the_campaign_leaves_out_is_guessed_and_said(tmp_path):
    (tmp_path / "POSCAR").write_text(POSCAR)
    mother = load_mother(MotherSpec(structure="POSCAR", mobile="Na", charges={"Na": 1}), tmp_path)
    assert mother.describe_charges() == "POSCAR: Cl-, Na+ (from the campaign: Na+, a neutral guess: Cl-)"


def test_the_campaigns_charges_win_over_those_of_the_file(tmp_path):
    spec = MotherSpec(structure="Na3PS4_cubic", mobile="Na", charges={"P": 5, "S": -2, "Na": 1})
    assert load_mother(spec, tmp_path).charges_from == "the campaign"
    with pytest.raises(StructureError, match=r"from the file: Na\+ S2-, the campaign: P4\+; the file says P5\+ sum to"):
        load_mother(spec.model_copy(update={"charges": {"P": 4}}), tmp_path)


def test_a_missing_charge_is_named(tmp_path):
    (tmp_path / "POSCAR").write_text(POSCAR)
    with pytest.raises(StructureError, match=r"mothers.charges = 'Cl'.*give charges: {Cl: <charge>}"):
        load_mother(MotherSpec(structure="POSCAR", mobile="Na", charges={"Na": 2}), tmp_path)


def test_a_missing_file_names_the_shipped_ones():
    with pytest.raises(StructureError, match=r"mothers\.0\.structure = 'nowhere\.cif'.*Na3SbS4_tet_derived"):
        load_mother(MotherSpec(structure="nowhere.cif", mobile="Na"), Path(), field="mothers.0")


@pytest.mark.parametrize("content", ["", "not a structure at all", "data_x\n_cell_length_a abc\n"])
def test_an_unreadable_cif_is_one_line(tmp_path, content):
    (tmp_path / "bad.cif").write_text(content)
    with pytest.raises(StructureError) as caught:
        load_mother(MotherSpec(structure="bad.cif", mobile="Na"), tmp_path)
    assert "bad.cif" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_mobile_ion_that_is_not_there():
    with pytest.raises(StructureError, match="one of Na, P, S"):
        load_mother(MotherSpec(structure="Na3PS4_cubic", mobile="K"), Path())


def test_partial_occupancy_counts_as_vacancy():
    mother = load_mother(MotherSpec(structure="Li6PS5Cl", mobile="Li"), Path())
    assert mother.counts()["Li+"] == 24
    assert mother.occupancies()[0] == {"Li+": 0.5, "vacancy": 0.5}


def test_garnet_occupancies_round_to_whole_ions():
    mother = load_mother(MotherSpec(structure="Li7La3Zr2O12_cubic", mobile="Li"), Path())
    assert mother.counts()["Li+"] == Fraction(56)


def test_the_argyrodite_and_garnet_have_sound_distances():
    argyrodite = shipped_structure("mothers", "Li6PS5Cl")
    phosphorus = next(site for site in argyrodite if site.species.elements[0].symbol == "P")
    assert [round(n.nn_distance, 2) for n in argyrodite.get_neighbors(phosphorus, 2.3)] == [2.03] * 4
    garnet = shipped_structure("mothers", "Li7La3Zr2O12_cubic")
    zirconium = next(site for site in garnet if site.species.elements[0].symbol == "Zr")
    oxygen = [n for n in garnet.get_neighbors(zirconium, 2.5) if n.species.elements[0].symbol == "O"]
    assert [round(n.nn_distance, 2) for n in oxygen] == [2.1] * 6


def test_an_ion_without_a_coordinate_is_not_left_out(tmp_path):
    text = shipped_structure("mothers", "Na3PS4_cubic").to(fmt="cif")
    lines = text.splitlines()
    place = max(number for number, line in enumerate(lines) if line.split()[:1] == ["S2-"])
    words = lines[place].split()
    lines[place] = " ".join([*words[:3], "?", *words[4:]])
    (tmp_path / "bad.cif").write_text("\n".join(lines) + "\n")
    with pytest.raises(StructureError, match=r"bad\.cif: _atom_site_fract_x, atom .* = '\?': not a finite number"):
        load_mother(MotherSpec(structure="bad.cif", mobile="Na"), tmp_path)


REFINED = """data_x
_chemical_formula_sum 'Li3 In Cl6'
_cell_length_a 6.4
_cell_length_b 11.1
_cell_length_c 6.4
_cell_angle_alpha 90
_cell_angle_beta 110
_cell_angle_gamma 90
loop_
_symmetry_equiv_pos_as_xyz
'x, y, z'
'-x, y, -z'
'-x, -y, -z'
'x, -y, z'
'x+1/2, y+1/2, z'
'-x+1/2, y+1/2, -z'
'-x+1/2, -y+1/2, -z'
'x+1/2, -y+1/2, z'
loop_
_atom_site_label
_atom_site_type_symbol
_atom_site_fract_x
_atom_site_fract_y
_atom_site_fract_z
_atom_site_occupancy
Li1 Li 0 0.167 0.5 1
Li2 Li 0 0 0.5 0.83
In1 In 0 0.333 0 0.118
Li3 Li 0 0.333 0 0.22
In2 In 0 0 0 0.78
Cl1 Cl 0.25 0 0.25 1
Cl2 Cl 0.26 0.16 0.76 1
"""


def test_a_refined_file_becomes_the_nearest_neutral_mother(tmp_path):
    (tmp_path / "refined.cif").write_text(REFINED)
    mother = load_mother(MotherSpec(structure="refined.cif", mobile="Li"), tmp_path)
    counts = {species: float(n) for species, n in mother.counts().items()}
    assert sum(mother.charges()[species] * n for species, n in counts.items()) == pytest.approx(0, abs=1e-9)
    assert "taken as the nearest neutral" in mother.charges_from
    sites = {frozenset(site) for site in mother.occupancies()}
    assert frozenset({"Li+", "In3+", "vacancy"}) in sites
    assert all(sum(site.values()) == pytest.approx(1) for site in mother.occupancies())


# Neutral as refined, in whole numbers from 25 formulas (394 ions) on.
NEUTRAL = """data_x
_cell_length_a 7.19
_symmetry_space_group_name_H-M 'I -4 3 m'
loop_
_atom_site_label
_atom_site_type_symbol
_atom_site_fract_x
_atom_site_fract_y
_atom_site_fract_z
_atom_site_occupancy
Na1 Na+ 0.5 0.5 0 0.96
Sb1 Sb5+ 0 0 0 0.88
W1 W6+ 0 0 0 0.12
S1 S2- 0.1871 0.1871 0.1871 1
"""


@pytest.mark.parametrize(
    ("supercell", "whole"),
    [
        ({"max_ions": 800}, {"Na+": Fraction(144, 25), "Sb5+": Fraction(44, 25)}),
        ({"max_ions": 256}, {"Na+": Fraction(23, 4), "Sb5+": Fraction(7, 4)}),
        ({"matrix": ((2, 0, 0), (0, 2, 0), (0, 0, 2))}, {"Na+": Fraction(23, 4), "Sb5+": Fraction(7, 4)}),
        ({"matrix": ((5, 0, 0), (0, 5, 0), (0, 0, 1))}, {"Na+": Fraction(144, 25), "Sb5+": Fraction(44, 25)}),
    ],
)
def test_occupancies_that_no_supercell_of_the_campaign_has_become_those_of_one_that_it_has(tmp_path, supercell, whole):
    (tmp_path / "neutral.cif").write_text(NEUTRAL)
    plan = SupercellPlan(**supercell)
    mother = load_mother(MotherSpec(structure="neutral.cif", mobile="Na"), tmp_path, supercell=plan)
    assert {species: n for species, n in mother.counts().items() if species in whole} == whole
    assert ("nearest neutral" in mother.charges_from) == (whole["Na+"].denominator == 4)


PRIMITIVE = """data_x
_cell_length_a 3.9
_cell_length_b 3.9
_cell_length_c 3.9
_symmetry_space_group_name_H-M '{group}'
loop_
_atom_site_label
_atom_site_type_symbol
_atom_site_fract_x
_atom_site_fract_y
_atom_site_fract_z
_atom_site_occupancy
"""


@pytest.mark.parametrize(
    ("group", "rows", "max_ions"),
    [
        # Whole numbers of each element in the cell, and none on the sites that share them.
        ("P m m m", ["Li1 Li 0 0 0 .63", "La1 La 0 0 0 .37", "La2 La .5 .5 0 .63", "Li2 Li .5 0 .5 .37",
                     "O1 O .5 0 0 1", "O2 O 0 .5 0 1"], 80),
        # One formula in the cell: the nearest numbers of all would be 49ths.
        ("P m -3 m", ["Li1 Li 0 0 0 .31", "La1 La 0 0 0 .63", "Ti1 Ti .5 .5 .5 .9", "Co1 Co .5 .5 .5 .1",
                      "O1 O .5 .5 0 1"], 250),
    ],
)  # fmt: skip
def test_sites_that_share_ions_have_whole_numbers_of_them(tmp_path, group, rows, max_ions):
    (tmp_path / "x.cif").write_text(PRIMITIVE.format(group=group) + "\n".join(rows) + "\n")
    plan = SupercellPlan(max_ions=max_ions)
    mother = load_mother(MotherSpec(structure="x.cif", mobile="Li"), tmp_path, supercell=plan)
    occupation = occupation_of(mother)
    cells = math.lcm(*(n.denominator for group in occupation.groups for n in group.counts.values()))
    assert cells * occupation.ions <= max_ions
    assert occupation.charge == 0
    assert "nearest neutral" in mother.charges_from


def test_a_campaign_is_proposed_no_options_of_the_command_line(tmp_path):
    text = REFINED.replace("Li3 In Cl6", "Li3 In Cl6 H4 O2")
    (tmp_path / "hydrate.cif").write_text(text)
    with pytest.raises(StructureError, match="ignore_formula: true") as caught:
        load_mother(MotherSpec(structure="hydrate.cif", mobile="Li"), tmp_path)
    assert "--" not in str(caught.value)
    assert load_mother(MotherSpec(structure="hydrate.cif", mobile="Li", ignore_formula=True), tmp_path)
