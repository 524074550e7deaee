"""Powder patterns."""

import math

import pytest
from pymatgen.core import Lattice, Structure

from screening.report.drawing.powder_chart import powder_chart, powder_lines

ROCK_SALT = Structure.from_spacegroup("Fm-3m", Lattice.cubic(5.6402), ["Na+", "Cl-"], [[0, 0, 0], [0.5, 0.5, 0.5]])


def test_rock_salt_has_its_known_lines():
    """Halite, PDF 5-628: 27.33 (111, 13 %), 31.69 (200, 100 %), 45.45 (220, 55 %) for Cu K alpha 1."""
    lines = dict(powder_lines(ROCK_SALT))
    strongest = max(lines, key=lines.get)
    bragg = 2 * math.degrees(math.asin(1.54184 / 5.6402))
    assert strongest == pytest.approx(bragg, abs=0.01)
    assert min(abs(x - 45.45) for x in lines) < 0.1
    assert 5 < lines[min(lines, key=lambda x: abs(x - 27.37))] < 20


def test_a_supercell_has_the_same_strong_lines():
    one = {round(x, 2) for x, y in powder_lines(ROCK_SALT) if y > 5}
    assert one == {round(x, 2) for x, y in powder_lines(ROCK_SALT * [2, 1, 1]) if y > 5}


def test_nothing_is_drawn_without_lines():
    assert powder_chart("x", []) is None
    assert "30" in str(powder_chart("x", [(30.0, 100.0)]))
