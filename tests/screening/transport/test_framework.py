import numpy as np
import pytest

from screening.trajectory.trajectory import Trajectory
from screening.transport.displacement import mobile_positions
from screening.transport.framework import check_health, count_hops
from tests.screening.transport.walks import FRAME_FS, lattice_walk, trajectory


def health_of(run):
    mobile = run.indices("Na")
    return check_health(run, mobile, mobile_positions(run, mobile))


def still(frames=400, seed=0):
    rng = np.random.default_rng(seed)
    return trajectory(rng, lattice_walk(rng, ions=8, frames=frames, hops_per_ps=0.1, vibration_A=0.3))


def with_positions(run, positions):
    return Trajectory(positions, run.cell_A, run.numbers, run.frame_fs)


@pytest.mark.parametrize("rate", [0.0, 0.01, 0.1])
def test_hops_are_counted(rate):
    walk = lattice_walk(np.random.default_rng(0), ions=40, frames=2000, hops_per_ps=rate, vibration_A=0.4)
    assert count_hops(walk, FRAME_FS) == pytest.approx(40 * 200 * rate, rel=0.15)


def test_vibration_alone_makes_no_hop():
    walk = np.random.default_rng(1).normal(0, 0.45, (100, 3, 2000))
    assert count_hops(walk, FRAME_FS) == 0


def test_a_sound_framework():
    health = health_of(still())
    assert health.intact
    assert health.host_msd_A2 < 0.1
    assert health.bond_loss < 0.02
    assert health.warnings == ()


def test_rotating_groups_are_not_melting():
    run = still()
    positions = run.positions_A.copy()
    sulfur, phosphorus = run.indices("S"), run.indices("P")
    for frame in range(run.frames):
        angle = 2.5 * frame / run.frames
        turn = np.array([[np.cos(angle), -np.sin(angle), 0], [np.sin(angle), np.cos(angle), 0], [0, 0, 1]])
        centres = np.repeat(positions[frame, phosphorus], 4, axis=0)
        positions[frame, sulfur] = centres + (positions[frame, sulfur] - centres) @ turn.T
    health = health_of(with_positions(run, positions))
    assert health.intact
    assert health.anion_msd_A2 > 1
    assert any("groups rotated" in warning for warning in health.warnings)


def test_melting_is_found():
    run = still()
    positions = run.positions_A.copy()
    host = np.concatenate([run.indices("P"), run.indices("S")])
    rng = np.random.default_rng(5)
    positions[:, host] += rng.normal(0, 0.25, (run.frames, len(host), 3)).cumsum(axis=0)
    health = health_of(with_positions(run, positions))
    assert not health.intact
    assert any("framework diffuses" in warning for warning in health.warnings)
    assert any("bonds broke" in warning for warning in health.warnings)


def test_no_framework_is_said():
    run = still()
    mobile = run.indices("Na")
    alone = Trajectory(run.positions_A[:, mobile], run.cell_A, run.numbers[mobile], run.frame_fs)
    health = health_of(alone)
    assert health.host_msd_A2 is None
    assert any("no framework ions" in warning for warning in health.warnings)


@pytest.mark.parametrize("melts", [False, True])
def test_without_host_cations_the_anions_are_the_framework(melts):
    run = still()
    chosen = np.concatenate([run.indices("Na"), run.indices("S")])
    positions = run.positions_A[:, chosen].copy()
    anions = np.flatnonzero(run.numbers[chosen] == 16)
    if melts:
        wander = np.random.default_rng(5).normal(0, 0.25, (run.frames, len(anions), 3))
        positions[:, anions] += wander.cumsum(axis=0)
    health = health_of(Trajectory(positions, run.cell_A, run.numbers[chosen], run.frame_fs))
    assert health.bond_loss is None
    assert health.anion_msd_A2 is None
    assert health.intact != melts
    assert any("the anions of the framework moved" in warning for warning in health.warnings) == melts
    assert not any("rotated" in warning for warning in health.warnings)
