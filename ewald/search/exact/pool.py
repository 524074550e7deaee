"""The lowest arrangements known so far, and the threshold that follows from them."""

import threading
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from ewald.search.exact.degenerate import deal_species
from ewald.search.exact.relaxation.literals import LiteralProblem
from ewald.search.exact.relaxation.node import SLACK_EV
from ewald.search.exact.relaxation.tables import IN
from ewald.search.ranking import Ranked, rank
from ewald.space.symmetry import SymmetryGroup


class IncumbentPool:
    """Keeps the ``keep`` lowest symmetry-distinct arrangements; threads may share it.

    Only what may lie below the last of them by more than ``tolerance_eV`` is still wanted.

    The content depends only on which arrangements were offered, never on their order: ties in the last place go to
    the first in canonical form.

    Attributes
    ----------
    threshold_eV
        Energy of the last of them less the tolerance, infinite until there are ``keep``; shape (1,), read by running
        searches.
    lowest
        What :func:`ewald.search.ranking.rank` made of the arrangements.
    """

    def __init__(self, problem: LiteralProblem, group: SymmetryGroup, keep: int, tolerance_eV: float = 0.0) -> None:
        self.problem = problem
        self.group = group
        self.keep = keep
        self.tolerance_eV = tolerance_eV
        self.lowest: Ranked = ()
        self.threshold_eV = np.full(1, np.inf)
        self._seen: set[bytes] = set()
        self._lock = threading.Lock()

    def wants(self, bound_eV: float) -> bool:
        """Whether arrangements with this bound may still belong to the lowest."""
        return bool(bound_eV <= self.threshold_eV[0] + SLACK_EV) and bound_eV < np.inf

    def lower(self, threshold_eV: float) -> None:
        """Take over a threshold that another process knows."""
        if threshold_eV < self.threshold_eV[0]:
            with self._lock:
                self.threshold_eV[0] = min(float(self.threshold_eV[0]), threshold_eV)

    def wants_each(self, bounds_eV: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Tell the same of many bounds."""
        return (bounds_eV <= self.threshold_eV[0] + SLACK_EV) & (bounds_eV < np.inf)

    def offer(self, states: NDArray[np.int8]) -> None:
        """Take complete choices of literals, shape (s, m), lowest first; those above the threshold are passed over."""
        if not len(states):
            return
        distinct = {state.tobytes(): state for state in states}
        chosen = (np.stack(list(distinct.values())) == IN).astype(np.float64)
        energies = self.problem.constant_eV + chosen @ self.problem.h_eV
        energies += 0.5 * ((chosen @ self.problem.B_eV) * chosen).sum(axis=1)
        with self._lock:
            for k in np.argsort(energies, kind="stable"):
                if energies[k] > self.threshold_eV[0] + self.tolerance_eV + SLACK_EV:
                    break
                self._insert(self.problem.class_choice(chosen[k].astype(np.int8)))

    def absorb(self, occupations: Iterable[NDArray[np.int8]]) -> None:
        """Take species indices on the variable sites, each of shape (n,)."""
        with self._lock:
            self._rank(list(occupations))

    def _insert(self, choice: NDArray[np.int8]) -> None:
        canonical, _ = self.group.canonical(choice)
        key = canonical.tobytes()
        if key in self._seen:
            return
        self._seen.add(key)
        self._rank(deal_species(self.problem, choice, self.group, self.keep))

    def _rank(self, occupations: list[NDArray[np.int8]]) -> None:
        allowed = [occupation for occupation in occupations if self.problem.form.allowed(occupation)]
        if not allowed:
            return
        known = [occupation for _, _, occupation in self.lowest]
        self.lowest = rank(self.problem.form, self.group, [*known, *allowed], self.keep)
        if len(self.lowest) == self.keep:
            self.threshold_eV[0] = min(self.threshold_eV[0], self.lowest[-1][0] - self.tolerance_eV)
