import numpy as np
import pytest
from scipy import stats

from screening.crosscheck import kinisi_diffusivity
from screening.diffusivity import Posterior, covariance_terms, diffusivity, slope_weights, walk_covariance
from screening.displacement import displacements
from screening.framework import count_hops
from tests.screening.walks import FRAME_FS, brownian_walk, lattice_walk, rate_to_D_cm2_s


def fitted(walk):
    return diffusivity(displacements(walk, FRAME_FS), hops=count_hops(walk, FRAME_FS))


CASES = {
    "isotropic": {},
    "vibrating": {"vibration_A": 0.4},
    "anisotropic": {"axes_weight": (4.0, 1.0, 1.0), "vibration_A": 0.2},
    "pairs": {"group": 2, "vibration_A": 0.4},
    "rare": {"hops_per_ps": 0.004, "vibration_A": 0.4},
}


def coverage(case: dict, walks: int) -> tuple[float, float]:
    truth = rate_to_D_cm2_s(case.get("hops_per_ps", 0.05))
    charge_truth = truth * case.get("group", 1)
    tracer = charge = 0
    for seed in range(walks):
        found = fitted(lattice_walk(np.random.default_rng(seed), **case))
        estimate, collective = found.tracer.estimate(), found.charge.estimate()
        tracer += estimate.low95 <= truth <= estimate.high95
        charge += collective.low95 <= charge_truth <= collective.high95
    return tracer / walks, charge / walks


@pytest.mark.slow
@pytest.mark.parametrize("name", CASES)
def test_interval_covers_the_truth_as_often_as_it_says(name):
    tracer, charge = coverage(CASES[name], 200)
    assert 0.90 <= tracer <= 0.985
    assert 0.90 <= charge <= 1.0


@pytest.mark.parametrize("name", ["vibrating", "pairs"])
def test_interval_covers_the_truth_on_a_few_walks(name):
    tracer, charge = coverage(CASES[name], 30)
    assert tracer >= 26 / 30
    assert charge >= 25 / 30


@pytest.mark.parametrize("name", CASES)
def test_long_walks_give_the_diffusivity_within_five_percent(name):
    case = CASES[name] | {"hops_per_ps": 0.2, "frames": 8000, "ions": 40}
    means = [fitted(lattice_walk(np.random.default_rng(seed), **case)).tracer.estimate().mean for seed in range(3)]
    np.testing.assert_allclose(means, rate_to_D_cm2_s(0.2), rtol=0.05)


def rattling_walk(seed, *, rattles_per_ps, size_A, frames=2000):
    """A lattice walk whose ions also jump to and fro between two sites, which leads nowhere."""
    rng = np.random.default_rng(seed)
    walk = lattice_walk(rng, frames=frames, vibration_A=0.3)
    walk[:, 0] += size_A * ((rng.random((30, frames)) < rattles_per_ps * FRAME_FS / 1000).cumsum(axis=1) % 2)
    return walk


def test_jumps_to_and_fro_do_not_count_as_diffusion():
    values = [fitted(rattling_walk(seed, rattles_per_ps=0.5, size_A=1.5)) for seed in range(12)]
    truth = rate_to_D_cm2_s(0.05)
    # A fit from 1 ps on would be half as large again.
    assert np.mean([found.tracer.value for found in values]) == pytest.approx(truth, rel=0.08)
    assert min(found.start_ps for found in values) > 1.5
    intervals = [found.tracer.estimate() for found in values]
    assert sum(e.low95 <= truth <= e.high95 for e in intervals) >= 9


@pytest.mark.slow
def test_interval_covers_the_truth_in_spite_of_jumps_to_and_fro():
    truth = rate_to_D_cm2_s(0.05)
    estimates = [fitted(rattling_walk(seed, rattles_per_ps=0.5, size_A=1.5)).tracer.estimate() for seed in range(200)]
    assert sum(e.low95 <= truth <= e.high95 for e in estimates) >= 170


def test_tensor_and_eigenvalues_of_an_anisotropic_walk():
    wanted = np.array([0.12, 0.03, 0.06])
    found = fitted(brownian_walk(np.random.default_rng(3), tuple(wanted), ions=60, frames=6000))
    np.testing.assert_allclose(np.diag(found.tensor_cm2_s), wanted * 1e-4, rtol=0.06)
    np.testing.assert_allclose(found.eigenvalues_cm2_s, np.sort(wanted)[::-1] * 1e-4, rtol=0.06)
    assert np.abs(found.tensor_cm2_s - np.diag(np.diag(found.tensor_cm2_s))).max() < 0.004e-4
    assert np.trace(found.tensor_cm2_s) / 3 == pytest.approx(found.tracer.value)


@pytest.mark.parametrize("group", [1, 2, 5])
def test_haven_ratio_of_ions_that_move_in_groups(group):
    walk = lattice_walk(np.random.default_rng(1), ions=20, frames=20000, hops_per_ps=0.1, group=group)
    found = fitted(walk)
    assert found.tracer.value / found.charge.value == pytest.approx(1 / group, rel=0.12)
    interval = found.charge.estimate()
    assert interval.low95 < group * rate_to_D_cm2_s(0.1) < interval.high95


def test_interval_narrows_as_the_run_grows():
    walk = lattice_walk(np.random.default_rng(5), frames=8000, vibration_A=0.3)
    widths = []
    for frames in (500, 2000, 8000):
        estimate = fitted(walk[:, :, :frames]).tracer.estimate()
        widths.append((estimate.high95 - estimate.low95) / estimate.mean)
    assert widths[0] > 1.5 * widths[1] > 2.25 * widths[2]


def test_no_hops_give_an_upper_limit_of_a_few_hops():
    walk = np.random.default_rng(0).normal(0, 0.3, (30, 3, 1000))
    found = fitted(walk)
    estimate = found.tracer.estimate()
    assert found.tracer.events == 0
    one_hop = 9 / (6 * 30 * 99.9) * 1e-4
    assert estimate.low95 < 0.01 * one_hop
    assert one_hop < estimate.high95 < 5 * one_hop


@pytest.mark.parametrize("frames", [2, 3, 4, 7, 40])
def test_very_short_runs_do_not_crash_and_are_wide(frames):
    found = fitted(lattice_walk(np.random.default_rng(2), ions=8, frames=frames, vibration_A=0.3))
    estimate = found.tracer.estimate()
    assert np.isfinite([estimate.mean, estimate.low95, estimate.high95]).all()
    assert estimate.high95 > 2 * estimate.low95


def test_motionless_ions():
    estimate = fitted(np.zeros((4, 3, 100))).tracer.estimate()
    assert 0 <= estimate.low95 < estimate.high95 < 1e-4


def test_walk_covariance_equals_brute_force():
    rng = np.random.default_rng(0)
    frames, step, noise, lags = 40, 0.5, 0.8, np.array([1, 3, 8])
    walks = rng.normal(0, step**0.5, (40000, frames)).cumsum(axis=1) + rng.normal(
        0, (noise / 2) ** 0.5, (40000, frames)
    )
    msd = np.stack([((walks[:, lag:] - walks[:, :-lag]) ** 2).mean(axis=1) for lag in lags])
    np.testing.assert_allclose(msd.mean(axis=1), noise + step * lags, rtol=0.02)
    np.testing.assert_allclose(np.cov(msd), walk_covariance(covariance_terms(lags, frames), step, noise), rtol=0.05)


def test_weights_reproduce_an_exact_line():
    lags = np.array([2, 5, 9, 20])
    weights, variance = slope_weights(lags, 500, 0.7 + 0.25 * lags, 90)
    assert weights @ (0.7 + 0.25 * lags) == pytest.approx(0.25)
    assert weights.sum() == pytest.approx(0, abs=1e-9)
    assert variance > 0


def test_agrees_with_kinisi():
    walk = lattice_walk(np.random.default_rng(11), ions=30, frames=1500, vibration_A=0.3)
    ours, theirs = fitted(walk).tracer.estimate(), kinisi_diffusivity(walk, FRAME_FS)
    assert theirs.low95 < ours.mean < theirs.high95
    assert ours.high95 - ours.low95 < theirs.high95 - theirs.low95


def test_agrees_with_pymatgen_analysis_diffusion():
    analyzer = pytest.importorskip("pymatgen.analysis.diffusion.analyzer")
    from pymatgen.core import Lattice, Structure

    walk = lattice_walk(np.random.default_rng(4), ions=24, frames=1500, hops_per_ps=0.2)
    cell = np.eye(3) * 60.0
    start = Structure(Lattice(cell), ["Na"] * 24 + ["S"] * 4, np.linspace(0.1, 0.9, 28)[:, None] * np.ones(3))
    moved = np.concatenate([walk, np.zeros((4, 3, walk.shape[2]))]).transpose(0, 2, 1)
    theirs = analyzer.DiffusionAnalyzer(
        start, moved, "Na", temperature=600, time_step=100, step_skip=1, smoothed=False, lattices=np.array([cell])
    )
    interval = fitted(walk).tracer.estimate()
    assert interval.low95 * 0.8 < theirs.diffusivity < interval.high95 * 1.2


def test_posterior_of_counts_is_jeffreys():
    posterior = Posterior(value=10.0, events=10.0)
    assert posterior.estimate().low95 == pytest.approx(stats.gamma.ppf(0.025, 10.5))
    assert posterior.mean == pytest.approx(10.5)
    assert posterior.scaled(3.0).mean == pytest.approx(31.5)


def test_posterior_of_gaussian_displacements_is_wider_upwards():
    counted, gaussian = Posterior(1.0, 8.0), Posterior(1.0, 8.0, counted=False)
    assert gaussian.mean == 1.0
    assert gaussian.quantile(0.975) > counted.quantile(0.975)
