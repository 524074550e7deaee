import numpy as np
import pytest

from screening.choice.surrogate import condition, distances, value_of_bound

NOTHING = {"known": np.array([], dtype=int), "values": np.array([]), "noise": np.array([])}


def line(count):
    return np.linspace(0, 1, count)[:, None]


def test_without_values_what_was_expected_stands():
    mean, deviation = np.array([1.0, 2.0, 3.0]), np.array([0.5, 1.0, 2.0])
    found = condition(distances(line(3)), mean, deviation, **NOTHING)
    assert np.array_equal(found.mean, mean)
    assert found.deviation == pytest.approx(deviation)


def test_a_value_moves_what_is_like_it_more_than_what_is_not():
    found = condition(
        distances(line(11)), np.zeros(11), np.ones(11),
        known=np.array([0]), values=np.array([2.0]), noise=np.array([0.01]),
    )  # fmt: skip
    assert found.mean[0] == pytest.approx(2, abs=0.01)
    assert (np.diff(found.mean) < 0).all()
    assert found.mean[-1] > 0  # the whole campaign may be off
    assert (np.diff(found.deviation) > 0).all()


def test_the_posterior_equals_that_of_the_joint_normal_distribution_by_drawing():
    """Draws of the prior that come near the known value, against the formula."""
    apart, deviation = distances(line(3)), np.array([1.0, 2.0, 1.5])
    prior = condition(apart, np.zeros(3), deviation, **NOTHING)
    rng = np.random.default_rng(1)
    drawn = rng.multivariate_normal(np.zeros(3), prior.covariance, 400_000)
    measured = drawn[:, 1] + 0.3 * rng.standard_normal(len(drawn))
    near = drawn[np.abs(measured - 1.5) < 0.05]
    found = condition(apart, np.zeros(3), deviation, known=np.array([1]), values=np.array([1.5]), noise=np.array([0.3]))
    assert found.mean == pytest.approx(near.mean(axis=0), abs=0.05)
    assert found.deviation == pytest.approx(near.std(axis=0), abs=0.05)


def test_a_smooth_function_is_learned_from_some_of_its_values():
    rng = np.random.default_rng(2)
    points = rng.uniform(size=(120, 2))
    truth = np.sin(6 * points[:, 0]) + points[:, 1]
    known = np.arange(60)
    found = condition(
        distances(points), np.zeros(120), np.ones(120), known=known, values=truth[known], noise=np.full(60, 0.05)
    )
    assert np.corrcoef(found.mean[60:], truth[60:])[0, 1] > 0.9


def test_draws_have_the_mean_and_the_shared_part_of_the_spread():
    found = condition(distances(line(4)), np.arange(4.0), np.ones(4), **NOTHING)
    drawn = np.array([found.draw(np.random.default_rng(seed)) for seed in range(4000)])
    assert drawn.mean(axis=0) == pytest.approx(np.arange(4.0), abs=0.06)
    assert drawn.var(axis=0) == pytest.approx(np.diag(found.learnable), abs=0.06)
    assert (np.diag(found.learnable) < np.diag(found.covariance)).all()


@pytest.mark.parametrize("bound", [-2.5, -1.0, 0.0, 1.0, 2.0])
def test_a_bound_leaves_the_mean_and_variance_of_the_distribution_cut_off_there(bound):
    mean, deviation = 0.3, 1.4
    drawn = mean + deviation * np.random.default_rng(1).standard_normal(2_000_000)
    below = drawn[drawn < bound]
    value, noise = value_of_bound(np.array([bound]), np.array([mean]), np.array([deviation]))
    weight = deviation**2 / (deviation**2 + noise[0] ** 2)
    assert mean + weight * (value[0] - mean) == pytest.approx(below.mean(), abs=0.02)
    assert deviation * np.sqrt(1 - weight) == pytest.approx(below.std(), rel=0.03)


def test_a_bound_never_raises_what_was_expected_however_far_it_is():
    bounds = np.array([-30.0, -9.0, 0.0, 5.0, 40.0])
    value, noise = value_of_bound(bounds, np.zeros(5), np.ones(5))
    moved = value / (1 + noise**2)
    assert (moved <= 1e-9).all()
    assert (np.diff(moved) > 0).all()
    assert moved[-1] == pytest.approx(0, abs=1e-6)
    assert np.isfinite(noise).all()
