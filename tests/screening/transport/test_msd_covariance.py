import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from screening.transport.msd_covariance import MSDCurve, fit_curve, msd_covariance

NONE = np.empty(0)


def test_covariance_of_a_walk_with_noise_equals_brute_force():
    rng = np.random.default_rng(0)
    frames, step, noise, lags = 40, 0.5, 0.8, np.array([1, 3, 8])
    walks = rng.normal(0, step**0.5, (40000, frames)).cumsum(axis=1) + rng.normal(
        0, (noise / 2) ** 0.5, (40000, frames)
    )
    msd = np.stack([((walks[:, lag:] - walks[:, :-lag]) ** 2).mean(axis=1) for lag in lags])
    np.testing.assert_allclose(msd.mean(axis=1), noise + step * lags, rtol=0.02)
    curve = MSDCurve(noise, step, NONE, NONE).values(16)
    np.testing.assert_allclose(np.cov(msd), msd_covariance(lags, frames, curve), rtol=0.05)


def test_covariance_of_a_walk_with_time_equals_brute_force():
    rng = np.random.default_rng(1)
    frames, step, time, amplitude, lags = 40, 0.3, 4.0, 2.0, np.array([1, 3, 8])
    keep = np.exp(-1 / time)
    cage = np.empty((40000, frames))
    cage[:, 0] = rng.normal(0, (amplitude / 2) ** 0.5, 40000)
    for frame in range(1, frames):
        cage[:, frame] = keep * cage[:, frame - 1] + rng.normal(0, (amplitude / 2 * (1 - keep**2)) ** 0.5, 40000)
    walks = rng.normal(0, step**0.5, (40000, frames)).cumsum(axis=1) + cage
    msd = np.stack([((walks[:, lag:] - walks[:, :-lag]) ** 2).mean(axis=1) for lag in lags])
    curve = MSDCurve(0.0, step, np.array([time]), np.array([amplitude])).values(16)
    np.testing.assert_allclose(msd.mean(axis=1), curve[lags], rtol=0.02)
    # 40,000 walks: variances to about 1 %, the smallest covariances (correlation 0.34) to about 3 %.
    np.testing.assert_allclose(np.cov(msd), msd_covariance(lags, frames, curve), rtol=0.09)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000), st.integers(3, 12))
def test_covariance_is_positive_definite_whatever_the_msd(seed, count):
    rng = np.random.default_rng(seed)
    lags = np.unique(np.geomspace(1, 60, count).astype(int))
    msd = rng.uniform(0.1, 5.0, len(lags))
    curve = fit_curve(lags, msd, np.geomspace(1, 30, 5)).values(2 * int(lags[-1]))
    covariance = msd_covariance(lags, 240, curve)
    assert np.linalg.eigvalsh(covariance).min() > 0
    np.testing.assert_array_equal(covariance, covariance.T)


def test_fit_recovers_a_curve():
    lags = np.unique(np.geomspace(1, 200, 30).astype(int))
    true = MSDCurve(0.4, 0.05, np.array([3.0, 30.0]), np.array([2.0, 1.0]))
    found = fit_curve(lags, true.values(200)[lags], true.times)
    np.testing.assert_allclose(found.amplitudes, true.amplitudes, rtol=1e-6)
    assert found.slope == pytest.approx(true.slope)
    np.testing.assert_allclose(found.values(200)[lags], true.values(200)[lags], rtol=1e-3)
