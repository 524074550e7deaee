"""Which sites lie so near one another that they cannot both carry an ion."""

import itertools
import math
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ewald.errors import StructureError
from ewald.ions import VACANCY

if TYPE_CHECKING:
    from ewald.space.space import ConfigurationSpace

# Two ions nearer than this are never meant: the shortest bonds between ions (O-H) are 0.95 A.
SAME_SPOT_A = 0.9


def close_pairs(
    lattice: NDArray[np.float64], frac_coords: NDArray[np.float64], limit_A: float
) -> list[tuple[int, int, float]]:
    """Pairs of different sites (i < j) whose nearest images are closer than the limit, with their distance."""
    from scipy.spatial import cKDTree

    cell = np.asarray(lattice)
    frac = frac_coords - np.floor(frac_coords)
    heights = 1 / np.linalg.norm(np.linalg.inv(cell), axis=0)
    reach = np.ceil(limit_A / heights).astype(int)
    home = cKDTree(frac @ cell)
    found: dict[tuple[int, int], float] = {}
    for shift in itertools.product(*(range(-n, n + 1) for n in reach)):
        moved = frac + shift
        near = ((moved @ np.eye(3) > -reach - 1) & (moved < reach + 2)).all(axis=1)
        others = np.flatnonzero(near)
        pairs = home.query_ball_point(moved[others] @ cell, limit_A)
        for j, neighbours in zip(others, pairs, strict=True):
            for i in neighbours:
                if i < j:
                    distance = float(np.linalg.norm((frac[i] - moved[j]) @ cell))
                    if distance < limit_A:
                        found[i, int(j)] = min(distance, found.get((i, int(j)), np.inf))
    return sorted((i, j, distance) for (i, j), distance in found.items())


def forbidden_pairs(space: "ConfigurationSpace", sites: NDArray[np.int64]) -> NDArray[np.int64]:
    """Pairs of variable sites that may not both carry an ion, as variable-site numbers; shape (m, 2), i < j.

    Raises
    ------
    StructureError
        If two sites lie on one spot and ``space.min_distance_A`` does not keep one of them vacant.
    """
    numbers = _vacancies(space)
    always, never = [vacant == 0 for vacant, _ in numbers], [filled == 0 for _, filled in numbers]
    number = {int(site): k for k, site in enumerate(sites)}
    pairs = []
    for i, j, distance_A in close_pairs(space.lattice, space.frac_coords, max(space.min_distance_A, SAME_SPOT_A)):
        if never[i] or never[j]:
            continue
        if distance_A < space.min_distance_A and not (always[i] or always[j]):
            pairs.append(sorted((number[i], number[j])))
        elif distance_A < SAME_SPOT_A:
            raise _too_close(space, i, j, distance_A, always[i] or always[j])
    return np.array(sorted(pairs), dtype=np.int64).reshape(-1, 2)


def _vacancies(space: "ConfigurationSpace") -> list[tuple[int, int]]:
    """How many sites of its sublattice are vacant, and how many filled; one pair per site."""
    result = [(0, 0)] * len(space)
    for sublattice in space.sublattices:
        vacant = sum(n for species, n in zip(sublattice.species, sublattice.counts, strict=True) if species == VACANCY)
        for site in sublattice.sites:
            result[site] = (vacant, len(sublattice.sites) - vacant)
    return result


def _too_close(space: "ConfigurationSpace", i: int, j: int, distance_A: float, one_filled: bool) -> StructureError:
    names = {site: s.name for s in space.sublattices for site in s.sites}
    fix = (
        "remove one of the two sites"
        if one_filled
        else f"for split sites --min-distance {math.floor(10 * distance_A + 1) / 10:g} keeps one of the two vacant"
    )
    return StructureError(
        f"sites {i} ({names[i]}) and {j} ({names[j]}) are {distance_A:.3f} A apart: two ions on one spot",
        field="sites",
        fix=fix,
    )
