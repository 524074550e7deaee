import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from screening.trajectory.trajectory import Trajectory
from screening.transport import displacement
from screening.transport.displacement import choose_lags, displacements, mobile_positions
from tests.screening.transport.walks import lattice_walk


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 5), st.integers(2, 60), st.integers(0, 1000))
def test_equals_the_slow_double_loop(ions, frames, seed):
    positions = np.random.default_rng(seed).normal(size=(ions, 3, frames)).cumsum(axis=2)
    moved = displacements(positions, 100.0)
    for row, lag in enumerate(moved.lag_frames):
        steps = [positions[i, :, t + lag] - positions[i, :, t] for i in range(ions) for t in range(frames - lag)]
        expected = np.mean([np.outer(step, step) for step in steps], axis=0)
        np.testing.assert_allclose(moved.products_A2[row], expected, atol=1e-9)
        sums = [sum(positions[i, :, t + lag] - positions[i, :, t] for i in range(ions)) for t in range(frames - lag)]
        collective = np.mean([np.outer(total, total) for total in sums], axis=0) / ions
        np.testing.assert_allclose(moved.collective_A2[row], collective, atol=1e-9)
    np.testing.assert_allclose(moved.lag_ps, moved.lag_frames * 0.1)


def test_ions_average_to_the_whole():
    positions = np.random.default_rng(0).normal(size=(4, 3, 641)).cumsum(axis=2)
    moved = displacements(positions, 100.0, np.array([1, 33]))
    assert moved.msd_ions_A2.shape == (4, 2)
    np.testing.assert_allclose(moved.msd_ions_A2.mean(axis=0), moved.msd_A2)
    alone = displacements(positions[2:3], 100.0, np.array([1, 33]))
    np.testing.assert_allclose(moved.msd_ions_A2[2], alone.msd_A2)


def test_some_ions_at_a_time_are_the_same_as_all_at_once(monkeypatch):
    positions = np.random.default_rng(0).normal(size=(7, 3, 300)).cumsum(axis=2)
    whole = displacements(positions, 100.0)
    monkeypatch.setattr(displacement, "CHUNK", 1800)
    parts = displacements(positions, 100.0)
    for name in ("products_A2", "msd_ions_A2", "together"):
        np.testing.assert_allclose(getattr(parts, name), getattr(whole, name))


@pytest.mark.parametrize("group", [1, 2, 5])
def test_ions_that_move_together_are_found(group):
    walk = lattice_walk(np.random.default_rng(3), ions=30, frames=4000, group=group, vibration_A=0.3)
    assert displacements(walk, 100.0).together == pytest.approx(group, rel=0.2)


@pytest.mark.parametrize("frames", [2, 3, 10, 1000, 25_000])
def test_lags_are_few_increasing_and_at_most_half_the_run(frames):
    lags = choose_lags(frames)
    assert 1 <= len(lags) <= 42
    assert lags[0] == 1
    assert (np.diff(lags) > 0).all()
    assert lags[-1] <= max(1, frames // 2)


def test_drift_is_that_of_the_framework():
    rng = np.random.default_rng(1)
    positions = rng.normal(size=(50, 6, 3)).cumsum(axis=0)
    run = Trajectory(positions, np.eye(3), np.array([11, 11, 15, 16, 16, 16]), 1.0)
    found = mobile_positions(run, np.array([0, 1]))
    host = positions[:, 2:].mean(axis=1)
    np.testing.assert_allclose(found[1, :, 7] - found[1, :, 0], positions[7, 1] - positions[0, 1] - (host[7] - host[0]))


def test_without_a_framework_nothing_is_removed():
    positions = np.random.default_rng(1).normal(size=(5, 2, 3))
    run = Trajectory(positions, np.eye(3), np.array([11, 11]), 1.0)
    np.testing.assert_array_equal(mobile_positions(run, np.array([0, 1])), positions.transpose(1, 2, 0))


def test_nothing_to_measure():
    with pytest.raises(ValueError, match="at least one ion"):
        displacements(np.zeros((0, 3, 10)), 1.0)


def test_copies_of_ions_do_not_narrow_the_band():
    """Five copies of each of six walks know no more than the six."""
    walk = lattice_walk(np.random.default_rng(3), ions=6, frames=2000)
    alone, copied = displacements(walk, 100.0), displacements(np.repeat(walk, 5, axis=0), 100.0)
    np.testing.assert_allclose(copied.msd_A2, alone.msd_A2)
    widths = [np.log(moved.msd_band_A2[1] / moved.msd_band_A2[0])[-10:].mean() for moved in (alone, copied)]
    assert widths[1] == pytest.approx(widths[0], rel=0.25)
