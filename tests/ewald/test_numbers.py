"""How numbers are written: the value is found again in the text, whatever its size."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ewald.numbers import LARGE, beside, core_hours, count, counted, duration, exact_count, significant

SECONDS = {"s": 1, "min": 60, "h": 3600, "d": 86400}


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0 s"), (0.02, "< 1 s"), (12, "12 s"), (59.6, "1 min 0 s"), (95, "1 min 35 s"), (7200, "2 h 0 min"),
     (86399, "23 h 59 min"), (9e6, "104 d 4 h"), (None, "–")],
)  # fmt: skip
def test_durations(seconds, text):
    assert duration(seconds) == text


@given(st.floats(0.5, 1e10))
def test_a_duration_is_right_to_its_last_unit(seconds):
    parts = re.findall(r"(\d+) (\w+)", duration(seconds))
    said_s = sum(int(number) * SECONDS[unit] for number, unit in parts)
    assert said_s - 0.5 <= seconds < said_s + max(SECONDS[parts[-1][1]], 0.5001)
    assert all(int(number) < 60 for number, _ in parts[1:])


@pytest.mark.parametrize(("seconds", "text"), [(36, "0.01"), (360_000, "100"), (3.6e9, "1,000,000")])
def test_core_hours(seconds, text):
    assert core_hours(seconds) == f"{text} core hours"


@pytest.mark.parametrize(
    ("number", "text"),
    [(2024, "2,024"), ("41544717423488051136", "4.15e19"), ("19999999999999", "2.00e13"), (None, "not counted")],
)
def test_counts(number, text):
    assert count(number, "not counted") == text


@given(st.integers(0, 10**400))
def test_a_count_of_any_size_is_right_to_three_digits(number):
    text = count(number)
    assert text == count(str(number))
    if number < LARGE:
        assert int(text.replace(",", "")) == number
    else:
        mantissa, power = text.split("e")
        said = int(mantissa.replace(".", "")) * 10 ** (int(power) - 2)
        assert abs(said - number) * 2 <= 10 ** (int(power) - 2)


@given(st.integers(0, 10**400))
def test_an_exact_count_keeps_every_digit(number):
    assert int(exact_count(number).split(" ")[0].replace(",", "")) == number


@given(st.floats(1e-300, 1e300), st.integers(1, 6))
def test_significant_digits_are_kept(value, digits):
    assert float(significant(value, digits)) == float(f"{value:.{digits}g}")


def test_what_is_no_finite_number_is_written_as_such():
    assert [significant(value) for value in (float("nan"), float("inf"))] == ["nan", "inf"]
    assert beside(float("nan"), 0.5) == "nan"


@given(limit=st.floats(1e-3, 1e3).map(lambda value: float(f"{value:.3g}")), change=st.floats(-0.1, 0.1))
def test_a_number_beside_its_limit_is_on_its_side_of_it(limit, change):
    value = limit * (1 + change)
    text = beside(value, limit)
    if abs(change) > 1e-6:
        assert (float(text) > limit) is (value > limit)
        assert float(text) != limit


def test_one_thing_is_singular():
    assert [counted(n, "row") for n in (0, 1, 2)] == ["0 rows", "1 row", "2 rows"]
