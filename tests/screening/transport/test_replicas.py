"""Independent runs at one temperature, taken together."""

import numpy as np
import pytest
from scipy import stats

from ewald.errors import UserError
from screening.estimated import Estimate
from screening.transport import analyse
from screening.transport.replicas import contradictions, pool_estimates, pool_replicas
from tests.screening.transport.walks import lattice_walk, rate_to_D_cm2_s, trajectory


def counted(events, exposure):
    shape = events + 0.5
    low, high = stats.gamma.ppf([0.025, 0.975], shape, scale=1 / exposure)
    return Estimate(mean=shape / exposure, low95=float(low), high95=float(high))


def test_counts_and_exposures_add_up():
    whole = counted(30, 3.0)
    pooled = pool_estimates([counted(10, 1.0), counted(20, 2.0)])
    assert pooled.mean == pytest.approx(whole.mean, rel=1e-3)
    assert pooled.low95 == pytest.approx(whole.low95, rel=1e-3)
    assert pool_estimates([whole]) is whole


def test_runs_that_disagree_widen_the_interval():
    agreeing = pool_estimates([counted(100, 1.0), counted(100, 1.0)])
    apart = pool_estimates([counted(50, 1.0), counted(150, 1.0)])
    assert apart.mean == pytest.approx(agreeing.mean, rel=0.01)
    assert apart.high95 - apart.low95 > 3 * (agreeing.high95 - agreeing.low95)


def test_intervals_cover_the_common_rate():
    rng = np.random.default_rng(0)
    inside = 0
    for _ in range(400):
        found = pool_estimates([counted(int(n), 1.0) for n in rng.poisson(12.0, 3)])
        inside += found.low95 < 12.0 < found.high95
    assert inside / 400 > 0.93


def results(count, **more):
    found = []
    for seed in range(count):
        rng = np.random.default_rng(seed)
        run = trajectory(rng, lattice_walk(rng, ions=20, frames=400, hops_per_ps=0.3, vibration_A=0.2))
        found.append(analyse(run, species="Na", temperature_K=600, **more))
    return found


def test_replicas_of_a_walk():
    single = results(4)
    pooled = pool_replicas(single)
    true = rate_to_D_cm2_s(0.3)
    assert pooled.D_cm2_s.low95 < true < pooled.D_cm2_s.high95
    widths = [r.D_cm2_s.high95 - r.D_cm2_s.low95 for r in single]
    assert pooled.D_cm2_s.high95 - pooled.D_cm2_s.low95 < 0.75 * float(np.mean(widths))
    ratio = single[0].sigma_mS_cm.mean / single[0].D_cm2_s.mean
    assert pooled.sigma_mS_cm.mean == pytest.approx(pooled.D_cm2_s.mean * ratio, rel=0.01)
    assert pooled.length_ps == pytest.approx(sum(r.length_ps for r in single))
    assert np.trace(pooled.tensor_cm2_s) == pytest.approx(sum(pooled.eigenvalues_cm2_s))
    assert pool_replicas(single[:1]) is single[0]
    with pytest.raises(UserError, match="one temperature"):
        pool_replicas([single[0], single[1].model_copy(update={"temperature_K": 700.0})])
    # Written with fewer digits it is still the same run.
    copy = single[0].model_copy(update={"msd_A2": tuple(1.0003 * value for value in single[0].msd_A2)})
    with pytest.raises(UserError, match="one run, given twice"):
        pool_replicas([single[0], single[1], copy])


def walk_of(seed, hops_per_ps):
    rng = np.random.default_rng(seed)
    run = trajectory(rng, lattice_walk(rng, ions=20, frames=400, hops_per_ps=hops_per_ps, vibration_A=0.2))
    return analyse(run, species="Na", temperature_K=600)


def test_runs_of_one_crystal_that_exclude_one_another_are_named():
    fast, slow, still = walk_of(0, 0.3), walk_of(1, 0.03), walk_of(2, 0.0)
    assert still.sigma_mS_cm.bound is not None
    for one, other in ((fast, slow), (slow, fast), (still, fast)):
        (said,) = contradictions([one], [other])
        assert said.startswith("at 600 K another run of this crystal")
        assert "two states" in said
    assert contradictions([fast], [walk_of(3, 0.3)]) == ()
    assert contradictions([fast], [slow.model_copy(update={"temperature_K": 700.0})]) == ()
    assert contradictions([fast], [slow.model_copy(update={"framework_intact": False})]) == ()
    # A bound excludes what lies above it, never what lies below.
    assert contradictions([still], [still.model_copy(update={"sigma_mS_cm": slow.sigma_mS_cm.scaled(1e-6)})]) == ()
    named = [text for text in pool_replicas([fast, still]).warnings if "two states" in text]
    assert len(named) == 1
    assert named[0].startswith("replica 2: at 600 K")


def test_runs_of_one_crystal_rarely_seem_to_exclude_one_another():
    runs = [walk_of(seed, 0.1) for seed in range(100, 180)]
    pairs = list(zip(runs[::2], runs[1::2], strict=True))
    assert sum(bool(contradictions([one], [other])) for one, other in pairs) <= 2
