"""A configuration as runs of picks: which sites get a species other than their sublattice's reference."""

import math
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from ewald.space.form import QuadraticForm


@dataclass(frozen=True)
class Run:
    """All picks of one species on one sublattice.

    ``low`` to ``high`` (excluded) are the variable sites of the sublattice; ``dq`` is the level a pick adds there: with
    bare charges the charge.
    """

    species: int
    dq: float
    count: int
    low: int
    high: int

    @property
    def ways(self) -> int:
        """Number of ways to choose the sites, other runs aside."""
        return math.comb(self.high - self.low, self.count)


@dataclass(frozen=True, eq=False)
class RunProblem:
    """The quadratic form seen from a reference arrangement in which every pick is an ion or there are no clashes.

    Parameters
    ----------
    runs
        Ordered: the searches pick from the first to the last. The last one is that with most ways (it makes the
        innermost loop), the others rise in their number of ways (symmetry representatives are made of the first).
    reference
        Species index on every variable site before the first pick; shape (n,), int8.
    E0_eV, v, A
        Energy, potential and interaction in that state; A has shape (n, n).
    clash
        1 where two sites may not both be picked; shape (n, n), or (0, 0) where all may.
    """

    runs: tuple[Run, ...]
    reference: NDArray[np.int8]
    E0_eV: float
    v: NDArray[np.float64]
    A: NDArray[np.float64]
    clash: NDArray[np.uint8]

    @classmethod
    def from_form(cls, form: QuadraticForm) -> Self:
        """Choose the reference arrangement and the order of the runs, of a form with one column per site.

        Sublattices with forbidden pairs take the vacancy as their reference, so that a pick is always an ion there.
        """
        reference = form.reference_occupation()
        entangled = {int(form.sublattice[site]) for site in form.forbidden.ravel()}
        for k in entangled:
            reference[form.members(k)] = int(np.flatnonzero(~form.is_ion(k))[0])
        runs = []
        for k, sublattice in enumerate(form.sublattices):
            members = form.members(k)
            chosen = int(reference[members[0]])
            levels = form.levels(k)[:, 0]
            for species, count in enumerate(sublattice.counts):
                if count and species != chosen:
                    dq = float(levels[species] - levels[chosen])
                    runs.append(Run(species, dq, count, int(members[0]), int(members[-1]) + 1))
        shift = form.charge_changes(reference)
        potential = form.A @ shift
        clash = np.zeros((form.n, form.n) if len(form.forbidden) else (0, 0), dtype=np.uint8)
        for i, j in form.forbidden:
            clash[i, j] = clash[j, i] = 1
        return cls(
            runs=_ordered(runs),
            reference=reference,
            E0_eV=float(form.E0_eV + form.v @ shift + 0.5 * shift @ potential),
            v=form.v + potential,
            A=np.ascontiguousarray(form.A),
            clash=clash,
        )

    @property
    def n(self) -> int:
        """Number of variable sites."""
        return len(self.reference)

    def energy_bounds_eV(self) -> tuple[float, float]:
        """Energies between which all configurations lie: every pick with its best and its worst partners.

        P. C. Gilmore, SIAM J. Appl. Math. 10, 305 (1962); E. L. Lawler, Manage. Sci. 9, 586 (1963).
        """
        lowest = highest = self.E0_eV
        for run in self.runs:
            sites = np.arange(run.low, run.high)
            alone = run.dq * self.v[sites] + 0.5 * run.dq**2 * self.A[sites, sites]
            least, most = alone.copy(), alone.copy()
            for other in self.runs:
                pairs = 0.5 * run.dq * other.dq * self.A[sites, other.low : other.high]
                partners = other.count
                if other is run:
                    partners -= 1
                    pairs = pairs[~np.eye(len(sites), dtype=bool)].reshape(len(sites), -1)
                pairs = np.sort(pairs, axis=1)
                least += pairs[:, :partners].sum(axis=1)
                most += pairs[:, pairs.shape[1] - partners :].sum(axis=1)
            lowest += np.sort(least)[: run.count].sum()
            highest += np.sort(most)[len(sites) - run.count :].sum()
        return float(lowest), float(highest)


def _ordered(runs: list[Run]) -> tuple[Run, ...]:
    if not runs:
        return ()
    last = max(runs, key=lambda run: (run.count >= 2, run.ways, run.high - run.low, -run.low, -run.species))
    others = [run for run in runs if run is not last]
    others.sort(key=lambda run: (run.ways, run.low, run.species))
    return (*others, last)
