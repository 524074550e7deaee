from fractions import Fraction

import pytest

from ewald.errors import CampaignError
from screening.species import as_fraction, charge_of, element_of, parse_species


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
