import numpy as np
import pytest

from screening.transport.displacement import displacements
from screening.transport.msd_covariance import MSDCurve
from screening.transport.slope import _relaxation_prior, _seen_to_relax, fit_range, long_time_slope

LAGS = np.unique(np.geomspace(5, 1000, 30).astype(int))
FRAMES, IONS = 2000, 30


def estimate(msd, **options):
    return long_time_slope(LAGS, FRAMES, msd, **{"tracks": 3 * IONS, "ions": IONS} | options)


def test_an_exact_line_has_its_slope():
    found = estimate(0.7 + 0.045 * LAGS)
    assert found.value == pytest.approx(0.045, rel=1e-6)
    assert found.weights @ np.ones(len(LAGS)) == pytest.approx(0, abs=1e-9)
    assert found.weights @ LAGS == pytest.approx(1)


@pytest.mark.parametrize(("time", "bias"), [(3.0, 0.01), (15.0, 0.01), (50.0, 0.03), (250.0, 0.12)])
def test_what_relaxes_is_taken_out(time, bias):
    # The slope at the shortest lag is too high by 4.5 / time, which is 33, 6.7, 2 and 0.4 times the true one.
    found = estimate(0.7 + 0.045 * LAGS + 4.5 * (1 - np.exp(-LAGS / time)))
    assert found.value == pytest.approx(0.045, rel=bias)


def test_a_plateau_has_no_slope():
    found = estimate(9.0 * (1 - np.exp(-LAGS / 30)))
    assert abs(found.value) < 0.03 * 9.0 / 1000


def test_fast_diffusion_is_not_doubted():
    # Of ions that go many hops within the relaxation times, hops back and forth are a small part.
    slow, fast = (estimate(0.7 + slope * LAGS) for slope in (0.01, 1.0))
    assert slow.doubt / slow.value**2 > 2 * fast.doubt / fast.value**2
    assert fast.scatter / fast.value**2 < 0.5 * slow.scatter / slow.value**2


def test_ions_that_left_but_went_few_hops_are_doubted_more():
    far, near = 0.15, 0.005
    usual, doubted = ([estimate(0.7 + s * LAGS, seen_to_lead_on=on).doubt for s in (far, near)] for on in (False, True))
    assert doubted[0] == usual[0]
    assert doubted[1] > 1.5 * usual[1]


def test_the_truth_lies_between_runs_with_and_without_hops_that_are_taken_back_late():
    # Two hops in the run, with and without hops that are taken back after half of it: the truth lies between.
    plain = 0.7 + 0.009 * LAGS
    late = plain + 4.5 * (1 - np.exp(-LAGS / 1000))
    without, found = (estimate(msd, seen_to_lead_on=True).value for msd in (plain, late))
    assert 0.8 * 0.009 < without < 0.009 < found < estimate(late).value


def test_what_relaxes_late_comes_in_gradually():
    times = np.array([100.0, 250.0, 2**0.5 * 250, 500.0, 1000.0])
    means, deviations = _relaxation_prior(times, FRAMES)
    assert means == pytest.approx(0.279 * np.array([0, 0, 0.5, 1, 1]), abs=1e-3)
    assert deviations**2 == pytest.approx([1, 1, 0.636, 0.272, 0.272], abs=1e-3)


def test_what_is_seen_to_relax_widens_the_prior_of_neighbouring_times_only():
    times = np.array([25.0, 50.0, 100.0, 200.0, 400.0, 800.0])
    curve = MSDCurve(0.1, 0.01, times, np.array([0.0, 0.0, 12.0, 3.0, 0.0, 40.0]))
    assert _seen_to_relax(curve, 500.0).tolist() == [0, 12, 15, 15, 3, 0]
    assert _seen_to_relax(curve, 100.0).tolist() == [0, 12, 12, 12, 0, 0]
    assert _seen_to_relax(MSDCurve(0.1, 0.01, times[:1], np.array([5.0])), 500.0).tolist() == [5]


def test_more_than_one_hop_that_is_taken_back_is_seen():
    # Of 18 A^2 that relax in a tenth of the run the usual prior, 4.5 A^2 wide, leaves too much in the slope.
    msd = 0.7 + 0.0225 * LAGS + 18 * (1 - np.exp(-LAGS / 200))
    by_ion = np.tile(msd, (IONS, 1))
    found, collective = estimate(msd, by_ion=by_ion), estimate(msd)
    assert abs(found.value / 0.0225 - 1) < 0.5 * abs(collective.value / 0.0225 - 1)
    assert found.doubt > collective.doubt
    line = 0.7 + 0.0225 * LAGS
    assert estimate(line, by_ion=np.tile(line, (IONS, 1))).doubt == pytest.approx(estimate(line).doubt)


def test_differences_between_ions_count():
    msd = 0.7 + 0.045 * LAGS
    same = estimate(msd, by_ion=np.tile(msd, (IONS, 1)))
    half = np.repeat([0.0, 2.0], IONS // 2)[:, None] * 0.045 * LAGS + 0.7
    assert estimate(msd, by_ion=half).scatter > 1.3 * same.scatter


def test_ions_that_move_together_are_fewer():
    msd = 0.7 + 0.045 * LAGS
    alone, found = estimate(msd), estimate(msd, together=3.0)
    assert found.scatter / found.few == pytest.approx(3 * alone.scatter, rel=0.1)
    # Student's t of 12 groups, 30 ions and 10 of the model in threes, against that of 40.
    assert found.few == pytest.approx((2.17 / 2.02) ** 2, rel=0.01)
    assert alone.few == 1.0


def test_the_fit_begins_beyond_the_oscillations_of_the_lattice():
    moved = displacements(np.random.default_rng(0).normal(size=(3, 3, 2000)).cumsum(axis=2), 10.0)
    assert moved.lag_ps[fit_range(moved)][0] >= 0.5
    assert moved.lag_ps[fit_range(moved)][-1] == pytest.approx(10, rel=0.01)
    short = displacements(np.zeros((3, 3, 4)), 100.0)
    assert fit_range(short) == slice(0, len(short.lag_ps))


def test_few_lags_give_the_slope_through_zero():
    found = long_time_slope(np.array([1, 2]), 5, np.array([0.1, 0.3]), tracks=9.0, ions=3)
    assert found.value == pytest.approx(0.15)
    assert found.scatter > 0
