"""The density of the mobile ion on a grid so coarse that a page of many drawings stays small."""

import base64

import numpy as np
from pymatgen.core import Element
from scipy import ndimage

from screening.mechanism.result import DensityMap
from screening.mechanism.sites import Floats, Ints, Sites
from screening.trajectory.trajectory import Trajectory

SHARES = (0.5, 0.97)
"""Surfaces enclose these shares of the time of all ions: where they sit, and the ways between."""

MOST_POINTS = 12_000

_FRAMES = 200


def density_map(sites: Sites, trajectory: Trajectory, host: Ints) -> DensityMap:
    """Return the density for drawings.

    Parameters
    ----------
    sites
        With the density of the run.
    trajectory
        The run.
    host
        Indices of the ions that do not diffuse.
    """
    coarse = _coarse(sites.density)
    values = np.rint(255 * np.sqrt(coarse / max(float(coarse.max()), 1e-300))).astype(np.uint8)
    (ax, ay, az), (bx, by, bz), (cx, cy, cz) = np.asarray(sites.cell_A, dtype=float).round(4).tolist()
    a, b, c = values.shape
    return DensityMap(
        cell_A=((ax, ay, az), (bx, by, bz), (cx, cy, cz)),
        shape=(a, b, c),
        packed=base64.b64encode(values.tobytes()).decode("ascii"),
        levels=tuple(level_around(values, share) for share in SHARES),
        host=tuple(Element.from_Z(int(z)).symbol for z in trajectory.numbers[host]),
        places=tuple((x, y, z) for x, y, z in _mean_places(trajectory, host, sites.cell_A).round(4).tolist()),
    )


def level_around(values: np.ndarray, share: float) -> float:
    """Return the byte at which a surface encloses this share of the density.

    Parameters
    ----------
    values
        Bytes, 255 times the root of the density over its maximum.
    share
        Between 0 and 1.

    Examples
    --------
    >>> level_around(np.array([255, 200, 2, 1, 0], dtype=np.uint8), 0.9)
    199.5
    """
    order = np.sort(values.ravel())[::-1].astype(np.float64)
    within = np.cumsum(order**2)
    return max(0.5, float(order[np.searchsorted(within, share * within[-1])]) - 0.5)


def _coarse(density: Floats) -> Floats:
    shape = np.array(density.shape)
    fewer = np.maximum(4, np.floor(shape * min(1.0, (MOST_POINTS / density.size) ** (1 / 3)))).astype(int)
    found = ndimage.zoom(density, fewer / shape, order=1, mode="grid-wrap", grid_mode=True)
    return np.maximum(found, 0.0)


def _mean_places(trajectory: Trajectory, host: Ints, cell_A: Floats) -> Floats:
    """Return the mean positions of the host without its drift, in units of the cell and within it."""
    if not len(host):
        return np.empty((0, 3))
    frames = np.unique(np.linspace(0, trajectory.frames - 1, _FRAMES).astype(int))
    positions = trajectory.positions_A[frames][:, host].astype(np.float64)
    drift = positions.mean(axis=1, keepdims=True)
    return np.asarray((positions - (drift - drift[0])).mean(axis=0) @ np.linalg.inv(cell_A) % 1.0)
