import numpy as np
import pytest

from screening.prior.bounds import excess, expected_below


@pytest.mark.parametrize(("bound", "mean", "deviation"), [(-10, -9, 1.5), (-8, -12, 1), (-10, -6, 2)])
def test_the_mean_below_a_bound_equals_that_of_drawn_numbers(bound, mean, deviation):
    drawn = np.random.default_rng(1).normal(mean, deviation, 2_000_000)
    found = expected_below(np.array([bound]), np.array([mean]), deviation)
    assert found[0] == pytest.approx(drawn[drawn < bound].mean(), abs=0.02)


def test_far_above_the_bound_the_mean_stays_finite_and_below_it():
    found = expected_below(np.array([-10.0]), np.array([100.0]), 0.5)
    assert -11 < found[0] <= -10


def test_a_prediction_below_a_bound_is_no_error():
    predicted, measured = np.array([-12.0, -9.0, -9.0]), np.array([-10.0, -10.0, -8.0])
    assert excess(predicted, measured, np.array([True, True, False])) == pytest.approx([0, 1, 1])
