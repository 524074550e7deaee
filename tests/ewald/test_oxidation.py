"""Charges: from the file, from the user, guessed; and how they are named."""

import pytest
from pymatgen.core import Element, Species

from ewald.errors import StructureError, UserError
from ewald.oxidation import parse_charges, resolve_charges


@pytest.mark.parametrize(
    ("text", "charges"),
    [("Na=1,S=-2", {"Na": 1, "S": -2}), (" Na = 1 , ", {"Na": 1}), ("Fe3+=3,Fe2+=2.5", {"Fe3+": 3, "Fe2+": 2.5})],
)
def test_charges_of_the_command_line(text, charges):
    assert parse_charges(text) == charges


@pytest.mark.parametrize("text", ["Na", "Na=one", "Na:1"])
def test_what_is_no_charge(text):
    with pytest.raises(UserError, match="not a charge"):
        parse_charges(text)


def test_the_file_goes_before_the_user_and_the_user_before_a_guess():
    species = [Species("Na", 1), Element("Sb"), Element("S")]
    charges, notes = resolve_charges(species, {"Na": 3, "Sb": 1, "S": 4}, {"Na": 2, "Sb": 5})
    assert [charges[one] for one in species] == [1, 5, -2]
    assert notes == (
        "charges: Na+ (the file); Sb5+ (--charges); S2- (guessed by pymatgen)",
        "the file says Na+; --charges +2 is not used",
    )


def test_one_element_in_two_states():
    species = [Species("Fe", 2), Species("Fe", 3), Element("O")]
    assert resolve_charges(species, {"Fe": 3, "O": 4}, {"O": -2})[0][species[2]] == -2
    with pytest.raises(StructureError, match="a species without a charge: none in the file, and no neutral guess"):
        resolve_charges(species, {"Fe": 3, "O": 4}, None)


def test_a_guess_must_be_the_only_one():
    with pytest.raises(StructureError, match=r"\d+ neutral guesses.*give --charges Fe=<charge>,Co=<charge>"):
        resolve_charges([Species("O", -2), Element("Fe"), Element("Co")], {"O": 5, "Fe": 2, "Co": 2}, None)


def test_unknown_names_and_zero_charges():
    with pytest.raises(StructureError, match="charges = 'K': no such species"):
        resolve_charges([Element("Na")], {"Na": 1}, {"K": 1})
    with pytest.raises(StructureError, match="every charge is zero"):
        resolve_charges([Element("Na"), Element("Cl")], {"Na": 1, "Cl": 1}, {"Na": 0, "Cl": 0})
