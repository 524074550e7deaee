"""Which sites lie so near one another that they cannot both carry an ion."""

import itertools
import math
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from ewald.errors import StructureError
from ewald.ions import VACANCY, element_of
from ewald.space.sublattice import Sublattice, sites_of, variable_of

# Two ions nearer than this are never meant; X-ray refinements put hydrogen as near as 0.8 A to its neighbour, and split
# sites of a proton are nearer still.
SAME_SPOT_A, _SAME_SPOT_HYDROGEN_A = 0.9, 0.5


def close_pairs(
    lattice: NDArray[np.float64], frac_coords: NDArray[np.float64], limit_A: float
) -> list[tuple[int, int, float]]:
    """Pairs of different sites (i < j) whose nearest images are closer than the limit, with their distance in angstrom.

    Parameters
    ----------
    lattice, frac_coords
        Cell vectors as rows (3, 3) in angstrom, fractional coordinates (N, 3).
    limit_A
        The limit.
    """
    from scipy.spatial import cKDTree

    cell = np.asarray(lattice)
    frac = frac_coords - np.floor(frac_coords)
    heights = 1 / np.linalg.norm(np.linalg.inv(cell), axis=0)
    reach = np.ceil(limit_A / heights).astype(int)
    tree = cKDTree(frac @ cell)
    found: dict[tuple[int, int], float] = {}
    for shift in itertools.product(*(range(-n, n + 1) for n in reach)):
        moved = frac + shift
        near = ((moved @ np.eye(3) > -reach - 1) & (moved < reach + 2)).all(axis=1)
        others = np.flatnonzero(near)
        pairs = tree.query_ball_point(moved[others] @ cell, limit_A)
        for j, neighbours in zip(others, pairs, strict=True):
            for i in neighbours:
                if i < j:
                    distance = float(np.linalg.norm((frac[i] - moved[j]) @ cell))
                    if distance < limit_A:
                        found[i, int(j)] = min(distance, found.get((i, int(j)), np.inf))
    return sorted((i, j, distance) for (i, j), distance in found.items())


def forbidden_pairs(
    lattice: NDArray[np.float64],
    frac_coords: NDArray[np.float64],
    sublattices: Sequence[Sublattice],
    min_distance_A: float,
    closest_A: Mapping[str, float] | None = None,
    *,
    apart: Sequence[tuple[int, int]] = (),
) -> NDArray[np.int64]:
    """Pairs of variable sites that may not both carry an ion, as variable-site numbers; shape (m, 2), i < j.

    Parameters
    ----------
    lattice, frac_coords
        Cell vectors as rows (3, 3) in angstrom, fractional coordinates (N, 3).
    sublattices
        They cover every site exactly once.
    min_distance_A
        Two sites that both can be vacant never both carry an ion when closer than this.
    closest_A
        The same for ions of two elements (``{"Li-Na": 2.2}``), where nothing that two sites may carry comes nearer.
    apart
        Sites that can be vacant and never both carry an ion, whatever their distance.

    Raises
    ------
    StructureError
        If two sites lie on one spot and ``min_distance_A`` does not keep one of them vacant.
    """
    owner = {site: sublattice for sublattice in sublattices for site in sublattice.sites}
    number = {int(site): k for k, site in enumerate(sites_of(variable_of(sublattices)))}
    known = closest_A or {}
    given = {tuple(sorted(pair)) for pair in apart if all(_vacancies(owner[site]) > 0 for site in pair)}
    pairs = [sorted((number[i], number[j])) for i, j in given if i in number and j in number]
    for i, j, distance_A in close_pairs(lattice, frac_coords, max(min_distance_A, SAME_SPOT_A, *known.values())):
        vacant = [_vacancies(owner[site]) for site in (i, j)]
        limit_A = max(min_distance_A, closest_of_pair(owner[i], owner[j], known))
        if (i, j) in given or any(count == len(owner[site].sites) for site, count in zip((i, j), vacant, strict=True)):
            continue
        if distance_A < limit_A and all(vacant):
            pairs.append(sorted((number[i], number[j])))
        elif distance_A < same_spot_A(owner[i], owner[j]):
            raise _too_close((i, owner[i].name), (j, owner[j].name), distance_A, one_filled=not all(vacant))
    return np.array(sorted(pairs), dtype=np.int64).reshape(-1, 2)


def element_pair(one: str, other: str) -> str:
    """Name a pair of elements, the same for both orders: ``Li-Na``."""
    return "-".join(sorted((one, other)))


def closest_of_pair(one: Sublattice, other: Sublattice, closest_A: Mapping[str, float]) -> float:
    """Least distance at which the sites of two sublattices can both carry an ion, whichever; 0 where there is none.

    Parameters
    ----------
    one, other
        The sublattices.
    closest_A
        Distance by pair of elements.
    """
    pairs = [
        element_pair(element_of(a), element_of(b)) for a in one.species for b in other.species if VACANCY not in {a, b}
    ]
    return min((closest_A.get(pair, 0.0) for pair in pairs), default=0.0)


def same_spot_A(one: Sublattice, other: Sublattice) -> float:
    """Distance below which the sites of two sublattices are one spot, whatever is on them."""
    hydrogen = any(all(name == VACANCY or element_of(name) in {"H", "D"} for name in s.species) for s in (one, other))
    return _SAME_SPOT_HYDROGEN_A if hydrogen else SAME_SPOT_A


def can_be_vacant(sublattice: Sublattice) -> bool:
    """Whether some of its sites stay vacant."""
    return _vacancies(sublattice) > 0


def _vacancies(sublattice: Sublattice) -> int:
    return sum(n for species, n in zip(sublattice.species, sublattice.counts, strict=True) if species == VACANCY)


def _too_close(one: tuple[int, str], other: tuple[int, str], distance_A: float, *, one_filled: bool) -> StructureError:
    fix = (
        "remove one of the two sites, or correct the cell, the symmetry or the coordinates"
        if one_filled
        else f"for split sites --min-distance {math.floor(10 * distance_A + 1) / 10:g} keeps one of the two vacant"
    )
    return StructureError(
        f"sites {one[0]} ({one[1]}) and {other[0]} ({other[1]}) are {distance_A:.3f} A apart: two ions on one position",
        field="sites",
        fix=fix,
    )
