"""Errors are one line: file, field, value, what is wrong, how to fix it."""

import pytest

from ewald.errors import CampaignError, IonSieveError, StructureError, UserError, install_extra


@pytest.mark.parametrize(
    ("places", "line"),
    [
        ({}, "is wrong"),
        ({"file": "a.cif"}, "a.cif: is wrong"),
        ({"field": "sites"}, "sites: is wrong"),
        ({"value": 5}, "5: is wrong"),
        ({"field": "sites", "value": "x"}, "sites = 'x': is wrong"),
        ({"file": "a", "field": "f", "value": 0, "fix": "give 1"}, "a: f = 0: is wrong (fix: give 1)"),
    ],
)
def test_the_line_holds_what_is_known(places, line):
    assert str(UserError("is wrong", **places)) == line


def test_a_message_is_one_line_and_long_values_are_cut():
    line = str(UserError("two\nlines", value="x" * 200))
    assert "\n" not in line
    assert line == "'" + "x" * 76 + "...: two lines"


def test_the_file_is_named_once_and_the_kind_stays():
    error = StructureError("no", field="f", value=1, fix="yes")
    named = error.in_file("a.cif")
    assert (type(named), str(named)) == (StructureError, "a.cif: f = 1: no (fix: yes)")
    assert named.in_file("b.cif") is named


def test_every_mistake_of_a_user_is_grouped_as_input():
    assert CampaignError("x").reason == "input"
    assert IonSieveError("x").reason is None
    assert issubclass(UserError, IonSieveError)


def test_an_extra_is_installed_from_the_source():
    assert "pip install '.[kinisi]'" in install_extra("kinisi")
