"""Whole-number energies and round bins."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ewald.search.exhaustive.units import Units, nice_ceil

UNITS = Units(low_eV=-10.0, per_eV=1000.0, bin_eV=0.008, shift=3, bins=100)


@given(st.floats(-10.0, -9.2))
def test_no_configuration_up_to_a_threshold_is_above_its_number(energy_eV):
    # Rounding of base, single and pair term may add up to 1.5 units.
    highest = math.floor((energy_eV + 10.0) * 1000.0 + 1.5)
    assert UNITS.threshold(energy_eV) >= min(highest, UNITS.limit)


@pytest.mark.parametrize(("energy_eV", "number"), [(-1e9, -1), (math.inf, 800), (1e300, 800), (-10.0, 3)])
def test_thresholds_stay_in_the_range_of_the_numbers(energy_eV, number):
    assert UNITS.threshold(energy_eV) == number


@given(st.floats(1e-12, 1e12))
def test_round_numbers_enclose_a_value(value):
    low, high = 1 / nice_ceil(1 / value), nice_ceil(value)
    assert low <= value * (1 + 1e-9)
    assert high >= value * (1 - 1e-9)
    assert high <= 2.5 * low * (1 + 1e-9)
    for number in (low, high):
        mantissa = number / 10 ** math.floor(math.log10(number) + 1e-9)
        assert min(abs(mantissa - m) for m in (1, 2, 5)) < 1e-6


@pytest.mark.parametrize("value", [1.0, 0.02, 500.0])
def test_a_round_number_is_its_own_bound(value):
    assert 1 / nice_ceil(1 / value) == nice_ceil(value) == value
