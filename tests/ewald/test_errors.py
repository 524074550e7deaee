"""The one hierarchy of errors, and the one line that a user reads."""

import ast
import re
from pathlib import Path

import ewald.errors

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
