import numpy as np
import pytest
from scipy import integrate, stats

from screening.transport.slope import _log_mass, long_time_slope

LAGS = np.unique(np.geomspace(10, 500, 25).astype(int))
FRAMES, TRACKS = 2000, 90.0
STILL = np.zeros((len(LAGS), 32))


def estimate(msd, **options):
    return long_time_slope(LAGS, FRAMES, msd, STILL, TRACKS, **options)


def test_an_exact_line_has_its_slope_and_no_correlation():
    found = estimate(0.7 + 0.045 * LAGS)
    assert found.value == pytest.approx(0.045, rel=0.03)
    assert found.correlation_probability < 0.35
    assert found.weights.sum() == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize("time", [15.0, 50.0])
def test_an_exact_correlation_time_is_found_and_taken_out(time):
    found = estimate(0.7 + 0.045 * LAGS + 5.0 * (1 - np.exp(-LAGS / time)))
    assert found.value == pytest.approx(0.045, rel=0.1)
    assert found.correlation_probability > 0.99
    assert found.mean_correlation_frames == pytest.approx(time, rel=0.4)


def test_a_correlation_time_widens_the_interval():
    plain = estimate(0.7 + 0.045 * LAGS)
    remembering = estimate(0.7 + 0.045 * LAGS + 5.0 * (1 - np.exp(-LAGS / 150)))
    assert remembering.variance > 2 * plain.variance


def test_scatter_between_parts_of_the_run_counts_when_it_is_larger():
    blocks = np.random.default_rng(0).normal(0, 1.0, 32)[None] * 0.045 * LAGS[:, None]
    quiet = estimate(0.7 + 0.045 * LAGS)
    noisy = long_time_slope(LAGS, FRAMES, 0.7 + 0.045 * LAGS, blocks, TRACKS)
    assert noisy.variance > 4 * quiet.variance


def test_the_collective_slope_begins_after_the_correlation_time_of_the_tracer():
    rise = 5.0 * (1 - np.exp(-LAGS / 15))
    tracer = estimate(0.7 + 0.045 * LAGS + rise)
    collective = estimate(0.7 + 0.09 * LAGS + rise, known=tracer)
    assert collective.value == pytest.approx(0.09, rel=0.1)
    np.testing.assert_allclose(collective.weights[LAGS < 15], 0, atol=1e-12)


@pytest.mark.parametrize("limits", [(-1.0, 2.0), (3.0, 4.0), (-30.0, -12.0), (20.0, 25.0), (-0.5, 8.0)])
def test_mass_of_a_normal_distribution_far_out(limits):
    # The largest value of the density within the limits is taken out, so that nothing underflows.
    top = stats.norm.logpdf(np.clip(0.0, *limits))
    mass, _ = integrate.quad(lambda x: np.exp(stats.norm.logpdf(x) - top), *limits, limit=200)
    assert _log_mass(*limits) == pytest.approx(np.log(mass) + top, rel=1e-6)
