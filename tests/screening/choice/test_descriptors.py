import numpy as np
import pytest

from screening.choice.descriptors import campaign_descriptors
from screening.choice.surrogate import distances

AMOUNTS = [
    {"Na": 3, "Sb": 1, "S": 4},
    {"Na": 24, "Sb": 8, "S": 32},
    {"Na": 2.5, "Sb": 0.5, "W": 0.5, "S": 4},
    {"Na": 2.5, "Sb": 0.5, "Mo": 0.5, "S": 4},
    {"Na": 2.5, "Sb": 1, "S": 3.5, "Cl": 0.5},
]


def test_multiples_of_a_formula_are_the_same_and_like_dopants_near():
    apart = distances(campaign_descriptors(AMOUNTS, ["Na"] * 5))
    assert apart[0, 1] == pytest.approx(0, abs=1e-12)
    assert max(apart[2, 3], apart[2, 0]) < apart[2, 4]


def test_one_composition_alone_has_finite_descriptors():
    assert np.isfinite(campaign_descriptors(AMOUNTS[:1], ["Na"])).all()
