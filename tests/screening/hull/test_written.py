import pytest
from hypothesis import given
from hypothesis import strategies as st
from pymatgen.core import Composition

from screening.hull.written import written_formula, written_reaction


@pytest.mark.parametrize(
    ("formula", "written"),
    [("NaS", "Na2S2"), ("NaS2", "Na2S4"), ("Na2S5", "Na2S5"), ("LiS4", "Li2S8"), ("KSe", "K2Se2"), ("Na3PS4", "Na3PS4"),
     ("Li2S", "Li2S"), ("NaO2", "NaO2"), ("Na2O2", "Na2O2"), ("GeS", "GeS"), ("NaCl", "NaCl"), ("S8", "S")],
)  # fmt: skip
def test_polysulfides_hold_two_charges(formula, written):
    assert written_formula(formula) == written
    assert written_formula(written) == written


@given(st.integers(1, 9), st.integers(1, 9), st.sampled_from(["S", "Se", "O", "Cl"]))
def test_the_composition_stays(alkali, other, symbol):
    composition = Composition({"Na": alkali, symbol: other})
    assert Composition(written_formula(composition)).reduced_composition == composition.reduced_composition


@pytest.mark.parametrize(
    ("reaction", "written"),
    [
        ("Na3SbS4 -> 2 NaS + NaSbS2", "Na3SbS4 -> Na2S2 + NaSbS2"),
        ("0.5 NaS2 + Na -> NaS", "0.25 Na2S4 + Na -> 0.5 Na2S2"),
        ("Li3PS4 + 5 Li -> 4 Li2S + Li3P", "Li3PS4 + 5 Li -> 4 Li2S + Li3P"),
        ("0.3333 Li10Si(PS6)2 -> LiS4", "0.3333 Li10Si(PS6)2 -> 0.5 Li2S8"),
    ],
)
def test_amounts_follow_the_formulas(reaction, written):
    assert written_reaction(reaction) == written
