"""Which part of each pair cost the convex relaxation may use, and how much curvature each literal gets.

With any S >= 0 and any D, over binary x,

    1/2 x^T B x  >=  1/2 x^T (B - S) x  =  1/2 x^T (B - S + diag D) x - 1/2 D.x ,

so S and D may be chosen freely as long as B - S + diag D is convex on the face; the best choice is the dual of the
doubly nonnegative relaxation (X >= 0, X - x x^T positive semidefinite, diag X = x, rows of X summing as they must).
It is found by the alternating direction method of D. E. Oliveira, H. Wolkowicz, Y. Xu, Math. Program. Comput. 10,
631 (2018), with the face of the sum rules taken out first. Convergence is not needed for a proof: S is cut off at
zero, and what curvature is still missing is added by :func:`ewald.search.exact.relaxation.bounds.convex_shift`.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ewald.parallel.clock import Deadline
from ewald.search.exact.relaxation.literals import LiteralProblem

_ITERATIONS = 200
_STEP = 1.618
# Larger problems would spend more on tuning than it saves.
MAX_TUNED_LITERALS = 400


@dataclass(frozen=True, eq=False)
class Multipliers:
    """Pair costs P = B - S of the relaxation, shape (m, m), and curvature D of each literal, shape (m,); in eV."""

    P_eV: NDArray[np.float64]
    D_eV: NDArray[np.float64]

    @classmethod
    def plain(cls, problem: LiteralProblem) -> "Multipliers":
        """All of every pair cost, and no curvature but the uniform one that is found later."""
        return cls(np.ascontiguousarray(problem.B_eV), np.zeros(problem.size))

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
        B = problem.B_eV[np.ix_(free, free)]
        group = problem.group[free]
        excluded = problem.site[free][:, None] == problem.site[free][None, :]
        S, D = _alternate(B, field_eV, group, wanted, excluded=excluded, deadline=deadline or Deadline())
        P = problem.B_eV.copy()
        P[np.ix_(free, free)] -= S
        curvature = np.zeros(problem.size)
        curvature[free] = D
        return cls(np.ascontiguousarray(0.5 * (P + P.T)), curvature)


def _alternate(
    B: NDArray[np.float64],
    h: NDArray[np.float64],
    group: NDArray[np.int32],
    wanted: NDArray[np.int32],
    *,
    excluded: NDArray[np.bool_],
    deadline: Deadline,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Alternating directions on Y = [[1, x], [x, X]]; returns S (f, f) and D (f,)."""
    size = len(h)
    scale = max(float(np.abs(B).max(initial=0.0)), 1e-12)
    cost = np.zeros((size + 1, size + 1))
    cost[1:, 1:] = B / (2 * scale)
    cost[0, 1:] = cost[1:, 0] = h / (2 * scale)
    V = _face(group, wanted)
    x = np.array([wanted[k] / np.sum(group == k) for k in group])
    Y = np.outer(np.r_[1.0, x], np.r_[1.0, x])
    Z = np.zeros_like(Y)
    penalty = 0.17 * max(1, int(wanted.sum()))
    inner = np.arange(1, size + 1)
    for _ in range(_ITERATIONS):
        if deadline.passed():
            break
        values, vectors = np.linalg.eigh(V.T @ (Y + Z / penalty) @ V)
        up = values > 0
        U = V @ vectors[:, up]
        R = (U * values[up]) @ U.T
        Y = np.clip(R - (cost + Z) / penalty, 0.0, 1.0)
        Y[1:, 1:][excluded] = 0.0
        target = R - (cost + Z) / penalty
        x = np.clip((2 * target[0, 1:] + target[inner, inner]) / 3, 0.0, 1.0)
        Y[0, 0] = 1.0
        Y[0, 1:] = Y[1:, 0] = x
        Y[inner, inner] = x
        Z += _STEP * penalty * (Y - R)
    rest = 2 * scale * (cost + Z)[1:, 1:]
    S = np.where(excluded, rest, np.maximum(rest, 0.0))
    np.fill_diagonal(S, 0.0)
    return 0.5 * (S + S.T), -2 * scale * np.diag(Z)[1:]


def _face(group: NDArray[np.int32], wanted: NDArray[np.int32]) -> NDArray[np.float64]:
    """Orthonormal basis of the vectors [t, x] whose group sums are t times the wanted counts."""
    rules = np.array([np.r_[-float(wanted[k]), (group == k).astype(float)] for k in np.unique(group)])
    _, _, rows = np.linalg.svd(rules, full_matrices=True)
    return np.ascontiguousarray(rows[len(rules) :].T)
