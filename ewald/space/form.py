"""The energy as a quadratic form over the variable sites, shared by every search."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ewald.ions import VACANCY
from ewald.space.matrix import ewald_matrix
from ewald.space.sublattice import Sublattice, charges_of, reference_occupation, sites_of, variable_of


@dataclass(frozen=True, eq=False)
class QuadraticForm:
    r"""E = E0 + v . dq + 1/2 dq^T A dq over the columns of the n variable sites.

    Variable sites are numbered so that those of one sublattice are contiguous, in the order of the space. A site has
    one column, or several, in which each species has its levels; those of the reference species (the most abundant
    one) of a sublattice are zero. With bare charges there is one column per site, and dq_i is the charge on it minus
    that of the reference species. With pair terms a column stands for "this site holds this species", dq is 0 or 1,
    and a sublattice has one column per site less than it has species that the energy can tell apart.

    Parameters
    ----------
    sites
        Index in the space of every variable site; shape (n,), int64.
    sublattice
        Which variable sublattice each variable site belongs to; shape (n,), int64.
    sublattices
        The variable sublattices (species, charges, counts), whose ``sites`` index the space.
    E0_eV
        Energy where every dq is zero: with the reference species on every variable site.
    v
        Cost of a unit of each column in that state; shape (columns,). With bare charges the potential at the variable
        sites, in eV per elementary charge, else in eV.
    A
        Interaction of units of the columns, self-images on the diagonal; shape (columns, columns). With bare charges
        in eV per squared elementary charge, else in eV.
    forbidden
        Pairs of variable sites that may not both carry an ion; shape (m, 2), int64, i < j.
    problem_hash
        Fingerprint of the space, for checkpoints.
    species_levels
        Levels of the species of each variable sublattice, shapes (species, columns per site); by default their charges
        less that of the reference.
    """

    sites: NDArray[np.int64]
    sublattice: NDArray[np.int64]
    sublattices: tuple[Sublattice, ...]
    E0_eV: float
    v: NDArray[np.float64]
    A: NDArray[np.float64]
    forbidden: NDArray[np.int64] = field(default_factory=lambda: np.empty((0, 2), dtype=np.int64))
    problem_hash: str = ""
    species_levels: tuple[NDArray[np.float64], ...] | None = None

    @classmethod
    def of_cell(
        cls,
        lattice: NDArray[np.float64],
        frac_coords: NDArray[np.float64],
        sublattices: Sequence[Sublattice],
        forbidden: NDArray[np.int64],
        problem_hash: str,
    ) -> Self:
        """Compute the form of a neutral cell of bare charges.

        Parameters
        ----------
        lattice, frac_coords
            Cell vectors as rows (3, 3) in angstrom, fractional coordinates (N, 3).
        sublattices
            They cover every site exactly once.
        forbidden, problem_hash
            As above.
        """
        variable = variable_of(sublattices)
        sites = sites_of(variable)
        matrix = ewald_matrix(lattice, frac_coords)
        reference = charges_of(sublattices, reference_occupation(sublattices))
        potential = matrix @ reference
        return cls(
            sites=sites,
            sublattice=np.array([k for k, s in enumerate(variable) for _ in s.sites], dtype=np.int64),
            sublattices=variable,
            E0_eV=0.5 * math.fsum(reference * potential),
            v=np.ascontiguousarray(potential[sites]),
            A=np.ascontiguousarray(matrix[np.ix_(sites, sites)]),
            forbidden=forbidden,
            problem_hash=problem_hash,
        )

    @property
    def n(self) -> int:
        """Number of variable sites."""
        return len(self.sites)

    def members(self, sublattice: int) -> NDArray[np.int64]:
        """Return the numbers, among the variable sites, of the sites of one variable sublattice.

        Parameters
        ----------
        sublattice
            Its index among the variable sublattices.
        """
        return np.flatnonzero(self.sublattice == sublattice)

    def members_for(self, sublattice: int, species: int) -> NDArray[np.int64]:
        """Return the numbers, among the variable sites, of the sites on which a species may sit.

        Parameters
        ----------
        sublattice
            Index among the variable sublattices.
        species
            Index among the species of that sublattice.
        """
        chosen, members = self.sublattices[sublattice], self.members(sublattice)
        if not chosen.restricted(species):
            return members
        allowed = set(chosen.sites_of(species))
        return members[[site in allowed for site in chosen.sites]]

    @property
    def restricted(self) -> bool:
        """Whether some species may sit on some sites of their sublattice only."""
        return any(sublattice.only for sublattice in self.sublattices)

    def levels(self, sublattice: int) -> NDArray[np.float64]:
        """Levels of the species of one variable sublattice, shape (species, columns per site).

        Parameters
        ----------
        sublattice
            Its number among the variable sublattices, from 0.
        """
        if self.species_levels is not None:
            return self.species_levels[sublattice]
        chosen = self.sublattices[sublattice]
        return (np.asarray(chosen.charges) - chosen.charges[chosen.reference])[:, None]

    @cached_property
    def column_start(self) -> NDArray[np.int64]:
        """First column of each variable site, and one past the last column; shape (n + 1,)."""
        widths = np.array([self.levels(k).shape[1] for k in range(len(self.sublattices))], dtype=np.int64)
        return np.concatenate([np.zeros(1, dtype=np.int64), np.cumsum(widths[self.sublattice])])

    @property
    def one_column_per_site(self) -> bool:
        """Whether columns are sites, so that one number per site tells its species' energies."""
        return all(self.levels(k).shape[1] == 1 for k in range(len(self.sublattices)))

    def is_ion(self, sublattice: int) -> NDArray[np.bool_]:
        """Tell for each species of one variable sublattice whether it is an ion (not a vacancy).

        Parameters
        ----------
        sublattice
            Its number among the variable sublattices, from 0.
        """
        return np.array([species != VACANCY for species in self.sublattices[sublattice].species])

    def charge_changes(self, occupations: ArrayLike) -> NDArray[np.float64]:
        """Compute dq, shape (..., columns), for species indices on the variable sites, shape (..., n).

        Parameters
        ----------
        occupations
            (..., n) species indices on the variable sites. The result is in elementary charges.
        """
        indices = np.asarray(occupations)
        dq = np.zeros((*indices.shape[:-1], int(self.column_start[-1])))
        for k in range(len(self.sublattices)):
            members, levels = self.members(k), self.levels(k)
            columns = self.column_start[members][:, None] + np.arange(levels.shape[1])
            dq[..., columns] = levels[indices[..., members]]
        return dq

    def energy(self, occupation: ArrayLike) -> float:
        """Energy in eV per cell of species indices ``occupation`` on the variable sites, shape (n,).

        This is the slow and obvious reference: every fast path must agree with it. The terms are added without
        rounding error between them (``math.fsum``), so that the result does not depend on their order.

        Parameters
        ----------
        occupation
            (n,) species index of every variable site, counted within its sublattice.
        """
        dq = self.charge_changes(occupation)
        changed = np.flatnonzero(dq)
        terms = [self.E0_eV, *(self.v[changed] * dq[changed])]
        terms.extend((0.5 * self.A[np.ix_(changed, changed)] * np.outer(dq[changed], dq[changed])).ravel())
        return math.fsum(terms)

    def allowed(self, occupation: ArrayLike) -> bool:
        """Whether the counts are right and no forbidden pair carries two ions.

        Parameters
        ----------
        occupation
            (n,) species index of every variable site, counted within its sublattice.
        """
        indices = np.asarray(occupation)
        for k, sublattice in enumerate(self.sublattices):
            counts = np.bincount(indices[self.members(k)], minlength=len(sublattice.species))
            if tuple(counts) != sublattice.counts:
                return False
            kinds = sublattice.kinds if sublattice.only else ()
            if any(one not in kind for one, kind in zip(indices[self.members(k)].tolist(), kinds, strict=bool(kinds))):
                return False
        ions = self.ions(indices)
        return not (ions[self.forbidden[:, 0]] & ions[self.forbidden[:, 1]]).any()

    def ions(self, occupation: ArrayLike) -> NDArray[np.bool_]:
        """Whether each variable site carries an ion, shape (n,).

        Parameters
        ----------
        occupation
            (n,) species index of every variable site, counted within its sublattice.
        """
        indices = np.asarray(occupation)
        ions = np.zeros(self.n, dtype=bool)
        for k in range(len(self.sublattices)):
            members = self.members(k)
            ions[members] = self.is_ion(k)[indices[members]]
        return ions

    def reference_occupation(self) -> NDArray[np.int8]:
        """Put the reference species on every variable site, shape (n,)."""
        references = np.array([s.reference for s in self.sublattices], dtype=np.int8)
        return references[self.sublattice] if self.n else np.empty(0, dtype=np.int8)
