import numpy as np
import pytest

from screening.prior.descriptors import describe, descriptor_names, mixing_entropy, properties
from screening.prior.measured import composition_of_formula


def described(formula, mobile="Li", elements=()):
    values = describe(composition_of_formula(formula), mobile, elements)
    return dict(zip(descriptor_names(elements), values, strict=True))


def test_statistics_equal_those_counted_by_hand():
    found = described("Li3PS2Se2", elements=("P", "O"))
    sulfur, selenium = properties("S")[0], properties("Se")[0]
    assert found["mean_electronegativity_anions"] == pytest.approx((sulfur + selenium) / 2)
    assert found["deviation_electronegativity_anions"] == pytest.approx(abs(sulfur - selenium) / 2)
    assert found["least_electronegativity_anions"] == min(sulfur, selenium)
    assert found["largest_mass_u_cations"] == properties("P")[6]
    assert (found["mobile_per_anion"], found["mobile_per_cation"]) == pytest.approx((3 / 4, 3))
    assert (found["share_P"], found["share_O"]) == pytest.approx((1 / 8, 0))
    assert found["entropy_anions"] == pytest.approx(np.log(2))


def test_a_multiple_of_the_formula_is_the_same_composition():
    once = describe(composition_of_formula("Li6PS5Cl"), "Li", ("S",))
    assert describe(composition_of_formula("Cl4S20Li24P4"), "Li", ("S",)) == pytest.approx(once)


def test_the_ion_that_moves_is_no_cation_of_the_framework():
    assert described("NaLi2PO4", "Li")["cations"] == 2
    assert described("NaLi2PO4", "Na")["cations"] == 2
    assert described("NaLi2PO4", "Li")["share_mobile"] == 2 * described("NaLi2PO4", "Na")["share_mobile"]


@pytest.mark.parametrize("formula", ["Li3N", "Li", "LiAlF4", "Li7PuO6"])
def test_every_composition_has_finite_descriptors(formula):
    assert np.isfinite(list(described(formula).values())).all()


def test_the_entropy_of_equal_parts_is_the_logarithm_of_their_number():
    assert mixing_entropy(dict.fromkeys("ABCDE", 2.0)) == pytest.approx(np.log(5))
