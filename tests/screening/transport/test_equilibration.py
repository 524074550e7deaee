import numpy as np
import pytest

from screening.trajectory.trajectory import Trajectory
from screening.transport.equilibration import find_equilibration, statistical_inefficiency


def run_with_energy(energy):
    frames = len(energy)
    return Trajectory(np.zeros((frames, 2, 3)), np.eye(3) * 9, np.array([11, 16]), 100.0, np.asarray(energy))


def test_statistical_inefficiency_of_an_autoregressive_series():
    rng = np.random.default_rng(0)
    memory, series = 0.9, [0.0]
    for kick in rng.normal(size=200_000):
        series.append(memory * series[-1] + kick)
    assert statistical_inefficiency(np.array(series)) == pytest.approx((1 + memory) / (1 - memory), rel=0.1)
    assert statistical_inefficiency(rng.normal(size=5000)) == pytest.approx(1.0, abs=0.2)
    assert statistical_inefficiency(np.ones(50)) == 1.0


def test_a_relaxing_energy_is_cut_where_it_settles():
    rng = np.random.default_rng(1)
    energy = rng.normal(0, 0.1, 2000) + 5 * np.exp(-np.arange(2000) / 60)
    cut = find_equilibration(run_with_energy(energy), species="Na")
    assert 100 <= cut.frame <= 600
    assert cut.observable == "potential energy"
    assert cut.warning is None


def test_a_settled_run_is_hardly_cut_but_the_minimum_is():
    energy = np.random.default_rng(2).normal(0, 0.1, 1000)
    assert find_equilibration(run_with_energy(energy), species="Na").frame < 120
    assert find_equilibration(run_with_energy(energy), species="Na", minimum_ps=30).frame >= 300


def test_a_run_that_never_settles_is_said_so():
    energy = np.linspace(0, 5, 500) ** 2 + np.random.default_rng(3).normal(0, 0.01, 500)
    cut = find_equilibration(run_with_energy(energy), species="Na")
    assert cut.frame <= 250
    assert cut.warning is not None


def test_a_run_shorter_than_the_asked_cut_is_said_so():
    cut = find_equilibration(run_with_energy(np.zeros(30)), species="Na", minimum_ps=100)
    assert cut.frame == 14
    assert "too short" in cut.warning


def test_without_energy_the_framework_is_watched():
    rng = np.random.default_rng(4)
    positions = rng.normal(0, 0.05, (400, 4, 3))
    positions[:, 2] += 2.0 * np.exp(-np.arange(400) / 20)[:, None]
    moved = Trajectory(positions, np.eye(3) * 9, np.array([11, 15, 15, 16]), 100.0)
    cut = find_equilibration(moved, species="Na")
    assert cut.observable == "framework displacement"
    assert cut.frame >= 20
    # A part of a frame is no shortage.
    settled = np.random.default_rng(4).normal(0, 0.1, 1000)
    assert find_equilibration(run_with_energy(settled), species="Na", minimum_ps=10.04).warning is None
