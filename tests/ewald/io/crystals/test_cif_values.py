"""Numbers of CIFs."""

import math

import pytest

from ewald.io.crystals.cif_values import coordinate, decimals, number


@pytest.mark.parametrize(
    ("text", "value"),
    [("1", 1), (".25", 0.25), ("0.25(3)", 0.25), ("0.25 (3)", 0.25), ("1.(2)", 1), ("-1/2", -0.5), ("+2/3", 2 / 3),
     ("0,5", 0.5), ("5.0E-1", 0.5), ("0.2500()", 0.25)],
)  # fmt: skip
def test_numbers(text, value):
    assert number(text) == pytest.approx(value)


@pytest.mark.parametrize("text", ["?", ".", "", "1/0", "1,2,3", "1,234.5", "x", "1_0", "inf", "nan", "1 2"])
def test_what_is_no_number(text):
    assert math.isnan(number(text))


@pytest.mark.parametrize(
    ("text", "value"),
    [("0.33", 1 / 3), ("0.3333", 1 / 3), ("0.66", 2 / 3), ("0.67", 2 / 3), ("0.167", 1 / 6), ("1.667", 5 / 3),
     ("-0.333", -1 / 3), ("0.3", 0.3), ("0.335", 0.335), ("0.3340", 0.334), ("0.33(1)", 1 / 3), ("1/3", 1 / 3)],
)  # fmt: skip
def test_thirds_are_exact_and_nothing_else_moves(text, value):
    assert coordinate(text) == pytest.approx(value, abs=1e-12)


def test_decimals():
    assert [decimals(text) for text in ("0", "0.1250(3)", "1/3", "0,5", "?")] == [0, 4, 0, 1, 0]
