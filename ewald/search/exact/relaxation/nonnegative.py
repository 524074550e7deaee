"""The doubly nonnegative relaxation of a choice of one class per site, by alternating directions.

Over Y = [[1, y], [y, X]] with X >= 0, diag X = y, zeros where two variables exclude one another, Y positive
semidefinite and in the face that the sum rules leave (Y = V R V^T, so that the trace of R is one more than the number
of sites), the energy is linear. The method is that of D. E. Oliveira, H. Wolkowicz, Y. Xu, Math. Program. Comput. 10,
631 (2018), with the trace in the projection as in N. Graham, H. Hu, J. Im, X. Li, H. Wolkowicz, INFORMS J. Comput. 34,
2125 (2022): without it the multiplier of the corner, which grows with the energy, takes hundreds of steps to settle.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ewald.parallel.clock import Deadline
from ewald.search.exact.relaxation.one_hot import OneHot

_MOST_ITERATIONS = 800
_LOOK_EVERY = 25
_STEP = 1.618
# Weight of the disagreement between both copies of Y, for each site, where costs have the norm of the matrix's order.
_PENALTY_PER_SITE = 0.02
# Root mean square change of an entry of Y, and disagreement, at which going on no longer raises the bound.
_CONVERGED = 1e-7


@dataclass(frozen=True, eq=False)
class DualPoint:
    """Multipliers of the relaxation, in eV, and where its minimum was.

    Parameters
    ----------
    pair_eV
        For every pair of variables what may be left out of its cost: not negative, but for pairs that exclude one
        another; shape (n, n), zero on the diagonal.
    curvature_eV
        Multiplier of y_i^2 - y_i, times two; shape (n,).
    y
        The diagonal of X; shape (n,).
    """

    pair_eV: NDArray[np.float64]
    curvature_eV: NDArray[np.float64]
    y: NDArray[np.float64]


def solve(
    one_hot: OneHot,
    linear_eV: NDArray[np.float64],
    pair_eV: NDArray[np.float64],
    deadline: Deadline,
    iterations: int = _MOST_ITERATIONS,
) -> DualPoint:
    """Minimise linear . y + 1/2 y^T pair y over the relaxation; stopped early, the multipliers are those of that step.

    Parameters
    ----------
    linear_eV, pair_eV
        Costs of the variables, shapes (n,) and (n, n); zero on the diagonal and where variables exclude one another.
    deadline, iterations
        When to stop.
    """
    V = _face(one_hot.rules())
    cost, scale_eV = _centred(linear_eV, pair_eV, V)
    impossible = np.zeros(cost.shape, dtype=np.bool_)
    impossible[1:, 1:] = one_hot.impossible
    trace, penalty = 1.0 + one_hot.sites, _PENALTY_PER_SITE * one_hot.sites
    inner = np.arange(1, len(cost))
    y = one_hot.mean()
    Y = np.outer(np.r_[1.0, y], np.r_[1.0, y])
    Z = np.zeros_like(Y)
    for step in range(iterations):
        if deadline.passed():
            break
        R = _projected(Y + Z / penalty, V, trace)
        target = R - (cost + Z) / penalty
        before = Y
        Y = np.maximum(target, 0.0)
        Y[impossible] = 0.0
        y = np.clip((2 * target[0, 1:] + target[inner, inner]) / 3, 0.0, 1.0)
        Y[0, 0] = 1.0
        Y[0, 1:] = Y[1:, 0] = Y[inner, inner] = y
        Z += _STEP * penalty * (Y - R)
        if step % _LOOK_EVERY == 0 and max(np.linalg.norm(Y - R), np.linalg.norm(Y - before)) < _CONVERGED * len(Y):
            break
    # The rest of the cost is -Z, whose curvature on the face the known trace makes good.
    missing = float(np.linalg.eigvalsh(V.T @ Z @ V)[-1])
    rest = 2 * scale_eV * (cost + Z)[1:, 1:]
    left_out = np.where(one_hot.impossible, rest, np.maximum(rest, 0.0))
    np.fill_diagonal(left_out, 0.0)
    return DualPoint(0.5 * (left_out + left_out.T), 2 * scale_eV * missing - np.diag(rest), y)


def _centred(
    linear_eV: NDArray[np.float64], pair_eV: NDArray[np.float64], V: NDArray[np.float64]
) -> tuple[NDArray[np.float64], float]:
    """Cost matrix of (1, y), without what is the same on the whole face, and the eV of its unit."""
    cost = np.zeros((len(linear_eV) + 1, len(linear_eV) + 1))
    cost[1:, 1:] = 0.5 * pair_eV
    cost[0, 1:] = cost[1:, 0] = 0.5 * linear_eV
    cost = V @ (V.T @ cost @ V) @ V.T
    scale_eV = max(float(np.linalg.norm(cost)) / len(cost), 1e-12)
    return cost / scale_eV, scale_eV


def _face(rules: NDArray[np.float64]) -> NDArray[np.float64]:
    """Orthonormal basis of what obeys all the rules."""
    _, values, rows = np.linalg.svd(rules, full_matrices=True)
    rank = int((values > 1e-9 * values[0]).sum())
    return np.ascontiguousarray(rows[rank:].T)


def _projected(matrix: NDArray[np.float64], V: NDArray[np.float64], trace: float) -> NDArray[np.float64]:
    """Return the nearest V R V^T with R positive semidefinite and of this trace."""
    values, vectors = np.linalg.eigh(V.T @ matrix @ V)
    falling = values[::-1]
    excess = (np.cumsum(falling) - trace) / np.arange(1, len(values) + 1)
    kept = int(np.flatnonzero(falling > excess)[-1])
    above = values > excess[kept]
    U = V @ vectors[:, above]
    return np.asarray((U * (values[above] - excess[kept])) @ U.T)
