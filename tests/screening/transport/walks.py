"""Synthetic trajectories whose diffusivity is known exactly."""

import numpy as np
from numpy.typing import NDArray

from screening.trajectory.trajectory import Trajectory

Floats = NDArray[np.float64]

FRAME_FS = 100.0
JUMP_A = 3.0
CELL_A = 15.0


def rate_to_D_cm2_s(hops_per_ps: float, jump_A: float = JUMP_A) -> float:
    """Diffusivity of a lattice walk: rate * jump^2 / 6."""
    return hops_per_ps * jump_A**2 / 6 * 1e-4


def lattice_walk(
    rng: np.random.Generator,
    *,
    ions: int = 30,
    frames: int = 1000,
    hops_per_ps: float = 0.05,
    vibration_A: float = 0.0,
    group: int = 1,
    axes_weight: tuple[float, float, float] = (1.0, 1.0, 1.0),
    frame_fs: float = FRAME_FS,
) -> Floats:
    """Return (ions, 3, frames) positions of hops of 3 A along an axis chosen at random.

    Ions move together in groups of `group`: the charge diffusivity is `group` times the tracer's, the Haven ratio
    1 / `group`.
    """
    leaders = ions // group
    hops = rng.poisson(hops_per_ps * frame_fs / 1000, (leaders, frames - 1))
    leader, frame = np.nonzero(hops)
    leader, frame = (np.repeat(index, hops[leader, frame]) for index in (leader, frame))
    weights = np.array(axes_weight) / sum(axes_weight)
    steps = np.zeros((leaders, 3, frames))
    signs = rng.choice([-JUMP_A, JUMP_A], len(leader))
    np.add.at(steps, (leader, rng.choice(3, len(leader), p=weights), frame + 1), signs)
    positions = np.tile(steps.cumsum(axis=2), (group, 1, 1))
    return positions + rng.normal(0, vibration_A, positions.shape) if vibration_A else positions


def brownian_walk(
    rng: np.random.Generator, D_A2_ps: tuple[float, float, float], *, ions: int = 30, frames: int = 1000
) -> Floats:
    """Return (ions, 3, frames) positions of a continuous, anisotropic walk."""
    scale = np.sqrt(2 * np.array(D_A2_ps) * FRAME_FS / 1000)
    steps = rng.normal(size=(ions, 3, frames)) * scale[None, :, None]
    steps[:, :, 0] = 0
    return steps.cumsum(axis=2)


def trajectory(
    rng: np.random.Generator, walk: Floats, *, drift_A_per_frame: float = 0.0, frame_fs: float = FRAME_FS
) -> Trajectory:
    """Put the walkers (Na) into a vibrating host of PS4 groups; everything drifts along x."""
    ions, _, frames = walk.shape
    groups = np.array([[x, y, z] for x in (3.0, 11.0) for y in (3.0, 11.0) for z in (3.0, 11.0)])
    tetrahedron = np.array([[1, 1, 1], [1, -1, -1], [-1, 1, -1], [-1, -1, 1]]) * 2.05 / 3**0.5
    host = np.concatenate([groups, (groups[:, None] + tetrahedron).reshape(-1, 3)])
    host_path = host[None] + rng.normal(0, 0.1, (frames, len(host), 3))
    starts = rng.uniform(0, CELL_A, (1, ions, 3))
    positions = np.concatenate([walk.transpose(2, 0, 1) + starts, host_path], axis=1)
    positions[:, :, 0] += drift_A_per_frame * np.arange(frames)[:, None]
    numbers = np.array([11] * ions + [15] * len(groups) + [16] * (len(host) - len(groups)))
    return Trajectory(positions, np.eye(3) * CELL_A, numbers, frame_fs)
