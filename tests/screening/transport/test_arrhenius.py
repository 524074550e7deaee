import numpy as np
import pytest
from scipy import optimize, special, stats

from ewald.constants import BOLTZMANN_eV_K
from screening.campaign.stages import VerdictRule
from screening.estimated import Estimate
from screening.transport.arrhenius import _root, fit_arrhenius, gamma_of, judged_conductivity
from screening.transport.conductivity import TransportResult


def estimate(mean, events):
    shape = events + 0.5
    low, high = stats.gamma.ppf([0.025, 0.975], shape, scale=mean / shape)
    return Estimate(mean=mean, low95=low, high95=high)


def sigma_at(temperature_K, activation_eV=0.25, prefactor=1e6):
    return prefactor / temperature_K * np.exp(-activation_eV / (BOLTZMANN_eV_K * temperature_K))


def result(temperature_K, sigma, **changes):
    values = {
        "species": "Na",
        "temperature_K": temperature_K,
        "D_cm2_s": sigma,
        "tensor_cm2_s": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
        "eigenvalues_cm2_s": (1, 1, 1),
        "D_charge_cm2_s": None,
        "haven_ratio": None,
        "sigma_mS_cm": sigma,
        "sigma_charge_mS_cm": None,
        "warnings": (),
        "length_ps": 100,
        "equilibration_ps": 0,
        "frames": 1000,
        "mobile_ions": 24,
        "hops_per_ion": 3,
        "framework_msd_A2": 0.1,
    }
    return TransportResult(**(values | changes))


def test_gamma_of_an_estimate_is_the_one_it_came_from():
    for events in (0.0, 3.0, 40.0, 1e4):
        shape, scale = gamma_of(estimate(2.5, events))
        assert shape == pytest.approx(events + 0.5, rel=1e-3)
        assert shape * scale == pytest.approx(2.5)


@pytest.mark.parametrize("share", [1e-6, 0.3, 0.9])
def test_a_root_is_that_of_scipy(share):
    def excess(count):
        return count / float(special.gammaincinv(count + 1, 0.975)) - share

    assert _root(excess, 0.0, 1e4) == pytest.approx(optimize.brentq(excess, 0.0, 1e4), rel=1e-9, abs=1e-11)
    assert _root(lambda x: -excess(x), 0.0, 1e4) == pytest.approx(_root(excess, 0.0, 1e4))


def test_exact_data_give_the_exact_line():
    temperatures = (500.0, 600.0, 800.0)
    fit = fit_arrhenius(temperatures, [estimate(sigma_at(t), 1e6) for t in temperatures], 300.0)
    assert fit.activation_energy_eV.mean == pytest.approx(0.25, abs=1e-3)
    assert fit.sigma_mS_cm.mean == pytest.approx(sigma_at(300), rel=0.02)
    assert fit.extrapolated


def test_runs_without_hops_stay_small_at_lower_temperatures():
    # Jeffreys' posterior of no hop: without activation energies below zero left out, 300 K could be anything.
    none = Estimate(mean=0.5, low95=0.0005, high95=2.5)
    fit = fit_arrhenius([600.0, 900.0], [none, none], 300.0)
    assert fit.activation_energy_eV.low95 > 0
    assert np.mean(fit.samples_mS_cm > 10) < 0.001


def test_a_conductivity_that_falls_with_temperature_is_kept_as_it_is():
    falling = [Estimate(mean=m, low95=0.95 * m, high95=1.05 * m) for m in (10.0, 1.0)]
    assert fit_arrhenius([600.0, 900.0], falling, 300.0).activation_energy_eV.high95 < 0


def test_interval_of_the_extrapolation_covers_the_truth():
    rng = np.random.default_rng(0)
    temperatures, events, covered = (600.0, 750.0, 900.0), 40, 0
    for seed in range(200):
        seen = [estimate(sigma_at(t) * rng.poisson(events) / events, events) for t in temperatures]
        interval = fit_arrhenius(temperatures, seen, 300.0, seed).sigma_mS_cm
        covered += interval.low95 <= sigma_at(300) <= interval.high95
    assert 0.90 <= covered / 200 <= 0.99


def test_extrapolation_is_wider_than_interpolation():
    temperatures = (500.0, 600.0, 800.0)
    seen = [estimate(sigma_at(t), 30) for t in temperatures]
    inside, outside = fit_arrhenius(temperatures, seen, 600.0), fit_arrhenius(temperatures, seen, 300.0)
    assert not inside.extrapolated
    width = [fit.sigma_mS_cm.high95 / fit.sigma_mS_cm.low95 for fit in (inside, outside)]
    assert width[1] > 2 * width[0]


def test_one_temperature_is_no_line():
    with pytest.raises(ValueError, match="two temperatures"):
        fit_arrhenius([600, 600], [estimate(1, 10)] * 2)


def test_the_run_at_the_threshold_is_taken_as_it_is():
    runs = [result(t, estimate(sigma_at(t), 50)) for t in (300.0, 600.0)]
    judged = judged_conductivity(runs, VerdictRule())
    assert judged.estimate == runs[0].sigma_mS_cm
    assert judged.temperature_K == 300
    assert judged.note == ""


def test_several_hot_runs_are_extrapolated_and_say_so():
    runs = [result(t, estimate(sigma_at(t), 500)) for t in (500.0, 600.0, 800.0)]
    judged = judged_conductivity(runs, VerdictRule())
    assert "extrapolated by Arrhenius from 500, 600, 800 K" in judged.note
    assert judged.estimate.low95 < sigma_at(300) < judged.estimate.high95
    assert judged_conductivity(runs, VerdictRule()) == judged


def test_rule_without_temperature_judges_the_coldest_run():
    runs = [result(t, estimate(sigma_at(t), 50)) for t in (800.0, 600.0)]
    assert judged_conductivity(runs, VerdictRule(temperature_K=None)).temperature_K == 600


def test_charge_rule_without_charge_diffusivity_is_unknown():
    rule = VerdictRule(temperature_K=None, conductivity="charge")
    assert judged_conductivity([result(600.0, estimate(5, 50))], rule).probability_above is None
    with_charge = result(600.0, estimate(5, 50), sigma_charge_interval_mS_cm=estimate(0.1, 50))
    assert judged_conductivity([with_charge], rule).probability_above < 1e-3


def test_an_unsound_run_bounds_from_above():
    judged = judged_conductivity([result(300.0, estimate(5, 50), sound=False)], VerdictRule())
    assert judged.upper_bound_only
    assert "rule the candidate out but not in" in judged.note


@pytest.mark.parametrize(
    ("temperatures", "tracer_at", "charge_at"),
    [
        ((300.0,), (300.0, 300.0, 300.0), (300.0, 300.0, 300.0)),
        ((1000.0,), (1000.0, 1000.0, 1000.0), (1000.0, 1000.0, 1000.0)),
        ((600.0, 900.0), (300.0, 700.0, 600.0), (600.0, 600.0, 600.0)),
        ((250.0, 600.0), (300.0, 700.0, 250.0), (250.0, 600.0, 250.0)),
        ((600.0, 600.0), (600.0, 600.0, 600.0), (600.0, 600.0, 600.0)),
        ((300.2, 900.0), (300.2, 700.0, 300.2), (300.2, 900.0, 300.2)),
    ],
)
def test_judged_where_a_run_is_or_two_lead_there_else_at_the_nearest_run(temperatures, tracer_at, charge_at):
    # The charge diffusivity of these runs is not known, so that none of them leads anywhere else.
    runs = [result(t, estimate(sigma_at(t), 50)) for t in temperatures]
    for kind, expected in (("tracer", tracer_at), ("charge", charge_at)):
        rules = [VerdictRule(temperature_K=wanted, conductivity=kind) for wanted in (300.0, 700.0, None)]
        assert tuple(judged_conductivity(runs, rule).temperature_K for rule in rules) == expected


def test_no_run_is_nothing_to_judge():
    with pytest.raises(ValueError, match="at least one"):
        judged_conductivity((), VerdictRule())


def bound(high, mean=0.0, why="no hop"):
    return Estimate(mean=mean, low95=0.0, high95=high, bound=why)


def at_most(temperature_K, estimate):
    return result(temperature_K, estimate, sound=False)


def test_a_bound_is_tested_as_a_count_against_a_rate():
    # No hop: the upper end of Jeffreys' interval is 2.51 events, and exp(-2.3) is a tenth.
    shape, scale = gamma_of(bound(2.512))
    assert (shape, scale) == (1, pytest.approx(1.0, rel=1e-3))
    for count in (0, 3, 12):
        high = stats.chi2.ppf(0.975, 2 * count + 2) / 2
        assert gamma_of(bound(high, float(count), "caged")) == pytest.approx((count + 1, 1.0), rel=1e-6)


def test_a_run_with_only_a_bound_can_fail_and_never_pass():
    for threshold, chance in ((1.0, 0.37), (10.0, 5e-5)):
        rule = VerdictRule(temperature_K=None, threshold_mS_cm=threshold)
        judged = judged_conductivity([at_most(600.0, bound(2.512))], rule)
        assert judged.upper_bound_only
        assert judged.surely_above == 0
        assert judged.maybe_above == pytest.approx(chance, rel=0.1)


def test_runs_without_a_hop_have_no_line():
    runs = [at_most(t, bound(2.0)) for t in (600.0, 750.0, 900.0)]
    judged = judged_conductivity(runs, VerdictRule())
    assert judged.estimate.bound == "no hop"
    assert judged.estimate.mean == 0
    # Three runs that saw nothing say three times as much as one.
    assert judged.estimate.high95 == pytest.approx(2.0 / 3)
    assert judged.maybe_above == pytest.approx(judged_conductivity(runs[:1], VerdictRule()).maybe_above ** 3)
    assert "there is no activation energy" in judged.note
    assert " eV" not in judged.note


def test_bounds_that_rest_on_events_are_not_added_up():
    # 100 events each: together they say little more than one, and nothing below what was counted.
    many = bound(stats.chi2.ppf(0.975, 202) / 2, 100.0, "long-range diffusion not established")
    runs = [at_most(t, many) for t in (600.0, 900.0)]
    judged = judged_conductivity(runs, VerdictRule())
    assert judged.estimate.high95 == pytest.approx(stats.chi2.ppf(0.975, 402) / 4, rel=1e-3)
    assert judged.maybe_above > 0.999
    # A hot run that saw much does not loosen the bound of a cold one that saw nothing.
    cold = judged_conductivity([at_most(600.0, bound(2.0)), at_most(900.0, many)], VerdictRule())
    assert cold.estimate.high95 == pytest.approx(2.0)


def test_a_bound_below_one_value_bounds_the_extrapolation():
    runs = [at_most(600.0, bound(1.0)), result(900.0, estimate(sigma_at(900.0), 50))]
    judged = judged_conductivity(runs, VerdictRule())
    assert judged.upper_bound_only
    assert judged.estimate.bound == "no hop"
    # A line through the bound and the value, extrapolated: sigma T falls as fast again below 600 K.
    slope = np.log(sigma_at(900.0) * 900 / (1.0 * 600)) / (1 / 600 - 1 / 900)
    line = 1.0 * 600 / 300 * np.exp(-slope * (1 / 300 - 1 / 600))
    assert line < judged.estimate.high95 < 6 * line
    assert " eV" not in judged.note


def test_a_bound_beside_two_values_only_takes_lines_away():
    values = [result(t, estimate(sigma_at(t), 20)) for t in (750.0, 900.0)]
    without = judged_conductivity(values, VerdictRule())
    idle = judged_conductivity([*values, at_most(600.0, bound(1e6))], VerdictRule())
    tight = judged_conductivity([*values, at_most(600.0, bound(2 * sigma_at(600.0)))], VerdictRule())
    assert idle.estimate.high95 == pytest.approx(without.estimate.high95, rel=0.1)
    assert tight.estimate.high95 < 0.8 * without.estimate.high95
    assert tight.estimate.bound is None
    assert not tight.upper_bound_only
    assert "at 600 K only an upper bound is known" in tight.note


def test_colder_runs_with_only_a_bound_say_nothing_of_hotter_ones():
    judged = judged_conductivity([at_most(t, bound(1.0)) for t in (200.0, 250.0)], VerdictRule(threshold_mS_cm=1e6))
    assert judged.upper_bound_only
    assert judged.lower_bound_only


#: Of the runs of `result`, whose diffusivity in cm2/s has the number of their conductivity in mS/cm.
PREFACTOR = 1e-3


def test_a_line_of_which_one_run_can_only_rule_out_says_which():
    runs = [result(500.0, estimate(sigma_at(500.0), 50), sound=False), result(800.0, estimate(sigma_at(800.0), 50))]
    judged = judged_conductivity(runs, VerdictRule(threshold_mS_cm=1e-6))
    assert judged.upper_bound_only
    assert "at 500 K can rule it out but not in" in judged.note
    assert (
        "rule it out"
        not in judged_conductivity([run.model_copy(update={"sound": True}) for run in runs], VerdictRule()).note
    )


def test_a_least_prefactor_carries_a_bound_to_a_colder_threshold():
    runs = [at_most(600.0, bound(1e-6)), at_most(800.0, bound(2e-6))]
    plain = judged_conductivity(runs[:1], VerdictRule(threshold_mS_cm=1e-7))
    rule = VerdictRule(threshold_mS_cm=1e-7, least_prefactor_cm2_s=PREFACTOR)
    judged = judged_conductivity(runs[:1], rule)
    assert plain.probability_above == pytest.approx(float(stats.gamma.sf(1e-7, *as_gamma(bound(1e-6)))), rel=0.01)
    # The slow way: of all lines with at least this prefactor that stay below the bound at 600 K, the highest at 300 K.
    prefactors, energies = np.meshgrid(PREFACTOR * 600 * np.logspace(0, 3, 301), np.linspace(0, 1, 4001))
    seen = prefactors * np.exp(-energies / (BOLTZMANN_eV_K * 600.0)) / 600.0
    wanted = prefactors * np.exp(-energies / (BOLTZMANN_eV_K * 300.0)) / 300.0
    assert judged.estimate.high95 == pytest.approx(wanted[seen <= 1e-6].max(), rel=0.02)
    assert "prefactor of at least 0.001 cm2/s" in judged.note
    assert judged_conductivity(runs, rule).estimate.high95 < judged.estimate.high95
    assert judged.upper_bound_only


def test_a_least_prefactor_never_weakens_a_bound():
    # A prefactor that is itself below the bound forbids nothing: conductivity still grows with temperature.
    run = at_most(600.0, bound(1.0))
    loose = judged_conductivity([run], VerdictRule(least_prefactor_cm2_s=1e-12))
    assert loose.estimate.high95 == pytest.approx(1.0)


def test_lines_of_too_small_a_prefactor_are_left_out():
    temperatures = (500.0, 600.0)
    seen = [estimate(sigma_at(t), 8) for t in temperatures]
    free = fit_arrhenius(temperatures, seen, 300.0)
    held = fit_arrhenius(temperatures, seen, 300.0, least_prefactor_mS_K_cm=1e5)
    # Flat lines are those of small prefactors, and reach highest at 300 K.
    assert held.sigma_mS_cm.high95 < 0.8 * free.sigma_mS_cm.high95
    assert held.sigma_mS_cm.low95 <= sigma_at(300) <= held.sigma_mS_cm.high95
    none = fit_arrhenius(temperatures, seen, 300.0, least_prefactor_mS_K_cm=1e30)
    assert none.sigma_mS_cm == free.sigma_mS_cm


def as_gamma(value):
    shape, scale = gamma_of(value)
    return shape, 0, scale
