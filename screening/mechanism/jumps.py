"""Jumps between sites, their rates and what they have in common.

An ion belongs to the site whose core it was in last, and jumps when it enters the core of another, so that an ion that
turns back half way does not jump (core sets: C. Schuette, F. Noe, J. Lu, M. Sarich, E. Vanden-Eijnden, J. Chem. Phys.
134, 204105 (2011)).
"""

from dataclasses import dataclass

import numpy as np
import scipy

from screening.estimated import Estimate
from screening.mechanism.sites import Floats, Ints, Sites
from screening.trajectory.trajectory import Positions

_TOGETHER_PS = 1.0
_TOGETHER_A = 4.0


@dataclass(frozen=True)
class Jumps:
    """All jumps of a run.

    Attributes
    ----------
    ion, frame, origin, target
        (J,) ion that jumped, frame of arrival, site left and site reached.
    vector_A
        (J, 3) from site to site, through the image that the ion took.
    image
        (J, 3) images between the two sites, in whole cells.
    time_ps
        (S,) time spent at each site, over all ions.
    frame_ps, frames
        Time between frames, and their number.
    """

    ion: Ints
    frame: Ints
    origin: Ints
    target: Ints
    vector_A: Floats
    image: Ints
    time_ps: Floats
    frame_ps: float
    frames: int

    @property
    def distance_A(self) -> Floats:
        """(J,) length of each jump."""
        return np.asarray(np.linalg.norm(self.vector_A, axis=1))


def find_jumps(scaled: Positions, sites: Sites, frame_ps: float) -> Jumps:
    """Follow every ion from core to core.

    Parameters
    ----------
    scaled
        (n, 3, F) unwrapped positions in units of the cell.
    sites
        Where the cores are.
    frame_ps
        Time between frames.
    """
    rows: list[tuple[int, int, int, int, Floats]] = []
    time = np.zeros(len(sites))
    for ion, path in enumerate(scaled):
        core = sites.at(path.T, sites.core)
        seen = np.flatnonzero(core >= 0)
        if not len(seen):
            continue
        site = core[seen]
        # Where the site was, in the image in which the ion sat: sites and ions may be on different sides of the cell.
        place = sites.scaled[site] + np.round(path.T[seen] - sites.scaled[site])
        ends = np.append(seen[1:], path.shape[1])
        np.add.at(time, site, (ends - seen) * frame_ps)
        moved = np.flatnonzero((site[1:] != site[:-1]) | (np.abs(place[1:] - place[:-1]) > 0.5).any(axis=1)) + 1
        rows += [(ion, int(seen[at]), int(site[at - 1]), int(site[at]), place[at] - place[at - 1]) for at in moved]
    vectors = np.array([row[4] for row in rows]).reshape(-1, 3)
    who, frame, origin, target = (np.array([row[i] for row in rows], dtype=np.int64) for i in range(4))
    image = np.round(vectors - (sites.scaled[target] - sites.scaled[origin])).astype(np.int64)
    return Jumps(who, frame, origin, target, vectors @ sites.cell_A, image, time, frame_ps, scaled.shape[2])


def rate_of(jumps: int, exposure_ns: float) -> Estimate:
    """Return the rate of counted jumps, with the interval of a Poisson rate under Jeffreys' prior.

    Examples
    --------
    >>> rate = rate_of(10, 2.0)
    >>> round(rate.mean, 2), round(rate.low95, 2), round(rate.high95, 2)
    (5.25, 2.57, 8.87)
    """
    low, high = scipy.special.gammaincinv(jumps + 0.5, [0.025, 0.975]) / exposure_ns
    return Estimate(mean=(jumps + 0.5) / exposure_ns, low95=float(low), high95=float(high))


def together(jumps: Jumps, sites: Sites) -> float | None:
    """Return how many times more pairs of jumps of different ions are near each other than chance gives.

    Near is within 1 ps and 4 A. Independent jumps keep their places and have their times drawn anew.

    Parameters
    ----------
    jumps
        Of the run.
    sites
        Where they are.
    """
    if len(jumps.ion) < 20:
        return None
    middle = sites.scaled[jumps.origin] + jumps.vector_A @ np.linalg.inv(sites.cell_A) / 2
    rng = np.random.default_rng(0)
    observed = near_pairs(jumps, middle, sites.cell_A, jumps.frame)
    times = [rng.integers(1, jumps.frames, len(jumps.frame)) for _ in range(10)]
    chance = [near_pairs(jumps, middle, sites.cell_A, frame) for frame in times]
    return observed / float(np.mean(chance)) if np.mean(chance) > 0 else None


def near_pairs(jumps: Jumps, middle: Floats, cell_A: Floats, frame: Ints, at_once: int = 200_000) -> int:
    """Count pairs of jumps of different ions within 1 ps and 4 A.

    Parameters
    ----------
    jumps
        Of the run.
    middle
        (J, 3) where they took place, in units of the cell.
    cell_A
        (3, 3).
    frame
        (J,) when.
    at_once
        Pairs held in memory together.
    """
    order = np.argsort(frame, kind="stable")
    frame, ion, middle = frame[order], jumps.ion[order], middle[order]
    window = max(1, round(_TOGETHER_PS / jumps.frame_ps))
    # Every jump with all that follow it within the window.
    followers = np.searchsorted(frame, frame + window, side="right") - np.arange(1, len(frame) + 1)
    starts = np.concatenate([[0], np.cumsum(followers)])
    count, first = 0, 0
    while first < len(frame):
        last = max(first + 1, int(np.searchsorted(starts, starts[first] + at_once, side="right")) - 1)
        some = followers[first:last]
        one = np.repeat(np.arange(first, last), some)
        other = one + 1 + np.arange(len(one)) - np.repeat(starts[first:last] - starts[first], some)
        one, other = one[ion[one] != ion[other]], other[ion[one] != ion[other]]
        apart = middle[other] - middle[one]
        count += int((np.linalg.norm((apart - np.round(apart)) @ cell_A, axis=1) < _TOGETHER_A).sum())
        first = last
    return count
