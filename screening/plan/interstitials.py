"""Interstitial sites: the voids of a crystal, found as the vertices of its Voronoi cells."""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import spglib
from numpy.typing import NDArray
from pymatgen.core import Structure

from screening.plan.mother import Mother
from screening.plan.occupation import Coordinates

_Operations = tuple[NDArray[np.int32], NDArray[np.float64]]

_SAME_SITE_A = 1.5
"""Two void sites closer than this are one; the one in the larger void is kept."""
_CENTRE_WITHIN_A = 0.5
"""A void site this near to its own symmetry copies is moved to their middle."""


def find_interstitials(mother: Mother, min_distance_A: float) -> tuple[Coordinates, ...]:
    """Find the void sites of a mother crystal, whole orbits of its space group, largest void first.

    The centres of voids are the vertices of the ions' Voronoi cells. Vertices nearer than
    `min_distance_A` to an ion are dropped; of orbits within 1.5 A of each other the larger void stays.

    Parameters
    ----------
    mother
        The mother crystal; partially occupied sites count as ions.
    min_distance_A
        Least distance from any ion.

    Returns
    -------
    tuple of coordinates
        Fractional coordinates in the mother's cell, in [0, 1).
    """
    return _find(mother.structure.to_json(), min_distance_A)


@lru_cache(maxsize=64)
def _find(structure_json: str, min_distance_A: float) -> tuple[Coordinates, ...]:
    structure = Structure.from_str(structure_json, fmt="json")
    lattice = structure.lattice
    vertices = _voronoi_vertices(structure)
    if not len(vertices):
        return ()
    clearance = np.asarray(lattice.get_all_distances(vertices, structure.frac_coords)).min(axis=1)
    operations = _operations(structure)
    kept: list[NDArray[np.float64]] = []
    for index in np.lexsort((*vertices.T.round(4), -clearance.round(3))):
        if clearance[index] < min_distance_A:
            break
        orbit = _centred_orbit(structure, vertices[index], operations)
        if np.asarray(lattice.get_all_distances(orbit[:1], structure.frac_coords)).min() < min_distance_A:
            continue
        if kept and np.asarray(lattice.get_all_distances(orbit[:1], np.vstack(kept))).min() < _SAME_SITE_A:
            continue
        kept.append(orbit)
    return _tuples(np.vstack(kept)) if kept else ()


def symmetric_copies(mother: Mother, sites: Sequence[Coordinates]) -> tuple[Coordinates, ...]:
    """Return sites together with their copies under the mother's space group, each once."""
    operations = _operations(mother.structure)
    kept: NDArray[np.float64] = np.zeros((0, 3))
    for site in sites:
        for point in _orbit(np.array(site), operations):
            near = np.asarray(mother.structure.lattice.get_all_distances(point[None], kept)) if len(kept) else None
            if near is None or near.min() > 0.1:
                kept = np.vstack([kept, point[None]])
    return _tuples(kept)


def _voronoi_vertices(structure: Structure) -> NDArray[np.float64]:
    """Fractional coordinates in [0, 1) of the Voronoi vertices of the periodic crystal, each once."""
    from scipy.spatial import Voronoi

    reach = [max(1, int(np.ceil(8.0 / length))) for length in structure.lattice.abc]
    shifts = np.stack(np.meshgrid(*(np.arange(-n, n + 1) for n in reach), indexing="ij"), axis=-1).reshape(-1, 3)
    points = (structure.frac_coords[None] + shifts[:, None]).reshape(-1, 3)
    vertices = structure.lattice.get_fractional_coords(Voronoi(structure.lattice.get_cartesian_coords(points)).vertices)
    inside = vertices[((vertices > -1e-6) & (vertices < 1 - 1e-6)).all(axis=1)]
    return np.unique(inside.round(5) % 1.0, axis=0)


def _operations(structure: Structure) -> _Operations:
    kinds: dict[str, int] = {}
    numbers = [kinds.setdefault(site.species_string, len(kinds) + 1) for site in structure]
    symmetry = spglib.get_symmetry((structure.lattice.matrix, structure.frac_coords, numbers), symprec=0.01)
    if symmetry is None:
        return np.eye(3, dtype=np.int32)[None], np.zeros((1, 3))
    return symmetry["rotations"], symmetry["translations"]


def _orbit(point: NDArray[np.float64], operations: _Operations) -> NDArray[np.float64]:
    rotations, translations = operations
    return (rotations @ point + translations) % 1.0


def _centred_orbit(structure: Structure, point: NDArray[np.float64], operations: _Operations) -> NDArray[np.float64]:
    """Orbit of a point, moved onto the special position that its nearby copies surround."""
    copies = _orbit(point, operations)
    apart = copies - point
    apart -= np.round(apart)
    near = np.linalg.norm(structure.lattice.get_cartesian_coords(apart), axis=1) < _CENTRE_WITHIN_A
    centre = point + apart[near].mean(axis=0)
    orbit: list[NDArray[np.float64]] = []
    for copy in _orbit(centre, operations):
        apart = np.array(orbit).reshape(-1, 3) - copy
        apart -= np.round(apart)
        if not orbit or np.linalg.norm(structure.lattice.get_cartesian_coords(apart), axis=1).min() > 0.05:
            orbit.append(copy)
    return np.array(orbit)


def _tuples(points: NDArray[np.float64]) -> tuple[Coordinates, ...]:
    wrapped = np.where(np.abs(points % 1.0 - 1.0) < 1e-9, 0.0, points % 1.0)
    return tuple((float(x), float(y), float(z)) for x, y, z in wrapped.round(8))
