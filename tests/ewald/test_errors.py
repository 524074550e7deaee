"""The one hierarchy of errors, and the one line that a user reads."""

import ast
import re
from pathlib import Path

import pytest

import ewald.errors
from ewald.errors import CampaignError, IonSieveError, StructureError, UserError, install_extra

ROOT = Path(ewald.__file__).parents[1]


def classes():
    """Yield every class of the three packages with its first base."""
    for package in ("ewald", "screening", "workflows"):
        for path in (ROOT / package).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.ClassDef) and node.bases and isinstance(node.bases[0], ast.Name):
                    yield node.name, node.bases[0].id


def test_the_tree_in_the_docstring_is_the_tree_of_the_code():
    bases = dict(classes())
    depth = {"IonSieveError": 0}
    while new := {name: depth[base] + 1 for name, base in bases.items() if base in depth and name not in depth}:
        depth |= new
    printed = re.findall(r"^    ( *)([A-Z]\w+(?:Error))\b", ewald.errors.__doc__, re.MULTILINE)
    assert {name: len(indent) // 2 for indent, name in printed} == depth


def test_a_user_error_is_one_line_with_place_value_and_fix():
    error = ewald.UserError("must be\npositive", file="c.yaml", field="T", value="x" * 100, fix="give kelvin")
    assert str(error) == f"c.yaml: T = '{'x' * 76}...: must be positive (fix: give kelvin)"
    assert error.in_file("other.yaml") is error
    assert str(ewald.StructureError("no", field="sites").in_file("a.cif")) == "a.cif: sites: no"


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
