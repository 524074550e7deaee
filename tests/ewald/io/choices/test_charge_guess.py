"""The most probable charges of a composition."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ewald.io.choices.charge_guess import MOST_CHARGE_PER_ION_E, frequencies, guess_charges, least_charge_per_ion


@pytest.mark.parametrize(
    ("amounts", "charges"),
    [
        ({"Na": 1, "Zr": 2, "P": 3, "O": 12}, {"Na": 1, "Zr": 4, "P": 5, "O": -2}),
        ({"Li": 6, "P": 1, "S": 5, "Cl": 1}, {"Li": 1, "P": 5, "S": -2, "Cl": -1}),
        ({"Li": 1, "B": 1, "H": 4}, {"Li": 1, "B": 3, "H": -1}),
        ({"Na": 1, "N": 1, "O": 3}, {"Na": 1, "N": 5, "O": -2}),
        ({"Li": 3, "N": 1}, {"Li": 1, "N": -3}),
        ({"Ag": 1, "I": 1}, {"Ag": 1, "I": -1}),
        ({"La": 1, "Fe": 1, "As": 1, "O": 1}, {"La": 3, "Fe": 2, "As": -3, "O": -2}),
        ({"Bi": 4, "V": 2, "O": 11}, {"Bi": 3, "V": 5, "O": -2}),
        ({"Ce": 0.8, "Gd": 0.2, "O": 1.9}, {"Ce": 4, "Gd": 3, "O": -2}),
    ],
)
def test_charges_that_chemists_write(amounts, charges):
    best = guess_charges(amounts)[0]
    assert best.charges == charges
    assert best.mixed is None


@pytest.mark.parametrize(
    ("amounts", "element", "mean"),
    [
        ({"Na": 0.5, "Co": 1, "O": 2}, "Co", 3.5),
        ({"Li": 0.5, "Mn": 2, "O": 4}, "Mn", 3.75),
        ({"Fe": 3, "O": 4}, "Fe", 8 / 3),
        ({"La": 2, "Ni": 1, "O": 4.12}, "Ni", 2.24),
    ],
)
def test_mixed_valence_is_a_mean_charge_between_two_states(amounts, element, mean):
    best = guess_charges(amounts)[0]
    assert best.charges[element] == pytest.approx(mean)
    symbol, low, high = best.mixed
    assert symbol == element
    assert low < mean < high
    assert {low, high} <= set(frequencies(element))


def test_what_contradicts_itself_has_no_guess():
    assert guess_charges({"Li": 2.01, "Br": 1, "O": 1}) == []
    nearest = least_charge_per_ion({"Li": 2.01, "Br": 1, "O": 1})
    assert nearest.charges == {"Li": 1, "Br": -1, "O": -2}
    assert nearest.charge_per_ion_e == pytest.approx(-0.247, abs=1e-3)


def test_amounts_of_an_ordered_crystal_are_exact():
    assert guess_charges({"Na": 0.99, "Cl": 1.0})[0].charges == {"Na": 1, "Cl": -1}
    assert guess_charges({"Na": 0.99, "Cl": 1.0}, refined=False) == []


@settings(max_examples=50, deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(["Li", "Na", "Fe", "Ti", "P", "S", "O", "Cl", "La"]), st.integers(1, 12), min_size=2
    )
)
def test_guesses_are_nearly_neutral_and_sorted(amounts):
    guesses = guess_charges(amounts)
    ions = sum(amounts.values())
    for guess in guesses:
        charge = math.fsum(amounts[one] * q for one, q in guess.charges.items())
        assert abs(charge / ions) <= MOST_CHARGE_PER_ION_E + 1e-9
        assert charge / ions == pytest.approx(guess.charge_per_ion_e, abs=1e-9)
    shares = [guess.probability for guess in guesses]
    assert shares == sorted(shares, reverse=True)
    assert sum(shares) <= 1 + 1e-9


def test_an_anion_has_a_mean_charge_only_where_nothing_else_is_nearly_neutral():
    [best, *_] = guess_charges({"Na": 1.5, "P": 1, "S": 4})
    assert best.mixed == ("S", -2, -1)
    assert best.mixed_anion
    for sodium in (2.4, 2.7, 2.99):
        assert not any(guess.mixed_anion for guess in guess_charges({"Na": sodium, "P": 1, "S": 4}))
    assert not guess_charges({"Na": 0.5, "Co": 1, "O": 2})[0].mixed_anion


@pytest.mark.parametrize(
    ("amounts", "element", "charge"),
    [
        ({"Ag": 1.8, "S": 1}, "Ag", 1),
        ({"Ag": 7.4, "Ge": 1, "Se": 6}, "Ag", 1),
        ({"Cu": 5.8, "P": 1, "S": 5, "Br": 1}, "Cu", 1),
        ({"Cu": 0.5, "Ti": 1, "S": 2}, "Cu", 1),
        ({"La": 2, "Cu": 0.98, "O": 4}, "Cu", 2),
        ({"Ag": 0.5, "F": 1}, "Ag", 2),
        ({"Cu": 1.75, "S": 1}, "Cu", 2 / 1.75),
    ],
)
def test_silver_and_copper_that_move_are_one_plus_unless_nothing_else_is_nearly_neutral(amounts, element, charge):
    assert guess_charges(amounts, vacant=[element])[0].charges[element] == pytest.approx(charge)


def test_without_vacancies_copper_may_be_of_mixed_valence():
    assert guess_charges({"Cu": 5.8, "P": 1, "S": 5, "Br": 1})[0].mixed == ("Cu", 1, 2)
