import numpy as np
import pytest
from scipy import stats

from screening.transport.displacement import displacements
from screening.transport.motion import REACH_A, Leaving, leaving, motion_of
from tests.screening.transport.coverage import motion
from tests.screening.transport.walk_cases import CASES
from tests.screening.transport.walk_motions import STILL, caged
from tests.screening.transport.walks import FRAME_FS, JUMP_A, lattice_walk


def cage(seed=0, ions=100, stay_ps=6.0, escapes=0):
    """Hops within cages of 4 A; the first ions move to the next cage but one, 9 A away, half way through the run."""
    rng = np.random.default_rng(seed)
    walk = caged(rng, ions, 1000, stay_ps, 2.0) + rng.normal(0, 0.3, (ions, 3, 1000))
    walk[:escapes, 1, 500:] += 9.0
    return walk


@pytest.mark.parametrize("name", ["vibrating", "pairs", "strings", "vacancies", "trapped", "cage", "correlated 25"])
def test_as_many_walkers_leave_as_random_hops_would_bring_out(name):
    went = [leaving(CASES[name].positions(seed), FRAME_FS) for seed in range(4)]
    assert 0.5 < sum(each.left for each in went) / sum(each.expected for each in went) < 1.3
    assert not any(each.caged for each in went)


def test_every_hop_of_a_walk_is_counted_and_the_null_hypothesis_is_that_of_the_walk():
    walk = lattice_walk(np.random.default_rng(1), ions=400, hops_per_ps=0.02)
    went = leaving(walk, FRAME_FS)
    steps = np.abs(np.diff(walk, axis=2)).sum() / JUMP_A
    assert went.hops == pytest.approx(steps, rel=0.05)
    assert abs(went.left - went.expected) < 4 * went.expected**0.5


@pytest.mark.parametrize("kind", ["cage, 1 ps", "cage, 10 ps", "two sites, 1 ps", "two sites, 5 ps"])
def test_ions_that_hop_and_stay_are_few_of_those_expected(kind):
    went = [leaving(STILL[kind](np.random.default_rng(seed)), FRAME_FS) for seed in range(4)]
    assert sum(each.left for each in went) == 0
    # What is taken back within the average is no lasting hop.
    if "1 ps" not in kind:
        assert sum(each.expected for each in went) > 4 * 5


@pytest.mark.parametrize("escapes", [0, 1, 4])
def test_a_cage_bounds_the_diffusivity_by_the_ions_that_left(escapes):
    found = motion(cage(escapes=escapes))
    assert found.went.left == escapes
    assert found.bound == "caged"
    assert not found.diffusive
    D, per_A2 = found.tracer, 1e-4 / (6 * 100 * found.length_ps)
    assert D.low95 == 0
    assert D.mean == pytest.approx(escapes * max(9.0**2, 8.75**2) * per_A2, rel=0.4)
    # The true diffusivity is that of the escapes; no more than the exact upper limit of their number.
    assert escapes * 81 * per_A2 < D.high95
    assert D.high95 <= stats.chi2.ppf(0.975, 2 * escapes + 2) / 2 * found.went.square_A2 * per_A2 * (1 + 1e-9)


def test_a_bound_contains_the_diffusivity_of_rare_escapes():
    rng = np.random.default_rng(5)
    rate, covered = 0.0004, 0
    for seed in range(20):
        walk = cage(seed)
        walk += 7.0 / JUMP_A * lattice_walk(rng, ions=100, hops_per_ps=rate)
        covered += motion(walk).tracer.high95 >= rate * 49 / 6 * 1e-4
    assert covered >= 18


def test_a_run_without_a_hop_is_a_bound_of_a_few_hops():
    walk = np.random.default_rng(0).normal(0, 0.3, (30, 3, 1000))
    found = motion(walk)
    assert found.bound == "no hop"
    one_hop = JUMP_A**2 / (6 * 30 * 99.9) * 1e-4
    assert found.tracer.mean == found.tracer.low95 == 0
    assert found.tracer.high95 == pytest.approx(one_hop * stats.gamma.ppf(0.975, 0.5))


def test_few_hops_that_are_not_seen_to_lead_on_are_a_bound():
    found = [motion(CASES["rare"].positions(seed)) for seed in range(10)]
    few = [each for each in found if each.went.left < 3]
    assert len(few) > 5
    assert {each.bound for each in few} <= {"no hop", "not resolved", "long-range diffusion not established"}
    assert "long-range diffusion not established" in {each.bound for each in few}
    for each in few:
        assert each.tracer.value is None
        assert each.tracer.low95 == 0
        assert each.charge is None
        assert not each.diffusive
    assert sum(each.tracer.high95 >= CASES["rare"].tracer_cm2_s for each in few) >= len(few) - 1


def test_two_ions_that_go_far_have_a_diffusivity():
    # Each has left its cage several times over: a cell with few mobile ions is no upper bound for ever.
    walk = lattice_walk(np.random.default_rng(3), ions=2, frames=4000, hops_per_ps=0.5)
    found = motion(walk)
    assert found.went.left <= 2
    assert found.went.reaches >= 3
    assert found.bound is None


def test_a_run_of_a_few_frames_is_too_short():
    walk = lattice_walk(np.random.default_rng(2), ions=8, frames=4, hops_per_ps=3.0)
    assert motion_of(walk, FRAME_FS, displacements(walk, FRAME_FS)).bound in {"too short", "no hop"}


def test_slow_conductors_with_large_vibrations_are_walkers():
    found = [motion(CASES["slow"].positions(seed)) for seed in range(3)]
    assert all(each.bound is None for each in found)
    assert sum(each.diffusive for each in found) >= 2


def test_limits():
    assert REACH_A > JUMP_A
    assert Leaving(0, 40.0, 56.0, 100).caged
    assert not Leaving(0, 15.0, 56.0, 100).caged
    assert not Leaving(10, 60.0, 56.0, 300).caged
    assert Leaving(3, 3.0, 56.0, 30).proven
