"""Sites of the mobile ion, as the maxima of its density.

The density of the run, smoothed over 0.3 A, falls into basins: from each point the way of steepest ascent ends at one
maximum. Two basins are one site where the free energy between them rises by less than kT, as the density says, and
where both together hold no more than one ion.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pymatgen.core import Structure
from scipy import ndimage

from ewald.errors import UserError
from screening.trajectory.trajectory import Positions

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

SPACING_A = 0.3
SMOOTHING_A = 0.3

SHALLOW_KT = 1.0
"""Barriers below this, in kT, part no sites."""

CORE = 0.35
"""An ion is at a site where the density is at least this share of the site's maximum: about one standard deviation and
a half of a harmonic vibration in three dimensions."""

MOST_HELD = 1.1
"""A site holds one ion at a time."""

_LEAST_SHARE = 0.02
"""A maximum that holds less than this share of an ion on average is a place passed through, not a site."""


@dataclass(frozen=True)
class Sites:
    """Sites in the cell, and which part of it belongs to each.

    Attributes
    ----------
    cell_A
        (3, 3) rows.
    scaled
        (S, 3) centres in units of the cell.
    occupancy
        (S,) ions at each site on average, of those within its basin.
    density
        (a, b, c) ions per cubic angstrom on a grid over the cell.
    basin
        (a, b, c) site whose basin a point is in.
    core
        (a, b, c) the same near the site, -1 elsewhere.
    """

    cell_A: Floats
    scaled: Positions
    occupancy: Floats
    density: Floats
    basin: Ints
    core: Ints

    def __len__(self) -> int:
        return len(self.scaled)

    def at(self, scaled: Positions, labels: Ints) -> Ints:
        """Return the label (`basin` or `core`) at scaled positions (..., 3)."""
        shape = np.array(labels.shape)
        index = np.floor((scaled - np.floor(scaled)) * shape).astype(np.int64) % shape
        return np.asarray(labels[index[..., 0], index[..., 1], index[..., 2]])


def density_of(scaled: Positions, cell_A: Floats, spacing_A: float = SPACING_A) -> Floats:
    """Return the mean density on a grid, in ions per cubic angstrom, smoothed.

    Parameters
    ----------
    scaled
        (n, 3, F) positions of the mobile ions in units of the cell.
    cell_A
        (3, 3).
    spacing_A
        Largest spacing of the grid.
    """
    lengths = np.linalg.norm(cell_A, axis=1)
    shape = np.maximum(4, np.ceil(lengths / spacing_A)).astype(np.int64)
    counts = np.zeros(int(np.prod(shape)))
    for ion in scaled:
        index = np.floor((ion - np.floor(ion)) * shape[:, None]).astype(np.int64) % shape[:, None]
        counts += np.bincount(np.ravel_multi_index(tuple(index), tuple(shape)), minlength=len(counts))
    volume = abs(float(np.linalg.det(cell_A))) / len(counts)
    density = counts.reshape(shape) / (scaled.shape[2] * volume)
    # The grid is nearly cubic in the crystals concerned: the width is that along each vector.
    return np.asarray(ndimage.gaussian_filter(density, SMOOTHING_A / (lengths / shape), mode="wrap"))


def find_sites(scaled: Positions, cell_A: Floats, spacing_A: float = SPACING_A) -> Sites:
    """Find the sites of a run.

    Parameters
    ----------
    scaled
        (n, 3, F) positions of the mobile ions in units of the cell.
    cell_A
        (3, 3).
    spacing_A
        Largest spacing of the grid.
    """
    density = density_of(scaled, cell_A, spacing_A)
    volume = abs(float(np.linalg.det(cell_A))) / density.size
    basin, peaks = _merged(density, volume, *_basins(density))
    held = np.bincount(basin.ravel(), density.ravel(), minlength=len(peaks)) * volume
    kept = np.flatnonzero(held >= _LEAST_SHARE)
    number = np.full(len(peaks), -1)
    number[kept] = np.arange(len(kept))
    basin, peaks, held = number[basin], peaks[kept], held[kept]
    heights = density.ravel()[peaks]
    threshold = np.where(basin >= 0, CORE * heights[basin], np.inf)
    core = np.where(density >= threshold, basin, -1)
    occupancy = np.asarray(held, dtype=np.float64)
    return Sites(cell_A, _centres(density, core, peaks), occupancy, density, basin, core)


def _neighbours() -> list[tuple[int, int, int]]:
    steps = (-1, 0, 1)
    return [(i, j, k) for i in steps for j in steps for k in steps if (i, j, k) != (0, 0, 0)]


def _basins(density: Floats) -> tuple[Ints, Ints]:
    """Return the basin of every point, and the point of each basin's maximum."""
    points = np.arange(density.size).reshape(density.shape)
    # Equal heights are told apart by their place, so that a plateau has one maximum.
    height = density + 1e-12 * max(float(density.max()), 1e-300) * np.random.default_rng(0).random(density.shape)
    best, uphill = height.copy(), points.copy()
    for step in _neighbours():
        near = np.roll(height, step, axis=(0, 1, 2))
        higher = near > best
        best[higher] = near[higher]
        uphill[higher] = np.roll(points, step, axis=(0, 1, 2))[higher]
    top = uphill.ravel()
    while not np.array_equal(further := top[top], top):
        top = further
    peaks, basin = np.unique(top, return_inverse=True)
    return basin.reshape(density.shape), peaks


def _merged(density: Floats, volume_A3: float, basin: Ints, peaks: Ints) -> tuple[Ints, Ints]:
    """Join basins whose barrier is shallow, the shallowest first, as long as they hold no more than one ion."""
    pairs: dict[tuple[int, int], float] = {}
    for step in _neighbours()[13:]:
        other = np.roll(basin, step, axis=(0, 1, 2))
        saddle = np.minimum(density, np.roll(density, step, axis=(0, 1, 2)))
        for a, b, height in zip(*(x[basin != other] for x in (basin, other, saddle)), strict=True):
            key = (min(a, b), max(a, b))
            pairs[key] = max(pairs.get(key, 0.0), float(height))
    parent = np.arange(len(peaks))

    def root(i: int) -> int:
        while parent[i] != i:
            parent[i] = parent[parent[i]]
            i = int(parent[i])
        return i

    heights = density.ravel()[peaks]
    held = np.bincount(basin.ravel(), density.ravel(), minlength=len(peaks)) * volume_A3
    for (a, b), saddle_height in sorted(pairs.items(), key=lambda item: -item[1]):
        low, high = sorted((root(a), root(b)), key=lambda i: heights[i])
        shallow = saddle_height > heights[low] * np.exp(-SHALLOW_KT)
        if low != high and shallow and held[low] + held[high] < MOST_HELD:
            parent[low] = high
            held[high] += held[low]
    roots = np.array([root(i) for i in range(len(peaks))])
    kept, label = np.unique(roots, return_inverse=True)
    return label[basin], peaks[kept]


def _centres(density: Floats, core: Ints, peaks: Ints) -> Floats:
    """Return the mean scaled position of each core, weighted by density, taken about its maximum."""
    shape = np.array(density.shape)
    centres = np.empty((len(peaks), 3))
    for site, peak in enumerate(np.array(np.unravel_index(peaks, density.shape)).T):
        where = np.argwhere(core == site)
        offset = (where - peak + shape // 2) % shape - shape // 2
        weights = density[tuple(where.T)]
        centres[site] = (peak + 0.5 + weights @ offset / weights.sum()) / shape
    return centres % 1.0


def sites_of_crystal(found: Sites, crystal: Structure, element: str) -> Sites:
    """Return the sites of a crystal in place of those found: each part of the cell belongs to the nearest one.

    Parameters
    ----------
    found
        Density of the run.
    crystal
        In the cell of the run; partly occupied sites count as one.
    element
        Mobile element.

    Raises
    ------
    UserError
        When the cell is another, or no site holds the element.
    """
    if not np.allclose(
        crystal.lattice.matrix @ crystal.lattice.matrix.T, found.cell_A @ found.cell_A.T, rtol=0.05, atol=1
    ):
        raise UserError("has another cell than the run", field="sites", fix="give the supercell of the run")
    names = [{specie.symbol for specie in site.species} for site in crystal]
    centres = np.array([site.frac_coords for site, held in zip(crystal, names, strict=True) if element in held]) % 1.0
    if not len(centres):
        raise UserError("has no site of the mobile element", field="sites", value=element)
    shape = found.density.shape
    points = (np.stack(np.meshgrid(*map(np.arange, shape), indexing="ij"), axis=-1).reshape(-1, 3) + 0.5) / shape
    nearest, shortest = np.zeros(len(points), dtype=np.int64), np.full(len(points), np.inf)
    for site, centre in enumerate(centres):
        apart = points - centre
        distance = np.linalg.norm((apart - np.round(apart)) @ found.cell_A, axis=1)
        closer = distance < shortest
        nearest[closer], shortest[closer] = site, distance[closer]
    basin = nearest.reshape(shape)
    volume = abs(float(np.linalg.det(found.cell_A))) / found.density.size
    held = np.bincount(nearest, found.density.ravel(), minlength=len(centres)) * volume
    held_ions = np.asarray(held, dtype=np.float64)
    heights = ndimage.maximum(found.density, basin, np.arange(len(centres)))
    core = np.where(found.density >= CORE * np.maximum(heights, 1e-300)[basin], basin, -1)
    return Sites(found.cell_A, centres, held_ions, found.density, basin, core)
