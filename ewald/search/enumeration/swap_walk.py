"""A random walk over the allowed arrangements: swaps of two sites, made wherever they are allowed.

A swap and its reverse are proposed equally often, so that all arrangements that can be reached are visited equally
often in the long run (N. Metropolis and others, J. Chem. Phys. 21, 1087 (1953), at infinite temperature).
"""

import numpy as np
from numpy.typing import NDArray

from ewald.space.form import QuadraticForm

# Swaps tried between two arrangements that are taken, for each site.
_TRIES_EACH = 50


class SwapWalk:
    """A walk that begins at an allowed arrangement.

    Parameters
    ----------
    form
        The problem.
    start
        Species on the variable sites, shape (n,).
    generator
        Random numbers.
    """

    def __init__(self, form: QuadraticForm, start: NDArray[np.int8], generator: np.random.Generator) -> None:
        blocks = [form.members(k) for k in range(len(form.sublattices))]
        sizes = [len(block) for block in blocks]
        self._generator = generator
        self._species: list[int] = start.tolist()
        self._first = np.repeat([block[0] for block in blocks], sizes)
        self._size = np.repeat(sizes, sizes)
        self._kinds = [kind for sublattice in form.sublattices for kind in sublattice.kinds]
        self._ions = [form.is_ion(k).tolist() for k in form.sublattice.tolist()]
        self._partners: list[set[int]] = [set() for _ in range(form.n)]
        for i, j in form.forbidden.tolist():
            self._partners[i].add(j)
            self._partners[j].add(i)
        self._occupied = [ions[species] for ions, species in zip(self._ions, self._species, strict=True)]
        # How many of the sites that each site excludes carry an ion.
        self._near = [sum(self._occupied[k] for k in partners) for partners in self._partners]

    def next(self) -> NDArray[np.int8]:
        """Walk on, and return where the walk is then; shape (n,)."""
        tries = _TRIES_EACH * len(self._species)
        sites = self._generator.integers(len(self._species), size=tries)
        others = self._first[sites] + self._generator.integers(self._size[sites])
        species = self._species
        for i, j in zip(sites.tolist(), others.tolist(), strict=True):
            if species[i] != species[j]:
                self._swap(i, j)
        return np.array(species, dtype=np.int8)

    def _swap(self, i: int, j: int) -> None:
        """Swap two sites of a sublattice if that is allowed."""
        here, there = self._species[i], self._species[j]
        if there not in self._kinds[i] or here not in self._kinds[j]:
            return
        if self._occupied[i] != self._occupied[j]:
            source, target = (i, j) if self._occupied[i] else (j, i)
            if self._near[target] > (source in self._partners[target]):
                return
            self._occupied[source], self._occupied[target] = False, True
            for partner in self._partners[source]:
                self._near[partner] -= 1
            for partner in self._partners[target]:
                self._near[partner] += 1
        self._species[i], self._species[j] = there, here
