"""What the compiled search reads: the arrays of the problem and of its relaxation, and the curvature to add."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ewald.search.exact.relaxation.bounds import GROUP_WEIGHT_EV, convex_shift, gershgorin, is_convex
from ewald.search.exact.relaxation.literals import LiteralProblem
from ewald.search.exact.relaxation.multipliers import Multipliers

# What is decided about a literal.
FREE, OUT, IN = -1, 0, 1
# Added to the shift that the lowest eigenvalue asks for, above its rounding and the margin of the proof.
_SHARP_STEP_EV = 1e-5


class RelaxationTables(NamedTuple):
    """The arrays of a :class:`LiteralProblem` and its :class:`Multipliers` that the compiled search reads.

    With m literals, n variable sites and G groups. Bounds come from ``constant``, ``h`` and ``B``, energies of
    arrangements from those called exact; the two differ where the costs only lie below the energies.

    Attributes
    ----------
    constant, h, B
        Costs in eV; shapes (), (m,), (m, m).
    exact_constant, exact_h, exact_B
        Energies in eV, of the same shapes.
    P, D, L, K
        Costs of the relaxation in eV, see :class:`Multipliers`; shapes (m, m), (m,), (m, n), (n, n).
    tuned
        Whether anything was left out of pairs of sites (L or K is not zero).
    site, group
        Site and group of each literal; shape (m,).
    wanted
        Literals to choose in each group; shape (G,).
    site_start, site_literals
        Literals of site s: ``site_literals[site_start[s]:site_start[s + 1]]``.
    ion, vacancy_literal, default_ion
        As in :class:`LiteralProblem`; shapes (m,), (n,), (n,).
    partners, partner_start
        Sites that may not carry an ion together with site s: ``partners[partner_start[s]:partner_start[s + 1]]``.
    images
        Symmetry on literals; shape (order, m).
    """

    constant: float
    h: NDArray[np.float64]
    B: NDArray[np.float64]
    exact_constant: float
    exact_h: NDArray[np.float64]
    exact_B: NDArray[np.float64]
    P: NDArray[np.float64]
    D: NDArray[np.float64]
    L: NDArray[np.float64]
    K: NDArray[np.float64]
    tuned: bool
    site: NDArray[np.int32]
    group: NDArray[np.int32]
    wanted: NDArray[np.int32]
    site_start: NDArray[np.int32]
    site_literals: NDArray[np.int32]
    ion: NDArray[np.bool_]
    vacancy_literal: NDArray[np.int32]
    default_ion: NDArray[np.bool_]
    partners: NDArray[np.int32]
    partner_start: NDArray[np.int32]
    images: NDArray[np.int32]

    @classmethod
    def of(cls, problem: LiteralProblem, multipliers: Multipliers) -> "RelaxationTables":
        """Collect the arrays of a problem and of its relaxation."""
        exact = problem.exact
        return cls(
            problem.constant_eV, np.ascontiguousarray(problem.h_eV), np.ascontiguousarray(problem.B_eV),
            exact.constant_eV, np.ascontiguousarray(exact.h_eV), np.ascontiguousarray(exact.B_eV),
            multipliers.P_eV, multipliers.D_eV, multipliers.L_eV, multipliers.K_eV,
            bool(multipliers.L_eV.any() or multipliers.K_eV.any()), problem.site, problem.group, problem.wanted,
            problem.site_start, problem.site_literals, problem.ion, problem.vacancy_literal, problem.default_ion,
            problem.partners, problem.partner_start, problem.images,
        )  # fmt: skip


class Shift(NamedTuple):
    """Curvature proven to make the relaxation of some literals convex, and how many literals those are."""

    value_eV: float
    literals: int

    @classmethod
    def of(cls, tables: RelaxationTables, state: NDArray[np.int8]) -> "Shift":
        """Find the shift for the literals that are free in ``state``, shape (m,).

        The lowest eigenvalue says what it should be; that it is enough is shown by a Cholesky factorisation.
        """
        free = np.flatnonzero(state == FREE).astype(np.int32)
        group = tables.group[free]
        curved = tables.P[np.ix_(free, free)] + np.diag(tables.D[free])
        curved += GROUP_WEIGHT_EV * (group[:, None] == group[None, :])
        lowest_eV = float(np.linalg.eigvalsh(curved)[0]) if len(free) else 0.0
        work = np.empty((len(state), len(state)))
        guess_eV = _SHARP_STEP_EV - lowest_eV
        if is_convex(tables.P, tables.D, free, len(free), tables.group, guess_eV, work):
            return cls(guess_eV, len(free))
        upper = gershgorin(tables.P, tables.D)
        return cls(float(convex_shift(tables.P, tables.D, free, len(free), tables.group, upper, work)), len(free))
