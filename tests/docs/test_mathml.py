"""Formulas of the pages are written as MathML, and rightly."""

import sys
from pathlib import Path

import pytest
from docutils import nodes

sys.path.append(str(Path(__file__).parents[2] / "docs" / "_ext"))
mathml = pytest.importorskip("mathml", reason="the documentation's tools are not installed")


def written(text):
    return "".join(mathml._mathml(nodes.math(text, text), as_block=False).split())


def test_fraction_without_braces_is_that_of_its_two_digits():
    assert "<mn>1</mn><mn>2</mn></mfrac><mi>m</mi>" in written(r"\tfrac12 m")
    assert written(r"\frac1N") == written(r"\frac{1}{N}")


def test_formula_that_cannot_be_read_is_a_warning(monkeypatch):
    said = []
    monkeypatch.setattr(
        mathml.logging, "getLogger", lambda name: type("Log", (), {"warning": lambda *a, **k: said.append(a)})()
    )
    assert written(r"\frac{1}") == ""
    assert said
