"""Names of ions, and their elements."""

import pytest
from pymatgen.core import Element, Species

from ewald.errors import StructureError
from ewald.ions import VACANCY, element_of, ion_name, split_ion


@pytest.mark.parametrize(
    ("symbol", "charge", "name"),
    [("Na", 1, "Na+"), ("S", -2, "S2-"), ("Fe", 2.5, "Fe2.5+"), ("Ar", 0, "Ar0"), ("Cl", -1, "Cl-")],
)
def test_names_of_ions(symbol, charge, name):
    assert ion_name(symbol, charge) == name
    assert element_of(name) == symbol


def test_a_name_without_an_element():
    with pytest.raises(StructureError, match="does not begin with an element symbol"):
        element_of("2x")


def test_symbols():
    assert element_of(Species("Na", 1)) == element_of(Element("Na")) == "Na"


def test_a_vacancy_is_no_element():
    with pytest.raises(StructureError, match="does not begin with an element symbol"):
        element_of(VACANCY)


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("W6+", ("W", 6.0)),
        ("Na", ("Na", None)),
        ("Fe2.5+", ("Fe", 2.5)),
        ("Cl-", ("Cl", -1.0)),
        ("Na.+", None),
        ("", None),
    ],
)
def test_an_ion_is_split(name, parts):
    assert split_ion(name) == parts
