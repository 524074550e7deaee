"""Charges: the user's word, the file's, a guess."""

import pytest
from pymatgen.core import Element, Lattice, Species, Structure

from ewald.errors import StructureError, UserError
from ewald.io.oxidation import assign_charges, parse_charges
from ewald.ions import element_of


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


def crystal(amounts):
    """Ions of these species, each alone in the cell, so that no bond tells a charge."""
    names = [species for species, amount in amounts.items() for _ in range(amount)]
    return Structure(
        Lattice.orthorhombic(20 * len(names), 20, 20), names, [[k / len(names), 0, 0] for k in range(len(names))]
    )


def states(charged):
    return {element_of(one): one.oxi_state for one in charged.structure.composition.elements}


def test_the_user_goes_before_the_file_and_the_file_before_a_guess():
    structure = crystal({Species("Na", 1): 3, Element("Sb"): 1, Element("S"): 4})
    charged = assign_charges(structure, {"Sb": 5})
    assert states(charged) == {"Na": 1, "Sb": 5, "S": -2}
    assert charged.origin == {"the file": ("Na+",), "--charges": ("Sb5+",), "a neutral guess": ("S2-",)}
    assert charged.overruled == ()
    charged = assign_charges(structure, {"Na": 2, "Sb": 2})
    assert states(charged) == {"Na": 2, "Sb": 2, "S": -2}
    assert charged.overruled == (("Na+", 2),)
    assert all(site.species.elements[0].oxi_state is not None for site in charged.structure)


def test_a_structure_with_all_states_stays_as_it_is():
    structure = crystal({Species("Na", 1): 1, Species("Cl", -1): 1})
    assert assign_charges(structure, {"Na": 1}).structure is structure


def test_states_of_the_file_that_are_all_zero_make_no_sense():
    charged = assign_charges(crystal({Species("Na", 0): 1, Species("Cl", 0): 1}))
    assert states(charged) == {"Na": 1, "Cl": -1}
    assert list(charged.origin) == ["a neutral guess"]


def test_one_element_in_two_states():
    structure = crystal({Species("Fe", 2): 1, Species("Fe", 3): 2, Element("O"): 4})
    charged = assign_charges(structure, {"O": -2})
    assert {str(one) for one in charged.structure.composition.elements} == {"Fe2+", "Fe3+", "O2-"}
    charged = assign_charges(structure, {"O": -2, "Fe": 3})
    assert {str(one) for one in charged.structure.composition.elements} == {"Fe3+", "O2-"}
    charged = assign_charges(structure, {"O": -2, "Fe2+": 4})
    assert {str(one) for one in charged.structure.composition.elements} == {"Fe4+", "Fe3+", "O2-"}
    # What the file has for iron leaves no charge for oxygen that it ever has.
    with pytest.raises(StructureError, match=r"contents Fe3 O9 contradict neutrality.*give --charges O=<charge>"):
        assign_charges(crystal({Species("Fe", 2): 1, Species("Fe", 3): 2, Element("O"): 9}))


def test_of_several_guesses_the_most_probable_is_taken_and_the_next_is_named():
    ambiguous = crystal({Species("O", -2): 5, Element("Fe"): 2, Element("Co"): 2})
    charged = assign_charges(ambiguous)
    assert states(charged) == {"Fe": 3, "Co": 2, "O": -2}
    assert charged.origin == {"the file": ("O2-",), "a neutral guess": ("Fe3+", "Co2+")}
    (remark,) = charged.remarks
    assert "% sure; next would be Fe2+, Co3+ (" in remark


def test_refined_occupancies_are_neutral_but_nearly():
    salt = Structure(Lattice.cubic(5), [{"Na": 0.9}, "Cl"], [[0, 0, 0], [0.5, 0.5, 0.5]])
    charged = assign_charges(salt)
    assert states(charged) == {"Na": 1, "Cl": -1}
    assert list(charged.origin) == ["a nearly neutral guess"]
    assert "the occupancies leave -0.053 e per ion" in charged.remarks[0]


def test_a_mean_charge_of_an_anion_is_never_sure():
    half_empty = crystal({Element("Na"): 6, Element("P"): 2, Element("S"): 8})
    half_empty.replace_species({"Na": {"Na": 0.5}})
    charged = assign_charges(half_empty)
    assert states(charged) == {"Na": 1, "P": 5, "S": -1.625}
    assert (
        "not sure; S is taken for a mixture of S2- and S-, without which the occupancies are far" in charged.remarks[0]
    )


def test_charges_of_the_file_that_contradict_its_occupancies_are_not_used():
    wrong = crystal({Species("Na", 3): 1, Species("Cl", -1): 1})
    charged = assign_charges(wrong)
    assert states(charged) == {"Na": 1, "Cl": -1}
    assert charged.remarks[0] == "the charges of the file (Na3+, Cl-) leave +1.00 e per ion and are not used"
    assert states(assign_charges(wrong, {"Na": 3})) == {"Na": 3, "Cl": -1}


@pytest.mark.parametrize(
    ("ions", "never"),
    [({"Li": (-1, 2), "O": (2, 1)}, "Li or O"), ({"Na": (1, 3), "P": (5, 1), "S": (2, 4)}, None),
     ({"Li": (-1, 1), "Cl": (1, 1)}, "Li"), ({"Li": (-1, 1), "P": (None, 1), "O": (-2, 3)}, "Li")],
)  # fmt: skip
def test_charges_of_the_file_with_signs_reversed_are_not_used(ions, never):
    known = {"Li": 1, "Na": 1, "P": 5, "S": -2, "O": -2, "Cl": -1}
    species = {Element(e) if q is None else Species(e, q): n for e, (q, n) in ions.items()}
    charged = assign_charges(crystal(species))
    assert states(charged) == {element: known[element] for element in ions}
    said = f"are not used: no crystal has {never} of this sign" if never else "leave +2.00 e per ion and are not used"
    assert said in charged.remarks[0]
    if never:
        assert states(assign_charges(crystal(species), {"Li": 1}))["Li"] == 1


def test_a_mobile_silver_is_not_of_mixed_valence():
    half_empty = crystal({Element("Ag"): 9, Element("S"): 5})
    half_empty.replace_species({"Ag": {"Ag": 0.98}})
    assert states(assign_charges(half_empty)) == {"Ag": 1, "S": -2}


def test_what_was_doubtful_in_reading_goes_before_the_contradiction():
    wrong = crystal({Element("Li"): 4, Element("Br"): 1})
    wrong.properties["notes"] = ("D is read as H", "WARNING: Br1 lies far outside the cell")
    with pytest.raises(
        StructureError, match=r"^Br1 lies far outside the cell; and the contents Li4 Br1 .*correct this first"
    ):
        assign_charges(wrong)


def spinel(**states):
    sites = [[1 / 8] * 3, [1 / 2] * 3, [0.2549] * 3]
    ions = [Element("Fe"), Element("Fe"), Species("O", states["O"]) if states else Element("O")]
    return Structure.from_spacegroup("Fd-3m:2", Lattice.cubic(8.394), ions, sites).get_primitive_structure()


def test_bond_valence_gives_one_element_two_states_and_contradicts_nobody():
    charged = assign_charges(spinel())
    assert {str(one) for one in charged.structure.composition.elements} == {"Fe2+", "Fe3+", "O2-"}
    assert set(charged.origin) == {"bond valence"}
    assert set(assign_charges(spinel(O=-2)).origin) == {"the file", "bond valence"}
    assert states(assign_charges(spinel(), {"O": -1.9}))["Fe"] == pytest.approx(4 * 1.9 / 3)


def test_unknown_names_and_zero_charges():
    with pytest.raises(StructureError, match="charges = 'K': no such species"):
        assign_charges(crystal({Element("Na"): 1}), {"K": 1})
    with pytest.raises(StructureError, match="every charge is zero"):
        assign_charges(crystal({Element("Na"): 1, Element("Cl"): 1}), {"Na": 0, "Cl": 0})
