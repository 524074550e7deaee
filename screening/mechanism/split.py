"""Minima that are one split site: no two ions fit in, and an ion goes from one to the other as fast as it vibrates.

In Li6PS5Cl the 48h positions come in pairs 1.9 A apart; in a density at 500 K each pair is one wide maximum, or two.
Counted as two sites, such a pair fills the list of jumps with motion that leads nowhere.
"""

import numpy as np

from screening.mechanism.jumps import Jumps
from screening.mechanism.sites import MOST_HELD, Floats, Ints, Sites
from screening.trajectory.trajectory import Positions

VIBRATIONS = 5.0
"""Minima are one site where the exchange between them relaxes within so many periods of vibration."""


def split_groups(sites: Sites, jumps: Jumps, *, attempt_THz: float, nearest_A: float) -> Ints:
    """Return for every site the number of the group that it belongs to.

    Parameters
    ----------
    sites, jumps
        Of the run.
    attempt_THz
        Frequency of vibration at a site.
    nearest_A
        Distance that two mobile ions keep: sites nearer than this are never both occupied.

    Returns
    -------
    numpy.ndarray
        (S,) numbers from 0 on. Two sites are in one group when they are nearer than `nearest_A`, hold no more than one
        ion together, and 1 / (k_ab + k_ba), the relaxation time of the exchange, is below :data:`VIBRATIONS` periods.
    """
    count = len(sites)
    jumped = np.zeros((count, count))
    np.add.at(jumped, (jumps.origin, jumps.target), 1)
    rate = jumped / np.maximum(jumps.time_ps, 1e-12)[:, None]
    exchange = rate + rate.T
    near = np.empty((count, count), dtype=bool)
    for site, place in enumerate(sites.scaled):  # one by one, to spare memory
        apart = sites.scaled - place
        near[site] = np.linalg.norm((apart - np.round(apart)) @ sites.cell_A, axis=1) < nearest_A
    fast = np.argwhere(np.triu(near & (exchange > attempt_THz / VIBRATIONS), 1))
    group, members = np.arange(count), [[site] for site in range(count)]
    for a, b in sorted(fast.tolist(), key=lambda pair: -exchange[pair[0], pair[1]]):
        first, second = sorted((int(group[a]), int(group[b])))
        both = members[first] + members[second]
        if first != second and near[np.ix_(both, both)].all() and sites.occupancy[both].sum() < MOST_HELD:
            members[first], members[second] = both, []
            group[both] = first
    return np.unique(group, return_inverse=True)[1].astype(np.int64)


def joined(sites: Sites, group: Ints) -> Sites:
    """Return sites of which those of one group are one, at their common centre."""
    count = int(group.max()) + 1
    occupancy = np.bincount(group, sites.occupancy, minlength=count)
    centres = np.empty((count, 3))
    for site in range(count):
        some = np.flatnonzero(group == site)
        apart = sites.scaled[some] - sites.scaled[some[0]]
        weights = np.maximum(sites.occupancy[some], 1e-9)
        centres[site] = sites.scaled[some[0]] + np.average(apart - np.round(apart), axis=0, weights=weights)
    number = np.append(group, -1)
    basin, core = number[sites.basin], number[sites.core]
    return Sites(sites.cell_A, centres % 1.0, np.asarray(occupancy), sites.density, basin, core)


def nearest_approach_A(scaled: Positions, cell_A: Floats, *, frames: int = 20) -> float:
    """Return the distance that mobile ions keep: one in a hundred has a neighbour nearer than this.

    Parameters
    ----------
    scaled
        (n, 3, F) positions in units of the cell.
    cell_A
        (3, 3).
    frames
        How many of the run are looked at.
    """
    if len(scaled) < 2:
        return 0.0
    found = []
    for frame in np.unique(np.linspace(0, scaled.shape[2] - 1, frames).astype(int)):
        place = np.asarray(scaled[:, :, frame], dtype=np.float64)
        apart = place[:, None] - place[None]
        distance = np.linalg.norm((apart - np.round(apart)) @ cell_A, axis=2)
        np.fill_diagonal(distance, np.inf)
        found.append(distance.min(axis=1))
    return float(np.quantile(np.concatenate(found), 0.01))
