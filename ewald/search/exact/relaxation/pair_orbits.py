"""Pairs of one-hot variables that the symmetry of a problem makes equal: one number for each in a relaxation."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ewald.search.exact.relaxation.literals import LiteralProblem
from ewald.search.exact.relaxation.one_hot import OneHot


@dataclass(frozen=True, eq=False)
class PairOrbits:
    """Orbits of unordered pairs of variables; a pair of one variable with itself stands for that variable.

    The mean over the symmetry copies of an arrangement has its energy, and equal products in an orbit; it is in every
    convex relaxation that the symmetry leaves as it is. So nothing is lost with one number per orbit.

    Parameters
    ----------
    one_hot
        All variables of the problem.
    images
        Where symmetry takes each variable; shape (order, n).
    sites, row, site_images
        The sites that have variables, shape (s,); the place of each variable's site among them, shape (n,); and where
        symmetry takes each of these places, shape (order, s).
    label, size
        Orbit of each ordered pair, shape (n, n); and how many ordered pairs an orbit has, shape (orbits,).
    """

    one_hot: OneHot
    images: NDArray[np.int64]
    sites: NDArray[np.int64]
    row: NDArray[np.int64]
    site_images: NDArray[np.int64]
    label: NDArray[np.int64]
    size: NDArray[np.int64]

    @classmethod
    def of(cls, problem: LiteralProblem, permutations: NDArray[np.int32], most: int) -> "PairOrbits | None":
        """Find the orbits of a problem of which nothing is decided; None where there are more than ``most``.

        Parameters
        ----------
        permutations
            Its symmetry on sites; shape (order, sites of the form).
        """
        one_hot = OneHot.of(problem, np.arange(problem.size, dtype=np.int32), problem.wanted)
        f, sites = one_hot.literals, one_hot.site[one_hot.literals :]
        number = np.full(problem.form.n, -1, dtype=np.int64)
        number[sites] = np.arange(len(sites))
        site_images = number[permutations[:, sites]]
        images = np.concatenate([problem.images.astype(np.int64), f + site_images], axis=1)
        label = np.full((one_hot.size, one_hot.size), -1, dtype=np.int64)
        found = 0
        for a in range(one_hot.size):
            while (rest := np.flatnonzero(label[a] < 0)).size:
                if found == most:
                    return None
                b = int(rest[0])
                label[images[:, a], images[:, b]] = label[images[:, b], images[:, a]] = found
                found += 1
        size = np.bincount(label.ravel())
        return cls(one_hot, images, sites, number[one_hot.site], site_images, label, size)

    @property
    def count(self) -> int:
        """Number of orbits."""
        return len(self.size)

    @property
    def single(self) -> NDArray[np.int64]:
        """Orbit of each variable alone; shape (n,)."""
        return np.diag(self.label)

    def sums(self, matrix: NDArray[np.float64]) -> NDArray[np.float64]:
        """Sum a matrix of shape (n, n) over the ordered pairs of every orbit; shape (orbits,)."""
        summed = np.bincount(self.label.ravel(), weights=matrix.ravel(), minlength=self.count)
        return summed.astype(np.float64)

    def bordered(self, mean: NDArray[np.float64]) -> NDArray[np.float64]:
        """Write one number per orbit, shape (orbits,), as the matrix of (1, y); shape (n + 1, n + 1)."""
        single = mean[self.single]
        return np.block([[np.ones((1, 1)), single[None, :]], [single[:, None], mean[self.label]]])
