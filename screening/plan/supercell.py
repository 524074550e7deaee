"""The search for a supercell of a wanted size, as near to a cube as possible, over all integer matrices."""

from collections.abc import Iterable
from fractions import Fraction
from itertools import combinations
from math import lcm, log

import numpy as np
from numpy.typing import NDArray

from ewald.space.lattice import selling_reduced
from screening.value import Value

Matrix = tuple[tuple[int, int, int], tuple[int, int, int], tuple[int, int, int]]

# The obtuse superbase (a, b, c, d) of Selling and Delone has its shortest lattice vector among these seven sums.
_VORONOI = np.array([(1, 0, 0), (0, 1, 0), (0, 0, 1), (-1, -1, -1), (1, 1, 0), (1, 0, 1), (0, 1, 1)])
_TRIPLES = tuple(
    triple for triple in combinations(range(7), 3) if abs(round(np.linalg.det(_VORONOI[list(triple)]))) == 1
)


class Supercell(Value):
    """A supercell of a mother's cell.

    Attributes
    ----------
    matrix
        Integer matrix; its rows are the new lattice vectors in units of the mother's.
    minimum_image_A
        Shortest lattice vector: the least distance of an ion from its own copy.
    cubicity
        Shortest lattice vector over the edge of the cube of equal volume, at most 1.
    """

    matrix: Matrix
    minimum_image_A: float
    cubicity: float

    @property
    def cells(self) -> int:
        """Mother cells in the supercell."""
        return abs(round(float(np.linalg.det(np.array(self.matrix)))))


def describe_supercell(lattice: NDArray[np.float64], matrix: Matrix) -> Supercell:
    """Measure the supercell of a given matrix.

    Parameters
    ----------
    lattice
        Mother's lattice vectors as rows, shape (3, 3), in Angstrom.
    matrix
        Integer matrix, rows are the new vectors.

    Examples
    --------
    >>> round(describe_supercell(np.eye(3) * 5, ((1, 1, 0), (1, 0, 1), (0, 1, 1))).minimum_image_A, 4)
    7.0711
    """
    vectors = np.array(matrix)[None]
    shortest = float(_shortest(selling_reduced(vectors, lattice), lattice)[0])
    edge = abs(float(np.linalg.det(np.array(matrix) @ lattice))) ** (1 / 3)
    return Supercell(matrix=matrix, minimum_image_A=shortest, cubicity=min(1.0, shortest / edge))


def find_supercell(
    lattice: NDArray[np.float64], ions_per_cell: float, *, target_ions: int, max_ions: int, multiple: int = 1
) -> Supercell | None:
    """Find the supercell nearest to a cube with about `target_ions` ions.

    Every sublattice of every allowed index is tried once, by its Hermite normal form. Size and shape are weighed as
    ``(1 - cubicity) + |ln(ions / target)|``; among equals the one whose reduced metric is nearest to a cube's is taken.

    Parameters
    ----------
    lattice
        Mother's lattice vectors as rows, shape (3, 3), in Angstrom.
    ions_per_cell
        Ions in one mother cell.
    target_ions, max_ions
        Size aimed at and never exceeded.
    multiple
        The number of mother cells must be a multiple of this, so that every count of ions is whole.

    Returns
    -------
    Supercell or None
        None when no allowed number of cells exists.
    """
    best: tuple[float, float, int, Matrix] | None = None
    largest = int(max_ions / ions_per_cell + 1e-9)
    for cells in range(multiple, largest + 1, multiple):
        size_cost = abs(log(cells * ions_per_cell / target_ions))
        if best is not None and size_cost > best[0] + 1e-9:
            continue
        cubicity, misfit, matrix = _best_shape(lattice, cells)
        found = (round(1 - cubicity + size_cost, 9), round(misfit, 9), cells, matrix)
        best = found if best is None or found < best else best
    return None if best is None else describe_supercell(lattice, best[3])


def common_multiple(counts: Iterable[Fraction]) -> int:
    """Return the least number of cells in which all counts per cell are whole.

    Examples
    --------
    >>> common_multiple([Fraction(1, 4), Fraction(5, 6)])
    12
    """
    return lcm(1, *(count.denominator for count in counts))


def hermite_normal_forms(index: int) -> NDArray[np.int64]:
    """Return every sublattice of the given index once, as lower-triangular matrices, shape (n, 3, 3).

    Their number is the sum over divisors d of d times the sum of the divisors of d.
    """
    forms = [
        ((a, 0, 0), (b, c, 0), (d, e, f))
        for a in range(1, index + 1)
        if index % a == 0
        for c in range(1, index // a + 1)
        if (index // a) % c == 0
        for f in (index // (a * c),)
        for b in range(a)
        for d in range(a)
        for e in range(c)
    ]
    return np.array(forms, dtype=np.int64)


def _best_shape(lattice: NDArray[np.float64], cells: int) -> tuple[float, float, Matrix]:
    """Cubicity, misfit of the metric and matrix of the most cubic sublattice of one index."""
    reduced = selling_reduced(hermite_normal_forms(cells), lattice)
    edge = (cells * abs(float(np.linalg.det(lattice)))) ** (1 / 3)
    cubicity = np.minimum(1.0, _shortest(reduced, lattice) / edge)
    good = np.flatnonzero(cubicity > cubicity.max() - 1e-6)
    bases, misfits = _nearest_to_cube(reduced[good], lattice, edge)
    pick = int(np.lexsort((np.abs(bases).sum(axis=(1, 2)), np.round(misfits, 6)))[0])
    matrix = bases[pick]
    if np.linalg.det(matrix) < 0:
        matrix = -matrix
    rows = tuple(tuple(int(x) for x in row) for row in matrix)
    return float(cubicity[good].max()), float(misfits[pick]), rows  # type: ignore[return-value]


def _shortest(superbases: NDArray[np.int64], lattice: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the shortest lattice vector of each obtuse superbase, in Angstrom."""
    candidates = np.einsum("vi,nik->nvk", _VORONOI, superbases[:, :3])
    return np.linalg.norm(candidates @ lattice, axis=2).min(axis=1)


def _nearest_to_cube(
    superbases: NDArray[np.int64], lattice: NDArray[np.float64], edge: float
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Choose from each superbase the three vectors whose metric is nearest to a cube's."""
    candidates = np.einsum("vi,nik->nvk", _VORONOI, superbases[:, :3])
    bases = np.stack([candidates[:, list(triple)] for triple in _TRIPLES], axis=1)
    vectors = bases @ lattice / edge
    misfits = np.abs(np.einsum("ntik,ntjk->ntij", vectors, vectors) - np.eye(3)).sum(axis=(2, 3))
    pick = misfits.argmin(axis=1)
    rows = np.arange(len(superbases))
    return bases[rows, pick], misfits[rows, pick]
