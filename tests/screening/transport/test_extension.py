"""More MD goes where it narrows the conductivity at the threshold's temperature."""

import numpy as np
import pytest
from scipy import stats

from screening.campaign.stages import VerdictRule
from screening.transport.arrhenius import fit_arrhenius, judged_conductivity
from screening.transport.extension import temperatures_to_extend
from tests.screening.transport.test_arrhenius import estimate, result, sigma_at

RULE = VerdictRule()


def runs(events, length_ps=100.0, temperatures=(600.0, 900.0), **changes):
    return [
        result(t, estimate(sigma_at(t), n), length_ps=length_ps, **changes)
        for t, n in zip(temperatures, events, strict=True)
    ]


def extended(results, rule):
    return temperatures_to_extend(results, judged_conductivity(results, rule), rule)


def test_the_cold_run_with_the_long_lever_goes_on():
    assert extended(runs((50, 350)), RULE) == (600.0,)


def test_both_go_on_where_a_picosecond_of_each_is_worth_about_as_much():
    # Leverages of 4 and 3: with 9 / 16 of the events the hot run adds the same variance.
    assert extended(runs((160, 90)), RULE) == (600.0, 900.0)


def test_a_run_at_the_temperature_of_the_threshold_is_all_that_counts():
    assert extended(runs((3, 50), temperatures=(300.0, 600.0)), RULE) == (300.0,)


def test_a_run_that_gives_only_a_bound_goes_on():
    hot = result(900.0, estimate(sigma_at(900.0), 5000), sound=False)
    assert extended([*runs((20,), temperatures=(600.0,)), hot], RULE) == (600.0, 900.0)


def test_nothing_goes_on_once_the_conductivity_is_known_to_be_close():
    known = runs((4000, 30_000))
    threshold = fit_arrhenius([r.temperature_K for r in known], [r.sigma_mS_cm for r in known]).sigma_mS_cm.mean
    at_the_threshold = RULE.model_copy(update={"threshold_mS_cm": threshold})
    assert extended(known, at_the_threshold) == ()
    assert extended(known, at_the_threshold.model_copy(update={"close_factor": None})) == (600.0,)
    assert extended(known, at_the_threshold.model_copy(update={"close_factor": 1.01})) == (600.0,)


@pytest.mark.parametrize("events", [(60, 400), (200, 200), (400, 60)])
def test_the_variance_of_each_run_is_what_its_own_posterior_spreads_the_extrapolation(events):
    temperatures = (600.0, 900.0)
    fit = fit_arrhenius(temperatures, [estimate(sigma_at(t), n) for t, n in zip(temperatures, events, strict=True)])
    # Leverages by hand: 1/300 lies three spans of 1/T beyond 1/600.
    by_hand = np.array([4.0, -3.0]) ** 2 * [float(stats.loggamma(n + 0.5).var()) for n in events]
    np.testing.assert_allclose(fit.variances, by_hand, rtol=0.05)
    assert np.log(fit.samples_mS_cm).var() == pytest.approx(fit.variances.sum(), rel=0.1)
