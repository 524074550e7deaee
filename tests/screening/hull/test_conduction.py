import math

import pytest
from pymatgen.core import Composition
from pymatgen.entries.computed_entries import ComputedEntry

from screening.hull.conduction import (
    INSULATING_GAP_EV,
    Conduction,
    ProductConduction,
    passivates,
    product_conduction,
    shipped_band_gaps,
)


@pytest.mark.parametrize(
    ("formula", "conduction"),
    [
        ("Na2S", "insulates"),  # 2.44 eV
        ("Li2S", "insulates"),
        ("Na3Sb", "conducts"),  # 0.40 eV: too little even when doubled
        ("Li3P", "doubtful"),  # 0.70 eV
        ("Na3P", "doubtful"),  # no gap known: a phosphide
        ("Sb", "conducts"),
        ("NaZn13", "conducts"),
        ("FeP3", "conducts"),
        ("CoS2", "doubtful"),
        ("Na2SiO3", "insulates"),
        ("S", "insulates"),
        ("Na", "conducts"),
    ],
)
def test_products(formula, conduction):
    assert product_conduction(formula).conduction == conduction


def test_it_says_what_it_rests_on():
    assert product_conduction("Na3Sb").basis == "band gap 0.40 eV, Materials Project mp-7956"
    assert product_conduction("Sb").basis == "by its formula: a metal or an alloy"
    given = [ComputedEntry("Na6P2", -1.0, data={"band_gap": 0.43})]
    assert product_conduction("Na3P", given).band_gap_eV == 0.43
    assert product_conduction("Na3P", given).conduction is Conduction.CONDUCTS


def test_the_threshold_follows_from_the_conductivity_of_an_undoped_semiconductor():
    e, k, m, h, T = 1.602e-19, 1.381e-23, 9.109e-31, 6.626e-34, 300.0
    states = 2 * (2 * math.pi * m * k * T / h**2) ** 1.5 * 1e-6  # per cm3
    sigma = e * 1.0 * states * math.exp(-INSULATING_GAP_EV * e / (2 * k * T))
    assert 0.3e-8 < sigma < 3e-8


def test_one_conductor_is_enough_and_one_doubt_leaves_it_open():
    known = [product_conduction(name) for name in ("Na2S", "Na3Sb", "Li3P")]
    assert passivates(["Na2S"], known) is True
    assert passivates(["Na2S", "Li3P"], known) is None
    assert passivates(["Na2S", "Li3P", "Na3Sb"], known) is False
    assert passivates(["Na2S", "KCl"], known) is None


def test_the_shipped_gaps_are_sound():
    for formula, (gap, material) in shipped_band_gaps().items():
        assert Composition(formula).reduced_formula == formula
        assert 0 < gap < 15
        assert material.startswith("mp-")


def test_records_keep_them():
    product = product_conduction("Na3Sb")
    assert ProductConduction.from_document(product.to_document()) == product
