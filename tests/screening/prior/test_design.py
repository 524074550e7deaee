from fractions import Fraction

import pytest

from screening.campaign.doping import DopingPlan
from screening.prior.design import charges_of, neutral_formulas, substitutions
from screening.prior.measured import PriorError, composition_of_formula

ARGYRODITE = {"Li+": Fraction(6), "P5+": Fraction(1), "S2-": Fraction(5), "Cl-": Fraction(1)}


def charge(formula, charges):
    return sum(charges[symbol] * amount for symbol, amount in composition_of_formula(formula).items())


def test_all_neutral_compositions_are_found_once():
    charges = {"Li": (1.0,), "P": (5.0,), "S": (-2.0,), "Cl": (-1.0,)}
    found = neutral_formulas("Li", charges, 13)
    assert {"Li3PS4", "Li6PS5Cl", "Li2S", "LiCl"} <= set(found)
    assert len(set(found)) == len(found)
    single = {symbol: states[0] for symbol, states in charges.items()}
    assert all(charge(formula, single) == 0 for formula in found)
    by_hand = {
        frozenset({"Li": a, "P": b, "S": c, "Cl": d}.items())
        for a in range(1, 14) for b in range(13) for c in range(13) for d in range(13)
        if a + b + c + d <= 13 and c + d > 0 and a + 5 * b == 2 * c + d
    }  # fmt: skip
    from math import gcd

    reduced = {tuple(sorted((s, n // gcd(*dict(one).values())) for s, n in one if n)) for one in by_hand}
    assert len(found) == len(reduced)


def test_several_charges_are_tried_and_given_ones_are_the_only_ones():
    assert "Li3PS3" in neutral_formulas("Li", charges_of(["Li", "P", "S"], {}), 8)
    assert "Li3PS3" not in neutral_formulas("Li", charges_of(["Li", "P", "S"], {"P": 5.0}), 8)


def test_the_share_of_mobile_ions_is_a_bound():
    found = neutral_formulas("Li", {"Li": (1.0,), "P": (5.0,), "S": (-2.0,)}, 12, least_share=0.3)
    assert "Li3PS4" in found
    assert "LiPS3" not in found


def test_too_many_compositions_are_refused():
    with pytest.raises(PriorError, match="too many atoms"):
        neutral_formulas("Li", charges_of(["Li", "P", "S", "Cl", "Ge", "Si", "O"], {}), 40)


@pytest.mark.parametrize(("symbol", "said"), [("Xx", "is not an element"), ("He", "no common charge")])
def test_elements_without_charges_are_refused(symbol, said):
    with pytest.raises(PriorError, match=said):
        charges_of([symbol], {})


def test_substitutions_are_neutral_doping_plans():
    found = substitutions(ARGYRODITE, "Li", ["Ge", "Br", "O"])
    by_dopant = {(one.site, one.dopant, one.level): one for one in found}
    germanium = by_dopant["P5+", "Ge4+", "1/4"]
    assert (germanium.formula, germanium.compensation) == ("Li6.25P0.75Ge0.25S5Cl", "interstitial")
    assert by_dopant["Cl-", "Br-", "1/2"].compensation == "none"
    assert by_dopant["S2-", "Br-", "1/8"].compensation == "vacancy"
    states = {"Li": 1, "P": 5, "S": -2, "Cl": -1, "Ge": 4, "Br": -1, "O": -2}
    fours = [one for one in found if one.dopant != "Ge2+"]
    assert all(charge(one.formula, states) == pytest.approx(0) for one in fours)
    assert all(DopingPlan(**one.doping_plan()).site == one.site for one in found)


def test_a_cation_never_replaces_an_anion():
    assert all((one.site[-1] == "-") == (one.dopant[-1] == "-") for one in substitutions(ARGYRODITE, "Li", ["Ge", "O"]))
