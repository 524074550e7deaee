"""Symmetry of the parent supercell, its pure translations included, as permutations of the variable sites.

Space-group operations come from spglib (A. Togo, K. Shinohara, I. Tanaka, Sci. Technol. Adv. Mater. Meth. 4, 2384822
(2024)); an operation belongs to the group when it maps every sublattice onto itself.
"""

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ewald.errors import StructureError
from ewald.space.canonical import first_copy

_SYMPREC_A = 1e-3


@dataclass(frozen=True, eq=False)
class SymmetryGroup:
    """A permutation group of the variable sites.

    Parameters
    ----------
    operations
        Number of space-group operations of the cell.
    permutations
        The distinct permutations they cause, shape (order, n): ``permutations[g, i]`` is where g takes variable site
        i. Row 0 is the identity; the rows are sorted, so they do not depend on the order spglib reports.

    Examples
    --------
    >>> SymmetryGroup.trivial(3).order
    1
    """

    operations: int
    permutations: NDArray[np.int32]

    @classmethod
    def trivial(cls, n: int) -> Self:
        """Return the group of n sites that knows no symmetry but the identity.

        Parameters
        ----------
        n
            Number of variable sites.
        """
        return cls(1, np.arange(n, dtype=np.int32)[None, :])

    @classmethod
    def of_cell(
        cls,
        lattice: NDArray[np.float64],
        frac_coords: NDArray[np.float64],
        labels: NDArray[np.intc],
        variable: NDArray[np.int64],
        symprec_A: float = _SYMPREC_A,
    ) -> Self:
        """Find the group of a cell with spglib.

        Parameters
        ----------
        lattice, frac_coords
            Cell vectors as rows (3, 3) in angstrom, fractional coordinates (N, 3).
        labels
            Sites of equal label may be exchanged, shape (N,); see :func:`ewald.space.sublattice.site_labels`.
        variable
            The variable sites, shape (n,), in the order in which they are numbered.
        symprec_A
            Tolerance of the symmetry search.

        Raises
        ------
        StructureError
            If spglib cannot make sense of the cell (two sites on one spot, for instance).
        """
        operations = find_operations(lattice, frac_coords, labels, symprec_A)
        _, on_sites = site_permutations(lattice, frac_coords, operations, symprec_A)
        number = np.full(len(frac_coords), -1, dtype=np.int32)
        number[variable] = np.arange(len(variable), dtype=np.int32)
        on_variable = number[on_sites[:, variable]]
        return cls(len(on_sites), np.ascontiguousarray(np.unique(on_variable, axis=0)))

    @property
    def order(self) -> int:
        """Number of distinct permutations of the variable sites."""
        return len(self.permutations)

    @property
    def n(self) -> int:
        """Number of sites permuted."""
        return self.permutations.shape[1]

    def canonical(self, occupation: ArrayLike) -> tuple[NDArray[np.int8], int]:
        """Return the first of the symmetry copies in lexicographic order, and how many distinct copies there are.

        Parameters
        ----------
        occupation
            Species indices on the variable sites; shape (n,).

        Returns
        -------
        canonical : numpy.ndarray
            Shape (n,), int8; the same for every symmetry copy.
        multiplicity : int
            The size of the orbit: the group's order over that of the stabiliser.
        """
        indices = np.ascontiguousarray(occupation, dtype=np.int8)
        row, copies = first_copy(self.permutations, indices)
        return indices[self.permutations[row]], self.order // copies

    def stabiliser(self, occupation: ArrayLike) -> NDArray[np.int32]:
        """Permutations that leave an occupation of the variable sites as it is, shape (size, n).

        Parameters
        ----------
        occupation
            (n,) species index of every variable site, counted within its sublattice.
        """
        indices = np.asarray(occupation)
        return self.permutations[(indices[self.permutations] == indices).all(axis=1)]

    def keeping(self, pairs: NDArray[np.int64]) -> Self:
        """Return the subgroup that maps a set of pairs of variable sites on itself.

        Parameters
        ----------
        pairs
            Numbers of variable sites, shape (m, 2).
        """

        def codes(images: NDArray[Any]) -> NDArray[np.int64]:
            low, high = np.sort(images, axis=1).T.astype(np.int64)
            return np.sort(low * self.n + high)

        wanted = codes(pairs)
        kept = [np.array_equal(codes(permutation[pairs]), wanted) for permutation in self.permutations]
        return type(self)(self.operations * sum(kept) // self.order, self.permutations[kept])

    def orbits(self) -> NDArray[np.int32]:
        """Label each variable site with the smallest site that symmetry takes it to; shape (n,)."""
        return self.permutations.min(axis=0).astype(np.int32)


def find_operations(
    lattice: NDArray[np.float64], frac_coords: NDArray[np.float64], labels: NDArray[np.intc], symprec_A: float
) -> tuple[NDArray[np.intc], NDArray[np.float64]]:
    """Find rotations (M, 3, 3) and translations (M, 3) that map the labelled sites on themselves; fractional."""
    import spglib

    cell: Any = (np.asarray(lattice), np.asarray(frac_coords), labels)
    try:
        found = spglib.get_symmetry(cell, symprec=symprec_A)
    except Exception as error:
        raise _no_symmetry(str(error)) from error
    if found is None:
        raise _no_symmetry("spglib found no symmetry")
    return found["rotations"], found["translations"]


def _no_symmetry(why: str) -> StructureError:
    return StructureError(
        f"the symmetry of the cell could not be found ({why})", fix="check the cell for two sites on one position"
    )


def site_permutations(
    lattice: NDArray[np.float64],
    frac_coords: NDArray[np.float64],
    operations: tuple[NDArray[np.intc], NDArray[np.float64]],
    symprec_A: float,
) -> tuple[NDArray[np.intc], NDArray[np.int32]]:
    """Permutations of all sites that the operations cause.

    One operation per rotation and the pure translations are matched to sites; the others follow by composition.

    Returns
    -------
    rotations
        Shape (M, 3, 3), in the order of the permutations, which is not that of the input.
    permutations
        Shape (M, N): where each site goes.
    """
    rotations, translations = operations
    match = _Matcher(np.asarray(lattice), np.asarray(frac_coords), 10 * symprec_A)
    _, first = np.unique(rotations.reshape(len(rotations), 9), axis=0, return_index=True)
    identity = np.eye(3, dtype=int)
    pure = np.flatnonzero((rotations == identity).all(axis=(1, 2)))
    if len(pure) * len(first) != len(rotations):
        return rotations, np.stack([match(r, t) for r, t in zip(rotations, translations, strict=True)])
    shifts = np.stack([match(identity, translations[k]) for k in pure])
    turns = [match(rotations[k], translations[k]) for k in first]
    return np.repeat(rotations[first], len(pure), axis=0), np.concatenate([shifts[:, turn] for turn in turns])


class _Matcher:
    """Finds which site an operation takes each site to."""

    def __init__(self, lattice: NDArray[np.float64], frac_coords: NDArray[np.float64], tolerance_A: float) -> None:
        from scipy.spatial import cKDTree

        self.lattice = lattice
        self.frac = frac_coords - np.floor(frac_coords)
        self.frac[self.frac >= 1.0] = 0.0
        self.tree = cKDTree(self.frac, boxsize=1.0)
        self.tolerance_A = tolerance_A

    def __call__(self, rotation: NDArray[np.intc], translation: NDArray[np.float64]) -> NDArray[np.int32]:
        moved = self.frac @ rotation.T + translation
        moved -= np.floor(moved)
        moved[moved >= 1.0] = 0.0
        _, image = self.tree.query(moved)
        miss = moved - self.frac[image]
        miss -= np.rint(miss)
        worst_A = float(np.linalg.norm(miss @ self.lattice, axis=1).max())
        if worst_A > self.tolerance_A or len(np.unique(image)) != len(image):
            raise _no_symmetry(f"an operation misses a site by {worst_A:.2g} A")
        return np.asarray(image, dtype=np.int32)
