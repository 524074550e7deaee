r"""Which part of each pair cost the convex relaxation may use, and how much curvature each literal gets.

Let y be the literals together with the usual class of every site (:mod:`ewald.search.exact.relaxation.one_hot`). With
any S >= 0 and any D, over binary y,

    1/2 y^T B y  >=  1/2 y^T (B - S) y  =  1/2 y^T (B - S + diag D) y - 1/2 D.y ,

so S and D may be chosen freely as long as B - S + diag D is convex on the face, and S of any sign for two classes that
exclude one another. The best choice is the dual of the doubly nonnegative relaxation
(:mod:`ewald.search.exact.relaxation.nonnegative`). Convergence is not needed for a proof: S is cut off at zero, and
what curvature is still missing is added by :func:`ewald.search.exact.relaxation.bounds.convex_shift`.

The usual class is then written as 1 minus the literals of its site. What is left out of the sites s and t becomes

    sum over s < t of  K_st + sum_a L_at x_a + sum_b L_bs x_b + sum_ab (B - P)_ab x_a x_b ,

a of site s and b of site t, which is zero or more for every arrangement. It is left out of pairs of undecided sites
only: where a site is decided, nothing is to be gained.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ewald.parallel.clock import Deadline
from ewald.search.exact.relaxation.literals import LiteralProblem
from ewald.search.exact.relaxation.nonnegative import MOST_ITERATIONS, PENALTY_PER_SITE, DualPoint, solve
from ewald.search.exact.relaxation.one_hot import OneHot

# With costs that lie below those of the problem, and from the multipliers of a node above, a softer penalty is faster:
# 0.3 eV instead of 0.7 are missing after 150 steps in Li6NBr3.
_PENALTY_WARM = 0.001
# Larger problems would spend more on tuning than it saves.
MAX_TUNED_LITERALS = 400


@dataclass(frozen=True, eq=False)
class Multipliers:
    """Costs of the relaxation, in eV.

    Parameters
    ----------
    P_eV, D_eV
        Pair costs, and curvature of each literal; shapes (m, m), (m,).
    L_eV, K_eV
        What else is left out of pairs of undecided sites: for a literal and another site, shape (m, n), and for two
        sites, shape (n, n).
    point
        Where the minimum of the tuned relaxation was, a good place to start from; shape (m,).
    """

    P_eV: NDArray[np.float64]
    D_eV: NDArray[np.float64]
    L_eV: NDArray[np.float64]
    K_eV: NDArray[np.float64]
    point: NDArray[np.float64]

    @classmethod
    def plain(cls, problem: LiteralProblem) -> "Multipliers":
        """All of every pair cost, and no curvature but the uniform one that is found later."""
        m, n = problem.size, problem.form.n
        P = np.ascontiguousarray(problem.B_eV)
        return cls(P, np.zeros(m), np.zeros((m, n)), np.zeros((n, n)), np.full(m, 0.5))

    @classmethod
    def tuned(
        cls,
        problem: LiteralProblem,
        free: NDArray[np.int32],
        field_eV: NDArray[np.float64],
        wanted: NDArray[np.int32],
        deadline: Deadline | None = None,
    ) -> "Multipliers":
        """Tune for the literals ``free`` in the field ``field_eV``, both of shape (f,).

        Parameters
        ----------
        wanted
            How many of the free literals each group wants; shape (groups,).
        deadline
            When to stop with what there is.
        """
        one_hot = OneHot.of(problem, free, wanted)
        return cls.of_dual(problem, one_hot, relaxed(problem, one_hot, field_eV, deadline or Deadline()))

    @classmethod
    def of_dual(cls, problem: LiteralProblem, one_hot: OneHot, dual: DualPoint) -> "Multipliers":
        """Write the usual class of every site as 1 minus its literals."""
        f = one_hot.literals
        free, site = one_hot.literal[:f], one_hot.site[:f]
        # The variable of the usual class of each literal's site.
        usual = f + np.searchsorted(one_hot.site[f:], site)
        S = dual.pair_eV
        S[:f, :f] += np.where(one_hot.impossible[:f, :f], problem.B_eV[np.ix_(free, free)], 0.0)
        between = S[:f, :f] - S[:f][:, usual] - S[usual][:, :f] + S[np.ix_(usual, usual)]
        within = S[:f, :f] - S[np.arange(f), usual][:, None] - S[np.arange(f), usual][None, :]
        within -= dual.curvature_eV[usual][:, None]
        same = site[:, None] == site[None, :]
        left_out = np.where(same, within, between)
        np.fill_diagonal(left_out, 0.0)
        out = cls.plain(problem)
        P, D, point = out.P_eV.copy(), out.D_eV, out.point
        P[np.ix_(free, free)] -= left_out
        D[free] = dual.curvature_eV[:f] + dual.curvature_eV[usual] + 2 * S[np.arange(f), usual]
        out.L_eV[np.ix_(free, one_hot.site[f:])] = S[:f, f:] - S[usual][:, f:]
        out.L_eV[free, site] = 0.0
        out.K_eV[np.ix_(one_hot.site[f:], one_hot.site[f:])] = S[f:, f:]
        point[free] = dual.y[:f]
        return cls(np.ascontiguousarray(0.5 * (P + P.T)), D, out.L_eV, out.K_eV, point)


def relaxed(
    problem: LiteralProblem,
    one_hot: OneHot,
    field_eV: NDArray[np.float64],
    deadline: Deadline,
    *,
    iterations: int = MOST_ITERATIONS,
    start: DualPoint | None = None,
    target_eV: float = np.inf,
) -> DualPoint:
    """Solve the relaxation for the literals of ``one_hot`` in a field; see :meth:`Multipliers.tuned`.

    Parameters
    ----------
    field_eV
        Cost of each of the literals beside what is decided; shape (f,).
    deadline, iterations, start, target_eV
        As for :func:`ewald.search.exact.relaxation.nonnegative.solve`.
    """
    f = one_hot.literals
    free = one_hot.literal[:f]
    linear, pair = np.zeros(one_hot.size), np.zeros((one_hot.size, one_hot.size))
    linear[:f] = field_eV
    # What is never there costs nothing; two ions on one spot would cost more than everything else.
    pair[:f, :f] = np.where(one_hot.impossible[:f, :f], 0.0, problem.B_eV[np.ix_(free, free)])
    soft = start is not None and problem.above is not None
    return solve(
        one_hot, linear, pair, deadline, iterations=iterations, start=start, target_eV=target_eV,
        penalty_per_site=_PENALTY_WARM if soft else PENALTY_PER_SITE,
    )  # fmt: skip
