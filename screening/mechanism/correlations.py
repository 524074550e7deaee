"""Radial distribution functions, and van Hove correlation functions of the mobile ion.

Distances are counted with all images within reach, in frames spread over the run: as many as keep the work bounded.
"""

from itertools import combinations_with_replacement, product

import numpy as np
from numpy.typing import NDArray

from screening.mechanism.result import RadialDistribution, VanHove
from screening.mechanism.sites import Floats
from screening.trajectory.trajectory import Positions, Trajectory

REACH_A = 8.0
WIDTH_A = 0.05

VAN_HOVE_WIDTH_A = 0.1
VAN_HOVE_LAGS = 5

_DISTANCES = 20_000_000
"""Distances that are worked out for one function, at most, as long as there are enough frames."""

_FEWEST_FRAMES, _MOST_FRAMES = 20, 200

_AT_ONCE = 500_000
"""Distances held in memory together."""

_ROUNDING_A = 1e-6
"""Error of a distance worked out from its square in parts, at most."""


def radial_distributions(trajectory: Trajectory, *, reach_A: float = REACH_A) -> tuple[RadialDistribution, ...]:
    """Return g(r) of every pair of elements.

    Parameters
    ----------
    trajectory
        Production part of a run, with its cell.
    reach_A
        Longest distance.
    """
    cell = np.asarray(trajectory.cell_A, dtype=np.float64)
    frames = _spread(trajectory.frames, len(trajectory.numbers) ** 2 // 2)
    places = np.asarray(trajectory.positions_A[frames], dtype=np.float64) @ np.linalg.inv(cell)
    edges = np.arange(0, reach_A + WIDTH_A / 2, WIDTH_A)
    shells = 4 / 3 * np.pi * np.diff(edges**3)
    found = []
    for one, other in combinations_with_replacement(trajectory.symbols, 2):
        first, second = trajectory.indices(one), trajectory.indices(other)
        counts = np.zeros(len(shells))
        for place in places:
            counts += pair_counts(place[first], place[second], cell, edges, same=one == other)
        per_ion = counts / (len(frames) * len(first))
        density = len(second) / abs(float(np.linalg.det(cell)))
        found.append(
            RadialDistribution(
                elements=(one, other),
                r_A=tuple(((edges[1:] + edges[:-1]) / 2).round(4).tolist()),
                g=tuple((per_ion / (shells * density)).tolist()),
                **_first_shell(edges, per_ion, shells),
            )
        )
    return tuple(found)


def _first_shell(edges: Floats, per_ion: Floats, shells: Floats) -> dict[str, float | None]:
    """Return where the first maximum of g(r) is, where the minimum behind it, and how many neighbours lie within."""
    # Padded, since zeros beyond the last distance would look like a minimum there.
    smooth = np.convolve(np.pad(per_ion / shells, 2, mode="edge"), np.ones(5) / 5, mode="valid")
    highest = float(smooth.max())
    tops = (
        np.flatnonzero((smooth[1:-1] >= smooth[:-2]) & (smooth[1:-1] > smooth[2:]) & (smooth[1:-1] > highest / 4)) + 1
    )
    if not len(tops):
        return {"peak_A": None, "shell_A": None, "neighbours": None}
    top = int(tops[0])
    # A shell may have two maxima: it ends where g(r) falls to less than half.
    after = [int(t) for t in tops[1:] if smooth[top : t + 1].min() < smooth[top] / 2]
    end = after[0] if after else len(smooth) - 1
    least = top + int(np.argmin(smooth[top : end + 1]))
    middle = (edges[1:] + edges[:-1]) / 2
    return {
        "peak_A": round(float(middle[top]), 3),
        "shell_A": round(float(edges[least + 1]), 3),
        "neighbours": float(per_ion[: least + 1].sum()),
    }


def pair_counts(first: Floats, second: Floats, cell_A: Floats, edges: Floats, *, same: bool) -> Floats:
    """Count the distances between two sets of ions, with all images.

    Parameters
    ----------
    first, second
        (n, 3) and (m, 3) positions in units of the cell.
    cell_A
        (3, 3).
    edges
        (E,) ends of the bins in A, equally wide, from 0 on.
    same
        Both are the same ions in the same order, and no ion is its own neighbour.

    Returns
    -------
    numpy.ndarray
        (E - 1,) pairs of each distance; a pair of two different ions of one set is counted from either end.
    """
    width, bins = edges[1] - edges[0], len(edges) - 1
    heights = abs(float(np.linalg.det(cell_A))) / np.linalg.norm(np.cross(cell_A[[1, 2, 0]], cell_A[[2, 0, 1]]), axis=1)
    images = np.array(list(product(*(range(-n, n + 1) for n in np.floor(edges[-1] / heights + 0.5).astype(int)))))
    offsets = images @ cell_A
    itself = len(images) // 2
    counts = np.zeros(bins)
    together = max(1, _AT_ONCE // (len(second) * len(images)))
    for start in range(0, len(first), together):
        apart = second[None] - first[start : start + together, None]
        apart -= np.round(apart)
        near = apart.reshape(-1, 3) @ cell_A
        # |near + offset|^2 in parts, for most images are out of reach; what is not gets its exact distance below.
        squares = near @ (2 * offsets.T)
        squares += (near**2).sum(axis=1)[:, None]
        squares += (offsets**2).sum(axis=1)
        if same:
            rows = np.arange(len(apart))
            squares[rows * len(second) + start + rows, itself] = np.inf
        pair, image = np.divmod(np.flatnonzero(squares < (edges[-1] + _ROUNDING_A) ** 2), len(images))
        number = (np.linalg.norm(near[pair] + offsets[image], axis=1) / width).astype(np.int64)
        counts += np.bincount(number[number < bins], minlength=bins)
    return counts


def van_hove(scaled: Positions, cell_A: Floats, frame_ps: float, *, reach_A: float = REACH_A) -> VanHove:
    """Return the self and the distinct part of the van Hove function of ions (L. van Hove, Phys. Rev. 95, 249 (1954)).

    Parameters
    ----------
    scaled
        (n, 3, F) unwrapped positions in units of the cell.
    cell_A
        (3, 3).
    frame_ps
        Time between frames.
    reach_A
        Longest distance.
    """
    ions, _, frames = scaled.shape
    lags = np.unique(np.rint(np.geomspace(1, max(1, (frames - 1) // 2), VAN_HOVE_LAGS)).astype(int))
    edges = np.arange(0, reach_A + VAN_HOVE_WIDTH_A / 2, VAN_HOVE_WIDTH_A)
    density = ions / abs(float(np.linalg.det(cell_A)))
    shells = 4 / 3 * np.pi * np.diff(edges**3)
    alone, others = [], []
    for lag in lags.tolist():
        counts = np.zeros(len(shells))
        for path in scaled:
            moved = np.linalg.norm((path[:, lag:] - path[:, :-lag]).T @ cell_A, axis=1)
            number = (moved / VAN_HOVE_WIDTH_A).astype(np.int64)
            counts += np.bincount(number[number < len(counts)], minlength=len(counts))
        alone.append(counts / (ions * (frames - lag) * VAN_HOVE_WIDTH_A))
        origins = _spread(frames - lag, ions**2)
        pairs = np.zeros(len(shells))
        for origin in origins:
            start, end = (scaled[:, :, frame].astype(np.float64) for frame in (origin, origin + lag))
            pairs += pair_counts(start, end, cell_A, edges, same=True)
        others.append(pairs / (len(origins) * ions * shells * density))
    return VanHove(
        lag_ps=tuple((lags * frame_ps).round(6).tolist()),
        r_A=tuple(((edges[1:] + edges[:-1]) / 2).round(4).tolist()),
        self_per_A=tuple(tuple(row.tolist()) for row in alone),
        distinct=tuple(tuple(row.tolist()) for row in others),
    )


def _spread(frames: int, distances: int) -> NDArray[np.int64]:
    """Return frames spread over a run, so many that the work stays bounded."""
    count = min(frames, max(_FEWEST_FRAMES, min(_MOST_FRAMES, _DISTANCES // max(distances, 1))))
    return np.unique(np.linspace(0, frames - 1, count).astype(np.int64))
