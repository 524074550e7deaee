"""An arrangement as picks: which sites get a species other than the reference of their sublattice.

Each possible pick (a species on a site) is one binary variable, and the energy is constant + h.x + 1/2 x^T B x.
"""

import math
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ewald.space.form import QuadraticForm


@dataclass(frozen=True)
class Run:
    """All picks of one species on one sublattice: ``count`` of the numbers ``low`` to ``high`` (excluded)."""

    species: int
    count: int
    low: int
    high: int

    @property
    def ways(self) -> int:
        """Number of ways to choose the sites, other runs aside."""
        return math.comb(self.high - self.low, self.count)


@dataclass(frozen=True, eq=False)
class Picks:
    """The quadratic form over m possible picks.

    Parameters
    ----------
    constant_eV, h_eV, B_eV
        Energy without picks, of each pick alone (m,), and of pairs of picks (m, m); the diagonal of B is zero.
    runs
        What must be picked; numbers of a run are contiguous, in the order of the runs, and rise with the site. Runs
        rise in their number of ways.
    site, species
        Variable site and species of each pick, shape (m,).
    excludes
        Whether two picks exclude one another (one site, or a forbidden pair), shape (m, m).
    reference
        Species on every variable site without picks, shape (n,), int8.
    """

    constant_eV: float
    h_eV: NDArray[np.float64]
    B_eV: NDArray[np.float64]
    runs: tuple[Run, ...]
    site: NDArray[np.int64]
    species: NDArray[np.int8]
    excludes: NDArray[np.bool_]
    reference: NDArray[np.int8]

    @classmethod
    def of(cls, form: QuadraticForm) -> Self:
        """Translate a form; where sites exclude one another the reference is the vacancy, so that a pick is an ion."""
        reference = form.reference_occupation()
        for k in {int(form.sublattice[site]) for site in form.forbidden.ravel()}:
            reference[form.members(k)] = int(np.flatnonzero(~form.is_ion(k))[0])
        groups = []
        for k, sublattice in enumerate(form.sublattices):
            members = form.members(k)
            usual = int(reference[members[0]])
            groups += [(form.members_for(k, s), s, n) for s, n in enumerate(sublattice.counts) if n and s != usual]
        groups = _ordered(groups)
        site = np.concatenate([np.empty(0, dtype=np.int64), *(members for members, _, _ in groups)])
        species = np.repeat(np.array([s for _, s, _ in groups], dtype=np.int8), [len(m) for m, _, _ in groups])
        constant_eV, h_eV, B_eV = _energies(form, reference, site, species)
        excludes = site[:, None] == site[None, :]
        pairs = np.zeros((form.n, form.n), dtype=bool)
        pairs[form.forbidden[:, 0], form.forbidden[:, 1]] = True
        excludes |= (pairs | pairs.T)[np.ix_(site, site)]
        ends = np.cumsum([len(members) for members, _, _ in groups], dtype=np.int64).tolist()
        runs = tuple(
            Run(s, count, end - len(members), end) for (members, s, count), end in zip(groups, ends, strict=True)
        )
        return cls(constant_eV, h_eV, B_eV, runs, site, species, excludes, reference)

    @property
    def size(self) -> int:
        """Number of possible picks."""
        return len(self.h_eV)

    def occupations(self, chosen: ArrayLike) -> NDArray[np.int8]:
        """Species on the variable sites, shape (r, n), for picks of shape (r, picks)."""
        picks = np.asarray(chosen)
        occupations = np.repeat(self.reference[None, :], len(picks), axis=0)
        np.put_along_axis(occupations, self.site[picks], self.species[picks], axis=1)
        return occupations


_Group = tuple[NDArray[np.int64], int, int]


def _ordered(groups: list[_Group]) -> list[_Group]:
    """Sort by number of ways."""
    return sorted(groups, key=lambda group: (math.comb(len(group[0]), group[2]), int(group[0][0]), group[1]))


def _energies(
    form: QuadraticForm, reference: NDArray[np.int8], site: NDArray[np.int64], species: NDArray[np.int8]
) -> tuple[float, NDArray[np.float64], NDArray[np.float64]]:
    """Constant, h and B of picks, from the columns of the form and what each species adds to them."""
    start, levels = _columns(form)
    base = np.zeros(len(form.v))
    for i, usual in enumerate(reference.tolist()):
        base[start[i] : start[i + 1]] = levels[form.sublattice[i]][usual]
    potential = form.v + form.A @ base
    change = np.zeros((len(site), len(form.v)))
    for row, (i, s) in enumerate(zip(site.tolist(), species.tolist(), strict=True)):
        own = levels[form.sublattice[i]]
        change[row, start[i] : start[i + 1]] = own[s] - own[reference[i]]
    B = change @ form.A @ change.T
    h = change @ potential + 0.5 * B.diagonal()
    np.fill_diagonal(B, 0.0)
    constant = math.fsum([form.E0_eV, *(form.v * base), *(0.5 * base * (form.A @ base))])
    return constant, h, B


def _columns(form: QuadraticForm) -> tuple[list[int], list[NDArray[np.float64]]]:
    """First column of each site in the form's arrays, and the levels of each sublattice: (species, columns)."""
    levels = [np.asarray(form.levels(k)).reshape(len(s.species), -1) for k, s in enumerate(form.sublattices)]
    widths = [levels[k].shape[1] for k in form.sublattice.tolist()]
    return [0, *np.cumsum(widths, dtype=np.int64).tolist()], levels
