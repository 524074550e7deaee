"""How far the ions of each element move: mean squared displacement by direction, and vibration."""

import numpy as np

from screening.mechanism.result import ElementMotion
from screening.mechanism.sites import Floats, Ints
from screening.trajectory.trajectory import Positions, Trajectory
from screening.transport.displacement import CHUNK, choose_lags, displacements, relative_positions

LAGS = 16


def element_motions(trajectory: Trajectory, host: Ints) -> tuple[ElementMotion, ...]:
    """Return how each element of a run moves, relative to the host; one element after the other, to spare memory.

    Parameters
    ----------
    trajectory
        Production part of a run, with its cell.
    host
        Indices of the ions whose mean position stays.
    """
    cell = np.asarray(trajectory.cell_A, dtype=np.float64)
    axes = cell / np.linalg.norm(cell, axis=1)[:, None]
    return tuple(_motion_of(trajectory, element, host, axes) for element in trajectory.symbols)


def _motion_of(trajectory: Trajectory, element: str, host: Ints, axes: Floats) -> ElementMotion:
    """Return the motion of one element; its positions are gone from memory when the next one is looked at."""
    positions = relative_positions(trajectory, trajectory.indices(element), host)
    moved = displacements(positions, trajectory.frame_fs, choose_lags(trajectory.frames, LAGS))
    along = np.einsum("xi,lij,xj->xl", axes, moved.products_A2, axes)
    return ElementMotion(
        element=element,
        ions=len(positions),
        lag_ps=tuple(float(t) for t in moved.lag_ps),
        msd_A2=tuple(float(m) for m in moved.msd_A2),
        along_A2=tuple(tuple(float(m) for m in row) for row in along),
        from_mean_A=_from_mean_A(positions),
    )


def _from_mean_A(positions_A: Positions) -> float:
    """Return the root mean square distance of ions from their mean positions."""
    together = max(1, CHUNK // (3 * positions_A.shape[2]))
    total = 0.0
    for first in range(0, len(positions_A), together):
        total += float(positions_A[first : first + together].var(axis=2, dtype=np.float64).sum())
    return float(np.sqrt(total / len(positions_A)))
