"""The lowest symmetry-distinct configurations found so far."""

import heapq
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ewald.search.exhaustive.canonical import canonical_batch
from ewald.search.ranking import TIE_EV
from ewald.space.form import QuadraticForm
from ewald.space.symmetry import SymmetryGroup

# Canonical forms are made in growing batches, from the lowest energy on, so that most candidates never need one.
_FIRST_BATCH = 32
_LARGEST_BATCH = 4096


@dataclass(eq=False)
class CandidatePool:
    """Keeps what may be among the lowest distinct configurations, ties at the end included.

    Attributes
    ----------
    form, group
        Energies and symmetries of the configurations.
    keep
        How many of the lowest are wanted.
    entries
        Canonical forms (bytes of int8 species indices) with their energy in eV, good to much less than
        :data:`ewald.search.ranking.TIE_EV`; the ranking computes it anew.
    """

    form: QuadraticForm
    group: SymmetryGroup
    keep: int
    entries: dict[bytes, float] = field(default_factory=dict)

    @property
    def threshold_eV(self) -> float:
        """Configurations above this energy cannot be among the lowest; infinite while there are too few."""
        if len(self.entries) < self.keep:
            return float("inf")
        return heapq.nsmallest(self.keep, self.entries.values())[-1] + 2 * TIE_EV

    def add(self, energies_eV: NDArray[np.float64], occupations: NDArray[np.int8], slack_eV: float) -> None:
        """Take candidates in: approximate energies (m,), wrong by at most ``slack_eV``, and occupations (m, n)."""
        order = np.argsort(energies_eV, kind="stable")
        start, size = 0, max(_FIRST_BATCH, 2 * self.keep)
        while start < len(order):
            batch = order[start : start + size]
            batch = batch[energies_eV[batch] <= self.threshold_eV + slack_eV]
            if not len(batch):
                break
            forms, _ = canonical_batch(self.group.permutations, np.ascontiguousarray(occupations[batch]))
            new = {key: form for form in forms if (key := form.tobytes()) not in self.entries}
            if new:
                self.entries.update(zip(new, self._energies_eV(np.stack(list(new.values()))), strict=True))
            self.trim()
            start, size = start + size, min(2 * size, _LARGEST_BATCH)

    def _energies_eV(self, occupations: NDArray[np.int8]) -> list[float]:
        dq = self.form.charge_changes(occupations)
        return list(map(float, self.form.E0_eV + dq @ self.form.v + 0.5 * ((dq @ self.form.A) * dq).sum(axis=1)))

    def trim(self) -> None:
        """Drop what cannot be among the lowest; of ties at the end, the first ``keep`` canonical forms stay."""
        if len(self.entries) <= self.keep:
            return
        ranked = sorted((energy, key) for key, energy in self.entries.items())
        last = ranked[self.keep - 1][0]
        below = [(energy, key) for energy, key in ranked if energy < last - 2 * TIE_EV]
        tied = [(energy, key) for energy, key in ranked if last - 2 * TIE_EV <= energy <= last + 2 * TIE_EV]
        if len(tied) > 4 * self.keep:
            tied = sorted(tied, key=lambda entry: entry[1])[: self.keep]
        self.entries = {key: energy for energy, key in (*below, *tied)}
