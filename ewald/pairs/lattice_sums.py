"""Sums of pair functions over the periodic images of the sites of a cell."""

import itertools
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from ewald.errors import StructureError
from ewald.pairs.functions import PairFunction

_SITES_AT_ONCE = 256


def pair_sums(
    lattice: NDArray[np.float64],
    frac_coords: NDArray[np.float64],
    functions: Sequence[tuple[PairFunction, float]],
    rows: NDArray[np.int64] | None = None,
    skipped: tuple[NDArray[np.int64], float] | None = None,
) -> list[NDArray[np.float64]]:
    """Sum functions of the distance between sites and all images of all sites, within their cutoffs.

    Parameters
    ----------
    lattice, frac_coords
        Cell vectors as rows (3, 3) in angstrom, fractional coordinates (N, 3).
    functions
        Pair functions with their cutoffs in angstrom.
    rows
        The sites to sum for; by default all.
    skipped
        Pairs of sites, shape (m, 2), and a distance in angstrom below which images of them are left out.

    Returns
    -------
    list of numpy.ndarray
        For each function the sums, shape (rows, N); a site's own images are on the diagonal, itself is not.

    Raises
    ------
    StructureError
        If two sites are nearer than a function is defined for.
    """
    chosen = np.arange(len(frac_coords)) if rows is None else np.asarray(rows)
    sums = [np.zeros((len(chosen), len(frac_coords))) for _ in functions]
    cutoff_A = max((limit_A for _, limit_A in functions), default=0.0)
    for i, j, r in _neighbours(np.asarray(lattice), np.asarray(frac_coords), chosen, cutoff_A, skipped):
        for (function, limit_A), total in zip(functions, sums, strict=True):
            near = r < limit_A
            _check_distance(function, r[near], chosen[i[near]], j[near])
            np.add.at(total, (i[near], j[near]), function(r[near]))
    return sums


def _neighbours(
    lattice: NDArray[np.float64],
    frac_coords: NDArray[np.float64],
    rows: NDArray[np.int64],
    cutoff_A: float,
    skipped: tuple[NDArray[np.int64], float] | None,
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]]:
    """Pairs within the cutoff, some rows at a time: number of the row, site, distance in angstrom."""
    from scipy.spatial import cKDTree

    frac = frac_coords - np.floor(frac_coords)
    heights = 1 / np.linalg.norm(np.linalg.inv(lattice), axis=0)
    reach = np.ceil(cutoff_A / heights).astype(int)
    images, sites = [], []
    for shift in itertools.product(*(range(-n, n + 1) for n in reach)):
        moved = frac + shift
        near = ((moved >= -cutoff_A / heights - 1e-9) & (moved <= 1 + cutoff_A / heights + 1e-9)).all(axis=1)
        images.append(moved[near] @ lattice)
        sites.append(np.flatnonzero(near))
    points, owner = np.concatenate(images), np.concatenate(sites)
    tree = cKDTree(points)
    closed = set() if skipped is None else {(int(a), int(b)) for pair in skipped[0] for a, b in (pair, pair[::-1])}
    for start in range(0, len(rows), _SITES_AT_ONCE):
        part = rows[start : start + _SITES_AT_ONCE]
        found = tree.query_ball_point(frac[part] @ lattice, cutoff_A)
        i = np.repeat(np.arange(len(part)), [len(one) for one in found])
        k = np.array([one for neighbours in found for one in neighbours], dtype=np.int64)
        r = np.linalg.norm((frac[part] @ lattice)[i] - points[k], axis=1)
        keep = ~((owner[k] == part[i]) & (r < 1e-6))
        if closed:
            near = np.flatnonzero(keep & (r < skipped[1] if skipped else False))
            keep[[e for e in near if (int(part[i[e]]), int(owner[k[e]])) in closed]] = False
        yield i[keep] + start, owner[k[keep]], r[keep]


def _check_distance(function: PairFunction, r: NDArray[np.float64], i: NDArray[np.int64], j: NDArray[np.int64]) -> None:
    if len(r) and r.min() < max(function.smallest_A, 1e-3):
        k = int(r.argmin())
        raise StructureError(
            f"sites {i[k]} and {j[k]} are {r[k]:.3f} A apart, closer than the first point of the pair function",
            field="pairs",
            fix="start the table at a shorter distance, or keep such sites apart with min_distance_A",
        )
