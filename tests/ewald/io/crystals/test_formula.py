"""Formulas of files beside their sites."""

from pathlib import Path

import pytest

from ewald.errors import StructureError
from ewald.io.crystals.cif_blocks import CifBlock
from ewald.io.crystals.formula import beside_formula, formula_of


def block(text, **more):
    return CifBlock("x", {"_chemical_formula_sum": [text], **more})


def test_formulas():
    assert formula_of(block("Li6.75 La3 O12")) == {"Li": 6.75, "La": 3, "O": 12}
    assert formula_of(block("(Na0.5 K0.5)2 S")) == {"Na": 1, "K": 1, "S": 1}
    assert formula_of(block("C4 D12 N1 1+ H0")) == {"C": 4, "H": 12, "N": 1}
    assert formula_of(block("?")) == {}


def compare(text, there, go_on="--go"):
    return beside_formula(block(text), there, "SHOWN", Path("x.cif"), go_on=go_on)


def test_comparison():
    assert compare("Na Cl", {"Na": 4.0, "Cl": 4.0}) == []
    assert compare("Na Cl H0", {"Na": 4.0, "Cl": 4.0}) == []
    with pytest.raises(StructureError, match="has K, and no site of the file has"):
        compare("Na Cl K0.1", {"Na": 4.0, "Cl": 4.0})
    assert "K of the formula is left out" in compare("Na Cl K0.1", {"Na": 4.0, "Cl": 4.0}, None)[0]
    assert (
        "the sites hold SHOWN, the file's formula is Na Cl (33.3% apart)" in compare("Na Cl", {"Na": 2.0, "Cl": 4.0})[0]
    )


@pytest.mark.parametrize("text", ["Li1-xNaxCl", "Li7-3xAlxLa3Zr2O12", "Li3+yP1-ySiyO4"])
def test_a_formula_with_a_variable_is_none(text):
    assert formula_of(CifBlock("x", {"_chemical_formula_sum": [text]})) == {}


@pytest.mark.parametrize("symbol", ["Dy", "Xe", "Nd", "Zn", "Y"])
def test_symbols_with_such_letters_are_elements(symbol):
    assert formula_of(CifBlock("x", {"_chemical_formula_sum": [f"{symbol}2 O3"]})) == {symbol: 2, "O": 3}
