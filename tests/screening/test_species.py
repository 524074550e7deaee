from fractions import Fraction

import pytest
from pymatgen.core import Lattice, Structure
from pymatgen.entries.computed_entries import ComputedStructureEntry

from ewald.errors import CampaignError, UserError
from screening.species import (
    as_fraction,
    charge_of,
    element_of,
    elements_of,
    ion_charge,
    leading_element,
    parse_species,
    split_species,
)


@pytest.mark.parametrize("text", ["W6+", "Ca2+", "Na+", "Cl-", "S2-", "P5+"])
def test_ions_read_back_as_written(text):
    assert str(parse_species(text, field="f")) == text


@pytest.mark.parametrize(("text", "words"), [("Xx2+", "known element"), ("Q", "known element"), ("6+", "known")])
def test_an_unknown_element_is_refused(text, words):
    with pytest.raises(CampaignError, match=words) as caught:
        parse_species(text, field="doping.0.dopants.0")
    assert "doping.0.dopants.0" in str(caught.value)


def test_a_missing_oxidation_state_is_refused_with_the_common_ones():
    with pytest.raises(CampaignError, match="W6\\+"):
        parse_species("W", field="f")


def test_charge_and_element():
    assert charge_of("W6+") == 6
    assert charge_of("vacancy") == 0
    assert element_of("Cl-") == "Cl"


@pytest.mark.parametrize(
    ("value", "fraction"),
    [
        (4.0, Fraction(4)),
        (55.9968, Fraction(56)),
        (2.5, Fraction(5, 2)),
        (0.3333, Fraction(1, 3)),
        (20.2, Fraction(101, 5)),
    ],
)
def test_refined_occupancies_become_simple_fractions(value, fraction):
    assert as_fraction(value) == fraction


@pytest.mark.parametrize(
    ("species", "element", "charge"),
    [("Na", "Na", 1), ("Na+", "Na", 1), ("Mg2+", "Mg", 2), ("Mg", "Mg", 2), ("O2-", "O", -2), ("F", "F", -1)],
)
def test_charges_of_species(species, element, charge):
    assert split_species(species)[0] == element
    assert ion_charge(species) == charge


@pytest.mark.parametrize(
    ("species", "ions"),
    [
        ("Cu", r"Cu\+ or Cu2\+"),
        ("Fe", r"Fe2\+ or Fe3\+"),
        ("H", "H[+] or H-"),
        ("Tl", r"Tl\+ or Tl3\+"),
        ("He", r"He\+"),
    ],
)
def test_a_charge_that_could_be_several_is_asked_for(species, ions):
    with pytest.raises(UserError, match=f"write the ion: {ions}") as caught:
        ion_charge(species)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(("species", "charge"), [("Cu+", 1), ("Ag", 1), ("H-", -1), ("S", -2), ("Cl", -1), ("Zn", 2)])
def test_a_charge_that_is_written_or_the_only_one_is_taken(species, charge):
    assert ion_charge(species) == charge


@pytest.mark.parametrize("species", ["", "Xx", "sodium", "Na++", "11"])
def test_no_species(species):
    with pytest.raises(UserError, match="is not an element"):
        ion_charge(species)


@pytest.mark.parametrize(
    ("label", "element"), [("Na_pv", "Na"), ("Na1", "Na"), ("W6+", "W"), ("NA", None), ("Nax", None), ("11", None)]
)
def test_the_element_that_a_label_of_another_program_names(label, element):
    assert leading_element(label) == element


def test_elements_of_a_formula_a_structure_and_an_entry():
    structure = Structure(Lattice.cubic(5), ["Na+", "Cl-"], [[0, 0, 0], [0.5, 0.5, 0.5]])
    entry = ComputedStructureEntry(structure, -1.0)
    assert elements_of("NaCl") == elements_of(structure) == elements_of(entry) == {"Na", "Cl"}
