"""Energies of whole orbits of grid points: what a symmetric arrangement is made of.

On a uniform grid every interaction depends on the difference of two points alone, so that one row of each matrix is all
there is to compute. A literal says "this orbit holds this species".
"""

import itertools
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.ipcsp.rows import Row
from ewald.pairs import pair_sums
from ewald.space import ewald_matrix

_FINEST_WITH_SYMMETRY = 8


@dataclass(frozen=True, eq=False)
class OrbitEnergies:
    """Costs of the literals that no distance forbids, shapes (m,) and (m, m), and which of them exclude one another."""

    orbit: NDArray[np.int64]
    species: NDArray[np.int64]
    size: NDArray[np.int64]
    single_eV: NDArray[np.float64]
    pair_eV: NDArray[np.float64]
    excluded: NDArray[np.bool_]

    def energy_eV(self, chosen: NDArray[np.int64]) -> float:
        """Energy of a choice of literals."""
        return float(self.single_eV[chosen].sum() + 0.5 * self.pair_eV[np.ix_(chosen, chosen)].sum())


def orbit_energies(row: Row) -> OrbitEnergies:
    """Sum the interactions of the points of all orbits."""
    material, orbits = row.material, row.orbits
    names = list(material.ions)
    count = int(orbits.max()) + 1
    sizes = np.bincount(orbits)
    coulomb = _between_orbits(_ewald_row(row), orbits, row.grid)
    points, cell = _points(row.grid), material.cell_A * np.eye(3)
    nearest = _nearest_A(points, material.cell_A)
    m = count * len(names)
    pair, excluded = np.zeros((m, m)), np.zeros((m, m), dtype=bool)
    for a, one in enumerate(names):
        for b, other in enumerate(names):
            block = material.charges[one] * material.charges[other] * coulomb
            closed = np.zeros((count, count), dtype=bool)
            functions = material.pairs.between(one, other)
            if functions:
                limit_A = material.closest_A(one, other)
                near = (nearest < limit_A) & (nearest > 0)
                closed = _between_orbits(near.astype(float), orbits, row.grid) > 0
                # Differences that are excluded need no energy; the function may not even be defined there.
                sums = pair_sums(cell, points, functions, rows=np.zeros(1, dtype=np.int64))
                total = np.where(near, 0.0, sum(one_sum[0] for one_sum in sums))
                block = block + _between_orbits(total, orbits, row.grid)
            rows, columns = slice(a * count, (a + 1) * count), slice(b * count, (b + 1) * count)
            pair[rows, columns], excluded[rows, columns] = block, closed
    own = np.diag(pair).copy()
    possible = ~np.diag(excluded)
    orbit, species = np.tile(np.arange(count), len(names)), np.repeat(np.arange(len(names)), count)
    excluded |= orbit[:, None] == orbit[None, :]
    pair[excluded] = 0.0
    keep = np.flatnonzero(possible)
    grid = np.ix_(keep, keep)
    return OrbitEnergies(orbit[keep], species[keep], sizes[orbit[keep]], 0.5 * own[keep], pair[grid], excluded[grid])


def orbit_symmetry(row: Row) -> NDArray[np.int64]:
    """How the symmetry of the grid that maps orbits on orbits permutes them; shape (order, orbits), identity first.

    For P1, whose orbits are points, that is the whole symmetry of the grid. Above 8 points an edge only the identity.
    """
    orbits, grid = row.orbits, row.grid
    count = int(orbits.max()) + 1
    if grid > _FINEST_WITH_SYMMETRY:
        return np.arange(count)[None, :]
    points = np.rint(_points(grid) * grid).astype(int)
    first = np.array([np.flatnonzero(orbits == orbit)[0] for orbit in range(count)])
    found = []
    for axes in itertools.permutations(range(3)):
        for signs in itertools.product((1, -1), repeat=3):
            turned = points[:, axes] * signs
            for shift in points:
                image = orbits[((turned + shift) % grid) @ (grid * grid, grid, 1)]
                if (image[first][orbits] == image).all():
                    found.append(image[first])
    return np.unique(np.array(found), axis=0)


def _points(grid: int) -> NDArray[np.float64]:
    return np.array(list(np.ndindex(grid, grid, grid))) / grid


def _nearest_A(points: NDArray[np.float64], cell_A: float) -> NDArray[np.float64]:
    """Distance of every point to the nearest image of the first."""
    return cell_A * np.linalg.norm(points - np.rint(points), axis=1)


def _ewald_row(row: Row) -> NDArray[np.float64]:
    """First row of the Ewald matrix of the grid: one pair of points for each difference that symmetry leaves."""
    points, cell = _points(row.grid), row.material.cell_A * np.eye(3)
    folded = np.sort(np.rint(np.abs(points - np.rint(points)) * row.grid).astype(int), axis=1)
    kinds, which = np.unique(folded, axis=0, return_inverse=True)
    values = np.empty(len(kinds))
    for number, kind in enumerate(kinds):
        pair = np.array([[0, 0, 0], kind / row.grid]) if kind.any() else np.zeros((1, 3))
        values[number] = ewald_matrix(cell, pair)[0, -1]
    return values[which.reshape(-1)]


def _between_orbits(first_row: NDArray[np.float64], orbits: NDArray[np.int64], grid: int) -> NDArray[np.float64]:
    """Sum an interaction over the points of two orbits, for all of them; shape (orbits, orbits)."""
    count = int(orbits.max()) + 1
    cube = first_row.reshape(grid, grid, grid)
    result = np.empty((count, count))
    for orbit in range(count):
        total = np.zeros_like(cube)
        for point in np.argwhere((orbits == orbit).reshape(cube.shape)):
            total += np.roll(cube, tuple(point), axis=(0, 1, 2))
        result[orbit] = np.bincount(orbits, weights=total.reshape(-1), minlength=count)
    return 0.5 * (result + result.T)
