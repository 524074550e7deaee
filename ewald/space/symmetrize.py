"""Put sites and cell exactly where their symmetry says, so that symmetry copies have equal energies to rounding.

Files give coordinates with four or five digits; symmetry copies of one arrangement would then differ by up to some
meV. The average over the group removes that, and moves sites by no more than the digits left open.
"""

import numpy as np
from numpy.typing import NDArray

from ewald.space.symmetry import find_operations, site_permutations


def symmetrized(
    lattice: NDArray[np.float64], frac_coords: NDArray[np.float64], labels: NDArray[np.intc], symprec_A: float
) -> tuple[NDArray[np.float64], NDArray[np.float64], float]:
    """Average cell and sites over the space group found within ``symprec_A``.

    Parameters
    ----------
    lattice, frac_coords
        Cell vectors as rows (3, 3) in angstrom, fractional coordinates (N, 3).
    labels
        Sites of equal label may be exchanged; shape (N,).
    symprec_A
        Tolerance of the symmetry search.

    Returns
    -------
    lattice, frac_coords
        The averaged ones.
    moved_A
        How far the site that moved most moved.
    """
    operations = find_operations(lattice, frac_coords, labels, symprec_A)
    rotations, images = site_permutations(lattice, frac_coords, operations, symprec_A)
    total = np.zeros_like(frac_coords)
    for rotation, image in zip(rotations, images, strict=True):
        # The translation of the operation is fitted to the sites: then one pass of the average is exactly the
        # projection on symmetric structures.
        miss = frac_coords @ rotation.T - frac_coords[image]
        miss -= miss[0]
        miss -= np.rint(miss)
        total[image] += miss - miss.mean(axis=0)
    shift = total / len(rotations)
    cell = _symmetric_cell(lattice, rotations)
    moved_A = float(np.linalg.norm(shift @ lattice, axis=1).max())
    return cell, frac_coords + shift, moved_A


def _symmetric_cell(lattice: NDArray[np.float64], rotations: NDArray[np.intc]) -> NDArray[np.float64]:
    """Average the metric over the point group and strain the cell, without rotating it, to have that metric."""
    metric = lattice @ lattice.T
    average = np.mean([rotation.T @ metric @ rotation for rotation in rotations], axis=0)
    if np.abs(average - metric).max() < 1e-12 * np.abs(metric).max():
        return lattice
    inverse = np.linalg.inv(lattice)
    values, vectors = np.linalg.eigh(inverse @ average @ inverse.T)
    return lattice @ (vectors * np.sqrt(values)) @ vectors.T
