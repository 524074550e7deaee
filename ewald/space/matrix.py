r"""The Ewald interaction matrix of unit charges on the sites of a cell.

The electrostatic energy of charges q on the sites is :math:`E = \frac12 q^T A q`. With the splitting parameter
:math:`\alpha` and cell volume V,

.. math::

    A_{ij} = k \Bigl[ \sum_R{}' \frac{\mathrm{erfc}(\alpha |r_{ij}+R|)}{|r_{ij}+R|}
           + \frac{4\pi}{V} \sum_{G \neq 0} \frac{e^{-G^2/4\alpha^2}}{G^2} \cos(G \cdot r_{ij})
           - \frac{2\alpha}{\sqrt\pi} \delta_{ij} - \frac{\pi}{V\alpha^2} \Bigr]

(tin-foil boundary, uniform neutralising background, which makes A itself independent of :math:`\alpha`).
P. P. Ewald, Ann. Phys. 369, 253 (1921); M. P. Allen and D. J. Tildesley, Computer Simulation of Liquids, ch. 6.
"""

import math

import numpy as np
from numpy.typing import NDArray

from ewald.constants import COULOMB_eV_A
from ewald.space.lattice import compact_cell

# Terms below exp(-CUTOFF**2), about 2e-16 of the leading ones, are left out in both sums.
CUTOFF = 6.0
# A term of the real-space sum costs about this many times one of the reciprocal sum, which runs as a matrix product.
_REAL_TO_RECIPROCAL_COST = 300.0
# Reciprocal vectors handled at once: bounds the memory to a few tens of MB at 2,000 sites.
_CHUNK_ELEMENTS = 2_000_000


def ewald_matrix(
    lattice: NDArray[np.float64], frac_coords: NDArray[np.float64], alpha_per_A: float | None = None
) -> NDArray[np.float64]:
    """Return the interaction matrix of unit charges.

    Parameters
    ----------
    lattice
        Rows are the cell vectors, in angstrom; shape (3, 3).
    frac_coords
        Fractional coordinates; shape (N, 3). Any value is folded into the cell.
    alpha_per_A
        Splitting parameter; by default the one that balances the cost of the two sums. The result does not depend on
        it beyond rounding.

    Returns
    -------
    numpy.ndarray
        Symmetric, shape (N, N), in eV per squared elementary charge. Relative error below 1e-10.
    """
    cell = compact_cell(np.asarray(lattice, dtype=np.float64))
    cart = np.ascontiguousarray(frac_coords, dtype=np.float64) @ np.asarray(lattice, dtype=np.float64)
    frac = cart @ np.linalg.inv(cell)
    frac -= np.floor(frac)
    volume_A3 = abs(float(np.linalg.det(cell)))
    alpha = alpha_per_A or (_REAL_TO_RECIPROCAL_COST * 2 * math.pi**3 / volume_A3**2) ** (1 / 6)
    matrix = _reciprocal(cell, frac, alpha, volume_A3)
    half_diagonal_A = 0.5 * float(np.abs(cell).sum(axis=0) @ np.ones(3))
    images = _lattice_points(cell, CUTOFF / alpha + half_diagonal_A)
    _add_real(matrix, cell, frac, images, alpha=alpha)
    matrix -= math.pi / (volume_A3 * alpha**2)
    matrix[np.diag_indices(len(frac))] -= 2 * alpha / math.sqrt(math.pi)
    return matrix * COULOMB_eV_A


def _lattice_points(cell: NDArray[np.float64], radius: float) -> NDArray[np.float64]:
    """All lattice vectors (Cartesian) within the radius, the zero vector first; shape (M, 3)."""
    heights = 1 / np.linalg.norm(np.linalg.inv(cell), axis=0)
    reach = np.ceil(radius / heights).astype(int)
    grids = np.meshgrid(*(np.arange(-n, n + 1) for n in reach), indexing="ij")
    points = np.stack([grid.ravel() for grid in grids], axis=1) @ cell
    lengths2 = np.einsum("ij,ij->i", points, points)
    points, lengths2 = points[lengths2 <= radius**2], lengths2[lengths2 <= radius**2]
    return np.ascontiguousarray(points[np.argsort(lengths2, kind="stable")])


def _reciprocal(
    cell: NDArray[np.float64], frac: NDArray[np.float64], alpha: float, volume_A3: float
) -> NDArray[np.float64]:
    """Sum over reciprocal vectors, in 1/angstrom; one of each pair +G, -G is enough since the cosine is even."""
    dual = np.ascontiguousarray(2 * math.pi * np.linalg.inv(cell).T, dtype=np.float64)
    vectors = _lattice_points(dual, 2 * alpha * CUTOFF)[1:]
    signs = np.rint(vectors @ cell.T / (2 * math.pi))
    first = np.where(signs[:, 0] != 0, signs[:, 0], np.where(signs[:, 1] != 0, signs[:, 1], signs[:, 2]))
    millers = signs[first > 0]
    squares = np.einsum("ij,ij->i", vectors, vectors)[first > 0]
    weights = 8 * math.pi / volume_A3 * np.exp(-squares / (4 * alpha**2)) / squares
    matrix = np.zeros((len(frac), len(frac)))
    chunk = max(1, _CHUNK_ELEMENTS // len(frac))
    for start in range(0, len(millers), chunk):
        phase = 2 * math.pi * (frac @ millers[start : start + chunk].T)
        root = np.sqrt(weights[start : start + chunk])
        for function in (np.cos, np.sin):
            wave = function(phase)
            wave *= root
            matrix += wave @ wave.T
    return (matrix + matrix.T) / 2


def _add_real(
    matrix: NDArray[np.float64],
    cell: NDArray[np.float64],
    frac: NDArray[np.float64],
    images: NDArray[np.float64],
    *,
    alpha: float,
) -> None:
    """Add the real-space sum to the matrix in place; images[0] is the zero vector."""
    cutoff_A = CUTOFF / alpha
    lengths2 = np.einsum("ij,ij->i", images, images)
    first, second = np.tril_indices(len(frac))
    chunk = max(1, _CHUNK_ELEMENTS // len(images))
    for start in range(0, len(first), chunk):
        i, j = first[start : start + chunk], second[start : start + chunk]
        step = frac[i] - frac[j]
        apart = (step - np.rint(step)) @ cell
        squares = 2 * apart @ images.T
        squares += np.einsum("ij,ij->i", apart, apart)[:, None]
        squares += lengths2
        # A site does not meet itself, only its images.
        squares[i == j, 0] = np.inf
        pair, image = np.nonzero(squares < cutoff_A * cutoff_A)
        distances = np.sqrt(squares[pair, image])
        # Without scipy, whose special functions take longer to load than most cells to add up.
        terms = np.fromiter(map(math.erfc, (alpha * distances).tolist()), dtype=np.float64, count=len(distances))
        totals = np.bincount(pair, terms / distances, minlength=len(i))
        matrix[i, j] += totals
        other = i != j
        matrix[j[other], i[other]] += totals[other]
