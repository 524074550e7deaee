import resource
import time
from dataclasses import replace

import numpy as np
import pytest
from pymatgen.core import Lattice, Structure

from ewald.errors import UserError
from screening.campaign.stages import VerdictRule
from screening.decision import Verdict
from screening.trajectory.trajectory import Trajectory
from screening.transport.analysis import analyse
from screening.transport.arrhenius import judged_conductivity
from screening.transport.conductivity import TransportResult, nernst_einstein_mS_cm
from screening.transport.verdict import judge
from tests.screening.transport.walks import CELL_A, lattice_walk, rate_to_D_cm2_s, trajectory

RULE = VerdictRule(temperature_K=None)


def run(seed=0, drift=0.0, **walk):
    rng = np.random.default_rng(seed)
    return trajectory(rng, lattice_walk(rng, **walk), drift_A_per_frame=drift)


def verdict_of(result):
    return judge(judged_conductivity([result], RULE), RULE)


def test_a_whole_analysis():
    result = analyse(run(hops_per_ps=0.1, vibration_A=0.3), species="Na+", temperature_K=600)
    truth = rate_to_D_cm2_s(0.1)
    assert result.D_cm2_s.low95 < truth < result.D_cm2_s.high95
    sigma = nernst_einstein_mS_cm(result.D_cm2_s.mean, ions=30, volume_A3=CELL_A**3, temperature_K=600)
    assert result.sigma_mS_cm.mean == pytest.approx(sigma)
    assert verdict_of(result) is Verdict.PASS
    assert result.sound
    assert result.hops_per_ion == pytest.approx(10, rel=0.2)
    assert TransportResult.from_document(result.to_document()) == result


def test_the_same_seed_gives_the_same_result():
    first, second = (analyse(run(), species="Na", temperature_K=600) for _ in range(2))
    assert first == second


def test_drift_of_the_whole_cell_changes_nothing():
    still, drifting = (analyse(run(drift=d, frames=4000), species="Na", temperature_K=600) for d in (0.0, 0.05))
    assert drifting.D_cm2_s.mean == pytest.approx(still.D_cm2_s.mean, rel=1e-6)
    assert drifting.D_charge_cm2_s == pytest.approx(still.D_charge_cm2_s, rel=1e-6)


def test_a_walk_with_a_jump_missing_is_still_covered():
    # A frame that was lost between two hops shifts nothing but one displacement of one ion.
    rng = np.random.default_rng(2)
    walk = lattice_walk(rng, vibration_A=0.3, frames=1001)
    cut = np.delete(walk, 500, axis=2)
    result = analyse(trajectory(rng, cut), species="Na", temperature_K=600)
    assert result.D_cm2_s.low95 < rate_to_D_cm2_s(0.05) < result.D_cm2_s.high95


@pytest.mark.parametrize("frames", [2, 3, 5, 12, 40])
def test_demonstration_lengths_stay_undecided(frames):
    result = analyse(
        run(frames=frames, ions=12, vibration_A=0.3),
        species="Na",
        temperature_K=800,
        equilibration_ps=1,
    )
    assert verdict_of(result) is Verdict.UNDECIDED
    assert result.warnings
    assert result.D_cm2_s.high95 > 2 * result.D_cm2_s.low95


def test_trapped_ions_are_not_diffusive():
    rng = np.random.default_rng(3)
    # Ions that rattle back and forth between two sites hop all the time and go nowhere.
    site = (rng.random((60, 1500)) < 0.008).cumsum(axis=1) % 2
    walk = np.zeros((60, 3, 1500))
    walk[:, 0] = 3.0 * site
    walk += rng.normal(0, 0.2, walk.shape)
    result = analyse(trajectory(rng, walk), species="Na", temperature_K=600)
    assert not result.sound
    assert verdict_of(result) is not Verdict.PASS
    assert result.D_cm2_s.bound == result.sigma_mS_cm.bound == "caged"
    assert result.D_cm2_s.low95 == 0
    assert result.D_charge_cm2_s is result.haven_ratio is None
    assert any("ions are caged: 0 of 60 moved by more than 5 A" in warning for warning in result.warnings)
    # A threshold far above what could be missed is failed.
    high = VerdictRule(temperature_K=None, threshold_mS_cm=2 * result.sigma_mS_cm.high95)
    assert judge(judged_conductivity([result], high), high) is Verdict.FAIL


def test_a_bound_is_a_bound_throughout():
    result = analyse(run(hops_per_ps=0.0, vibration_A=0.2), species="Na", temperature_K=600)
    assert result.D_cm2_s.bound == "no hop"
    assert result.eigenvalues_cm2_s == (0.0, 0.0, 0.0)
    assert np.trace(result.tensor_cm2_s) / 3 == result.D_cm2_s.mean == 0
    assert TransportResult.from_document(result.to_document()) == result
    assert verdict_of(result) is Verdict.UNDECIDED


def test_diffusion_in_a_broken_framework_only_bounds_that_in_the_solid():
    whole = run(hops_per_ps=0.1, vibration_A=0.3)
    broken = whole.positions_A.copy()
    host = np.flatnonzero(whole.numbers == 15)
    broken[:, host] += np.random.default_rng(0).normal(0, 0.2, (len(broken), len(host), 3)).cumsum(axis=0)
    solid, melt = (
        analyse(replace(whole, positions_A=p), species="Na", temperature_K=600) for p in (whole.positions_A, broken)
    )
    assert solid.D_cm2_s.bound is None
    assert melt.D_cm2_s.bound == melt.sigma_mS_cm.bound == "framework broken"
    assert melt.D_charge_cm2_s is None
    assert not melt.sound
    assert any("only an upper bound of that in the solid" in warning for warning in melt.warnings)
    judged = judged_conductivity([melt], RULE)
    assert judged.estimate.bound == "framework broken"
    assert judge(judged, RULE) is Verdict.UNDECIDED


@pytest.mark.parametrize("seed", range(4))
def test_the_tensor_is_that_of_the_diffusivity(seed):
    result = analyse(run(seed, hops_per_ps=0.01, vibration_A=0.3), species="Na", temperature_K=600)
    assert np.trace(result.tensor_cm2_s) / 3 == pytest.approx(result.D_cm2_s.mean)
    assert sum(result.eigenvalues_cm2_s) / 3 == pytest.approx(result.D_cm2_s.mean)
    assert result.eigenvalues_cm2_s[2] >= 0


def test_the_charge_is_told_and_asked_for():
    whole = run(hops_per_ps=0.1)
    copper = Trajectory(
        whole.positions_A, whole.cell_A, np.where(whole.numbers == 11, 29, whole.numbers), whole.frame_fs
    )
    with pytest.raises(UserError, match=r"may have several charges.*Cu\+ or Cu2\+"):
        analyse(copper, species="Cu", temperature_K=600)
    one, two = (analyse(copper, species=ion, temperature_K=600) for ion in ("Cu+", "Cu2+"))
    assert (one.charge_e, two.charge_e) == (1, 2)
    assert two.sigma_mS_cm.mean == pytest.approx(4 * one.sigma_mS_cm.mean)


def test_kinisi_may_be_chosen():
    one = run(hops_per_ps=0.1, vibration_A=0.3)
    ours = analyse(one, species="Na", temperature_K=600)
    theirs = analyse(one, species="Na", temperature_K=600, estimator="kinisi")
    assert theirs.D_cm2_s.low95 < rate_to_D_cm2_s(0.1) < theirs.D_cm2_s.high95
    assert theirs.D_cm2_s.mean == pytest.approx(ours.D_cm2_s.mean, rel=0.3)
    assert theirs.D_cm2_s.mean != ours.D_cm2_s.mean
    assert np.trace(theirs.tensor_cm2_s) / 3 == pytest.approx(theirs.D_cm2_s.mean, rel=0.1)
    assert theirs.D_charge_cm2_s == ours.D_charge_cm2_s
    still = analyse(
        run(hops_per_ps=0.0, vibration_A=0.2, frames=200), species="Na", temperature_K=600, estimator="kinisi"
    )
    assert still.D_cm2_s.low95 < 0.001 * still.D_cm2_s.high95


def test_too_few_hops_are_said():
    warnings = analyse(run(hops_per_ps=0.0005, vibration_A=0.3, seed=4), species="Na", temperature_K=600).warnings
    assert any("hops per mobile ion" in warning for warning in warnings)
    assert any(
        "of 30 ions moved by more than 5 A: long-range diffusion is not established" in warning for warning in warnings
    )
    enough = analyse(run(hops_per_ps=0.2, frames=2000, vibration_A=0.3), species="Na", temperature_K=600).warnings
    assert not any("hop" in warning or "events" in warning for warning in enough)


def test_a_run_of_vibrations_only_is_an_upper_bound():
    result = analyse(run(frames=30, vibration_A=0.3), species="Na", temperature_K=600)
    assert any("too short to distinguish diffusion from vibration" in warning for warning in result.warnings)
    assert not result.sound


def test_a_framework_that_melts_makes_the_run_unsound():
    whole = run(hops_per_ps=0.2, frames=400)
    host = np.flatnonzero(whole.numbers != 11)
    positions = whole.positions_A.copy()
    positions[:, host] += np.random.default_rng(5).normal(0, 0.25, (400, len(host), 3)).cumsum(axis=0)
    melted = Trajectory(positions, whole.cell_A, whole.numbers, whole.frame_fs)
    result = analyse(melted, species="Na", temperature_K=600)
    assert any("the framework diffuses" in warning for warning in result.warnings)
    assert not result.sound
    assert verdict_of(result) is not Verdict.PASS


def test_small_cells_are_noted():
    small = run(ions=6, frames=300)
    tight = Trajectory(small.positions_A, np.diag([15.0, 15.0, 8.0]), small.numbers, small.frame_fs)
    warnings = analyse(tight, species="Na", temperature_K=600).warnings
    assert any("8.0 A thick" in warning for warning in warnings)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"species": "Li"}, "choose one of Na, P, S"),
        ({"species": "Zz"}, "not an element"),
        ({"temperature_K": 0.0}, "positive kelvin"),
        ({"temperature_K": float("nan")}, "positive kelvin"),
    ],
)
def test_mistakes(changes, words):
    with pytest.raises(UserError, match=words):
        analyse(run(frames=20), **({"species": "Na", "temperature_K": 600.0} | changes))


def test_a_trajectory_without_a_cell_takes_the_hosts():
    whole = run(frames=100)
    bare = Trajectory(whole.positions_A, None, whole.numbers, whole.frame_fs)
    with pytest.raises(UserError, match="has no cell"):
        analyse(bare, species="Na", temperature_K=600)
    symbols = ["Na"] * 30 + ["P"] * 8 + ["S"] * 32
    host = Structure(Lattice.cubic(CELL_A), symbols, whole.positions_A[0], coords_are_cartesian=True)
    found = analyse(bare, species="Na", temperature_K=600, host_structure=host)
    assert found.D_cm2_s == analyse(whole, species="Na", temperature_K=600).D_cm2_s
    with pytest.raises(UserError, match="other ions"):
        analyse(whole, species="Na", temperature_K=600, host_structure=Structure.from_sites(host[:10]))


@pytest.mark.slow
def test_large_runs_are_analysed_in_time_and_memory():
    rng = np.random.default_rng(0)
    positions = rng.normal(0, 0.05, (25_000, 200, 3)).cumsum(axis=0)
    large = Trajectory(positions, np.eye(3) * 18, np.array([11] * 75 + [15] * 25 + [16] * 100), 10.0)
    start = time.process_time()
    analyse(large, species="Na", temperature_K=600)
    assert time.process_time() - start < 60
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss < 2e6


def test_an_element_that_moves_further_is_named():
    # As if the elements of a dump had been given in another order.
    moving = run(hops_per_ps=0.1, vibration_A=0.3)
    swapped = np.select([moving.numbers == 11, moving.numbers == 16], [16, 11], moving.numbers)
    found = analyse(replace(moving, numbers=swapped), species="Na", temperature_K=600)
    assert any("S moves further than Na" in warning for warning in found.warnings)
    assert not any("moves further" in warning for warning in analyse(moving, species="Na", temperature_K=600).warnings)
