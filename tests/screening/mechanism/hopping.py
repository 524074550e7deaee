"""Ions that hop between the sites of a lattice at a known rate, in a host."""

import numpy as np

from screening.trajectory import Trajectory

HOST = np.array([[0.5, 0.5, 0.5]])


def hopping(*, axes=(0, 1, 2), cells=3, edge_A=3.0, ions=9, frames=2500, rate_per_ps=0.2, frame_ps=0.1, seed=0):
    """Return a run of Li on a simple cubic lattice; a jump to an occupied site is not made."""
    rng = np.random.default_rng(seed)
    sites = np.argwhere(np.ones((cells,) * 3))
    place = sites[rng.choice(len(sites), ions, replace=False)]
    path = np.empty((frames, ions, 3))
    made = 0
    for frame in range(frames):
        for ion in rng.permutation(ions):
            if frame and rng.random() < rate_per_ps * frame_ps:
                step = np.zeros(3, dtype=int)
                step[rng.choice(axes)] = rng.choice([-1, 1])
                target = place[ion] + step
                if not ((place - target) % cells == 0).all(axis=1).any():
                    place[ion], made = target, made + 1
        path[frame] = place
    path = path * edge_A + rng.normal(0, 0.2, path.shape)
    host = (sites + 0.5) * edge_A + rng.normal(0, 0.05, (frames, len(sites), 3))
    numbers = np.array([3] * ions + [16] * len(sites))
    cell = np.eye(3) * cells * edge_A
    return Trajectory(np.concatenate([path, host], axis=1), cell, numbers, frame_ps * 1000), made
