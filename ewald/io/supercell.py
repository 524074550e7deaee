"""Supercells: how users write them, and the sites they contain."""

import itertools
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ewald.errors import StructureError

Supercell = str | int | Sequence[int] | Sequence[Sequence[int]] | NDArray[np.int64] | None

_LARGEST_SUPERCELL = 100_000
# A supercell along the cell's own vectors is taken unless a skew one keeps images so much farther apart.
_DIAGONAL_SHARE = 0.85


def supercell_matrix(supercell: Supercell) -> NDArray[np.int64]:
    """Read a supercell as a 3x3 integer matrix whose rows are the new cell vectors in terms of the old ones.

    Accepts ``None`` (the cell itself), one number, three ("2 2 3", "2x2x3", [2, 2, 3]) or nine.

    Parameters
    ----------
    supercell
        None, a number, three or nine whole numbers, or a text of them.

    Raises
    ------
    StructureError
        If it is none of these, the matrix is singular, or has more than 100,000 cells.

    Examples
    --------
    >>> supercell_matrix("2x2x3").diagonal().tolist()
    [2, 2, 3]
    """
    if supercell is None:
        return np.eye(3, dtype=np.int64)
    raw = supercell.replace("x", " ").replace(",", " ").split() if isinstance(supercell, str) else supercell
    try:
        numbers = np.array(raw, dtype=float).ravel()
    except (TypeError, ValueError):
        numbers = np.empty(0)
    if numbers.size not in {1, 3, 9} or not np.isfinite(numbers).all() or (numbers != np.rint(numbers)).any():
        raise _refused(supercell)
    if np.abs(numbers).max() > _LARGEST_SUPERCELL:
        raise _too_large(supercell)
    if numbers.size == 9:
        matrix = np.rint(numbers).astype(np.int64).reshape(3, 3)
    else:
        if (numbers < 1).any():
            raise _refused(supercell)
        matrix = np.diag(np.broadcast_to(np.rint(numbers), 3).astype(np.int64))
    cells = round(abs(np.linalg.det(matrix)))
    if cells < 1:
        raise _refused(supercell)
    box = np.prod(np.abs(matrix).sum(axis=0) + 1.0)  # where its cells are looked for; far more of them when it is flat
    if cells > _LARGEST_SUPERCELL or box > 100 * _LARGEST_SUPERCELL:
        raise _too_large(supercell)
    return matrix


def _refused(supercell: object) -> StructureError:
    return StructureError(
        "not a supercell", field="supercell", value=str(supercell), fix='write "2 2 3", or nine integers of a matrix'
    )


def _too_large(supercell: object) -> StructureError:
    return StructureError(
        f"a supercell beyond {_LARGEST_SUPERCELL} cells, or too flat a one",
        field="supercell",
        value=str(supercell),
        fix="give a smaller one: the interactions of its sites would not fit into any memory",
    )


def cell_corners(matrix: NDArray[np.int64]) -> NDArray[np.float64]:
    """Where the cells of a supercell begin, in its fractional coordinates; shape (P, 3), the last axis fastest."""
    corners = np.array(list(itertools.product((0, 1), repeat=3))) @ matrix
    ranges = [range(low, high + 1) for low, high in zip(corners.min(axis=0), corners.max(axis=0), strict=True)]
    points = np.array(list(itertools.product(*ranges))) @ np.linalg.inv(matrix)
    points = points[((points > -1e-9) & (points < 1 - 1e-9)).all(axis=1)]
    if len(points) != round(abs(np.linalg.det(matrix))):
        raise StructureError("the supercell could not be filled", field="supercell", value=matrix.tolist())
    return points


def expand(
    frac_coords: NDArray[np.float64], matrix: NDArray[np.int64], corners: NDArray[np.float64] | None = None
) -> NDArray[np.float64]:
    """Fractional coordinates in the supercell, shape (N * P, 3); the P copies of one site stand together.

    `corners` are those of :func:`cell_corners`, where their order is to be another.
    """
    corners = cell_corners(matrix) if corners is None else corners
    copies = ((frac_coords @ np.linalg.inv(matrix))[:, None, :] + corners[None, :, :]).reshape(-1, 3)
    return copies - np.floor(copies + 1e-12)


def expand_pairs(
    pairs: Sequence[tuple[int, int, Sequence[int]]],
    matrix: NDArray[np.int64],
    corners: NDArray[np.float64] | None = None,
) -> tuple[tuple[int, int], ...]:
    """All copies of pairs of sites in a supercell, as sites of it.

    Parameters
    ----------
    pairs
        Two sites of the cell, and by how many cell vectors the second lies beyond its place in the cell.
    matrix, corners
        As for :func:`expand`.

    Examples
    --------
    >>> expand_pairs([(0, 1, (1, 0, 0))], np.diag([2, 1, 1]))
    ((0, 3), (1, 2))
    """
    corners = cell_corners(matrix) if corners is None else corners
    found = set()
    for one, other, shift in pairs:
        away = (corners + np.asarray(shift) @ np.linalg.inv(matrix))[:, None] - corners[None]
        moved = np.abs(away - np.rint(away)).sum(axis=2).argmin(axis=1)
        for copy, reached in enumerate(moved.tolist()):
            found.add(tuple(sorted((one * len(corners) + copy, other * len(corners) + reached))))
    return tuple(sorted((i, j) for i, j in found if i != j))


def shapes(multiple: int) -> list[tuple[int, int, int]]:
    """Diagonal supercells of a given size, the most compact first.

    Examples
    --------
    >>> shapes(4)[0]
    (1, 2, 2)
    """
    found = [
        (a, b, multiple // (a * b))
        for a in range(1, multiple + 1)
        if multiple % a == 0
        for b in range(1, multiple // a + 1)
        if (multiple // a) % b == 0
    ]
    return sorted(found, key=lambda shape: (max(shape) - min(shape), shape))


def compact_supercell(lattice: NDArray[np.float64], cells: int) -> NDArray[np.int64]:
    """Find the supercell of so many cells whose periodic images are farthest apart.

    All superlattices are gone through, as Hermite normal forms (A. Santoro and A. D. Mighell, Acta Cryst. A 28, 284
    (1972)). One along the cell's own vectors is preferred where it is nearly as compact.

    Parameters
    ----------
    lattice
        Rows are the cell vectors, in angstrom; shape (3, 3).
    cells
        Number of cells.

    Examples
    --------
    >>> compact_supercell(np.diag([3.0, 3.0, 12.0]), 6).diagonal().tolist()
    [2, 3, 1]
    """
    if cells == 1:
        return np.eye(3, dtype=np.int64)
    forms = np.array(_hermite_forms(cells), dtype=np.int64)
    shortest = _shortest_vectors_A(lattice, forms)
    diagonal = np.flatnonzero((forms * (1 - np.eye(3, dtype=np.int64)) == 0).all(axis=(1, 2)))
    best = int(np.argmax(np.round(shortest, 6)))
    along = int(diagonal[np.argmax(np.round(shortest[diagonal], 6))])
    if shortest[along] >= _DIAGONAL_SHARE * shortest[best]:
        return forms[along]
    return _reduced(lattice, forms[best])


def _hermite_forms(cells: int) -> list[list[list[int]]]:
    """Bases of all superlattices of a size, one each."""
    return [
        [[a, 0, 0], [b, c, 0], [d, e, cells // (a * c)]]
        for a in range(1, cells + 1)
        if cells % a == 0
        for c in range(1, cells // a + 1)
        if (cells // a) % c == 0
        for b in range(a)
        for d in range(a)
        for e in range(c)
    ]


def _shortest_vectors_A(lattice: NDArray[np.float64], forms: NDArray[np.int64]) -> NDArray[np.float64]:
    """Length of the shortest vector of each superlattice, shape (m,)."""
    cells = round(abs(np.linalg.det(forms[0])))
    # No lattice has a longer shortest vector for its volume than the face-centred cubic one.
    limit_A = 1.01 * (np.sqrt(2) * cells * abs(np.linalg.det(lattice))) ** (1 / 3)
    heights_A = 1 / np.linalg.norm(np.linalg.inv(lattice), axis=0)
    reach = np.floor(limit_A / heights_A).astype(int)
    points = np.array(list(itertools.product(*(range(-r, r + 1) for r in reach))))
    lengths_A = np.linalg.norm(points @ lattice, axis=1)
    order = np.argsort(lengths_A, kind="stable")
    points, lengths_A = points[order], lengths_A[order]
    chosen = (lengths_A > 1e-6) & (lengths_A <= limit_A)
    points, lengths_A = points[chosen], lengths_A[chosen]
    shortest = np.full(len(forms), limit_A)
    for k, inverse in enumerate(np.linalg.inv(forms)):
        inside = np.abs(points @ inverse - np.rint(points @ inverse)).max(axis=1) < 1e-6
        if inside.any():
            shortest[k] = lengths_A[np.argmax(inside)]
    return shortest


def _reduced(lattice: NDArray[np.float64], matrix: NDArray[np.int64]) -> NDArray[np.int64]:
    """Another basis of a superlattice, of short vectors: pairs are reduced until none gets shorter; right-handed."""
    basis = matrix.copy()
    changed = True
    while changed:
        changed = False
        for i, j in itertools.permutations(range(3), 2):
            vectors = basis @ lattice
            times = round(float(vectors[i] @ vectors[j] / (vectors[j] @ vectors[j])))
            shorter = basis[i] - times * basis[j]
            if np.linalg.norm(shorter @ lattice) < np.linalg.norm(vectors[i]) - 1e-6:
                basis[i] = shorter
                changed = True
    return basis if np.linalg.det(basis) * np.linalg.det(matrix) > 0 else -basis
