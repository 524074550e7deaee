"""Interstitial sites: the voids of a crystal, found as the vertices of its Voronoi cells."""

import warnings
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from pymatgen.core import Species, Structure

from ewald.space.matrix import ewald_matrix
from screening.plan.mother import Mother
from screening.plan.occupation import Coordinates
from screening.species import VACANCY, charge_of
from screening.value import Value

_Operations = tuple[NDArray[np.int32], NDArray[np.float64]]

_SAME_SITE_A = 1.5
"""Two void sites closer than this are one; the one in the larger void is kept."""
_CENTRE_WITHIN_A = 0.5
"""A void site this near to its own symmetry copies is moved to their middle."""
_ANION_SHARE = 0.75
_FRAMEWORK_SHARE = 1.0
"""Least distances of an added ion in sums of radii, see `least_distances`."""
_UNKNOWN_RADIUS_A = 1.0


class VoidKind(Value):
    """Void sites of a mother that are copies of each other under its space group.

    Attributes
    ----------
    mother
        Name of the mother.
    sites
        How many of them one cell of the mother holds.
    anion, anion_distance_A
        The nearest anion and its distance.
    cation, cation_distance_A
        The nearest cation and its distance.
    site_energy_eV
        Energy of the mobile ion there in the potential of the formal charges of all others, which stay where they are.
        The lowest is filled first by the Ewald screen.
    """

    mother: str
    sites: int
    anion: str
    anion_distance_A: float
    cation: str
    cation_distance_A: float
    site_energy_eV: float


def find_interstitials(mother: Mother, min_distance_A: float | None = None) -> tuple[Coordinates, ...]:
    """Find the void sites of a mother crystal, whole orbits of its space group, largest void first.

    The centres of voids are the vertices of the ions' Voronoi cells. Vertices too near to an ion are dropped; of orbits
    within 1.5 A of each other the larger void stays.

    Parameters
    ----------
    mother
        The mother crystal; partially occupied sites count as ions.
    min_distance_A
        Least distance from any ion; when left out, that of :func:`least_distances`.

    Returns
    -------
    tuple of coordinates
        Fractional coordinates in the mother's cell, in [0, 1).
    """
    least = least_distances(mother) if min_distance_A is None else (min_distance_A,) * len(mother.structure)
    return _tuples([site for orbit in _find(mother.structure.to_json(), least) for site in orbit])


def least_distances(mother: Mother) -> tuple[float, ...]:
    """Return how near to each site of a mother an added mobile ion may be put, in angstrom.

    Three quarters of the sum of both crystal radii (R. D. Shannon, Acta Cryst. A 32, 751 (1976)) from an anion: nearer,
    no relaxation makes room. The whole sum from a cation of the framework, which repels it; three quarters of it from
    other mobile ions, which may give way.
    """
    mobile = mother.mobile_species
    least = []
    for occupied in mother.occupancies():
        ions = [species for species in occupied if species != VACANCY] or [mobile]
        least.append(max(_least(mobile, species) for species in ions))
    return tuple(least)


def _least(mobile: str, other: str) -> float:
    radii = _radius(mobile) + _radius(other)
    return radii * (_FRAMEWORK_SHARE if charge_of(other) * charge_of(mobile) > 0 and other != mobile else _ANION_SHARE)


def _radius(species: str) -> float:
    ion = Species.from_str(species)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # where the table has a radius for each spin only, the low one is taken
        radius = ion.ionic_radius or ion.element.average_ionic_radius
    return float(radius) or _UNKNOWN_RADIUS_A


def void_kinds(mother: Mother, min_distance_A: float | None = None) -> tuple[VoidKind, ...]:
    """Return the kinds of void sites, those of lowest site energy first.

    Parameters
    ----------
    mother
        The mother crystal.
    min_distance_A
        As for :func:`find_interstitials`.
    """
    structure = mother.structure
    least = least_distances(mother) if min_distance_A is None else (min_distance_A,) * len(structure)
    charges = np.array(
        [sum(charge_of(species) * n for species, n in occupied.items()) for occupied in mother.occupancies()]
    )
    kinds = []
    for orbit in _find(structure.to_json(), least):
        distances = np.asarray(structure.lattice.get_all_distances(orbit[:1], structure.frac_coords))[0]
        matrix = ewald_matrix(structure.lattice.matrix, np.vstack([structure.frac_coords, orbit[:1]]))
        anion, cation = (_nearest(distances, sign * charges > 0) for sign in (-1, 1))
        kinds.append(
            VoidKind(
                mother=mother.name,
                sites=len(orbit),
                anion=_element(structure, anion),
                anion_distance_A=round(float(distances[anion]), 3),
                cation=_element(structure, cation),
                cation_distance_A=round(float(distances[cation]), 3),
                site_energy_eV=round(float(charge_of(mother.mobile_species) * matrix[-1, :-1] @ charges), 3),
            )
        )
    return tuple(sorted(kinds, key=lambda kind: kind.site_energy_eV))


def _nearest(distances: NDArray[np.float64], chosen: NDArray[np.bool_]) -> int:
    return int(np.argmin(np.where(chosen, distances, np.inf)))


def _element(structure: Structure, site: int) -> str:
    return str(max(structure[site].species.items(), key=lambda item: item[1])[0].symbol)


@lru_cache(maxsize=64)
def _find(structure_json: str, least: tuple[float, ...]) -> tuple[NDArray[np.float64], ...]:
    """Return the orbits of void sites that keep the least distance from every site, largest void first."""
    structure = Structure.from_str(structure_json, fmt="json")
    lattice = structure.lattice
    vertices = _voronoi_vertices(structure)
    if not len(vertices):
        return ()
    distances = np.asarray(lattice.get_all_distances(vertices, structure.frac_coords))
    clearance = distances.min(axis=1)
    operations = _operations(structure)
    kept: list[NDArray[np.float64]] = []
    for index in np.lexsort((*vertices.T.round(4), -clearance.round(3))):
        if (distances[index] < least).any():
            continue
        orbit = _centred_orbit(structure, vertices[index], operations)
        if (np.asarray(lattice.get_all_distances(orbit[:1], structure.frac_coords))[0] < least).any():
            continue
        if kept and np.asarray(lattice.get_all_distances(orbit[:1], np.vstack(kept))).min() < _SAME_SITE_A:
            continue
        kept.append(orbit)
    return tuple(kept)


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
    import spglib

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


def _tuples(points: NDArray[np.float64] | Sequence[NDArray[np.float64]]) -> tuple[Coordinates, ...]:
    points = np.asarray(points, dtype=np.float64).reshape(-1, 3)
    wrapped = np.where(np.abs(points % 1.0 - 1.0) < 1e-9, 0.0, points % 1.0)
    return tuple((float(x), float(y), float(z)) for x, y, z in wrapped.round(8))
