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

MOST_ITERATIONS = 800
_LOOK_EVERY = 25
_STEP = 1.618
# Weight of the disagreement between both copies of Y, for each site, where costs have the norm of the matrix's order.
PENALTY_PER_SITE = 0.02
# Root mean square change of an entry of Y, and disagreement, at which going on no longer raises the bound.
_CONVERGED = 1e-7


@dataclass(frozen=True, eq=False)
class DualPoint:
    """Where the iteration stopped; rows and columns are (1, y).

    Parameters
    ----------
    slack_eV
        Cost of Y less what the semidefinite part accounts for; shape (n + 1, n + 1).
    missing_eV
        What a unit of trace is to be given so that the rest of the cost has no negative curvature on the face.
    Y
        Shape (n + 1, n + 1).
    impossible
        Pairs of variables that are never both 1; shape (n, n).
    """

    slack_eV: NDArray[np.floating]
    missing_eV: float
    Y: NDArray[np.floating]
    impossible: NDArray[np.bool_]

    @property
    def y(self) -> NDArray[np.float64]:
        """The diagonal of X; shape (n,)."""
        return np.diag(self.Y)[1:].astype(np.float64)

    @property
    def pair_eV(self) -> NDArray[np.float64]:
        """For every pair of variables what may be left out of its cost, zero on the diagonal; shape (n, n).

        Not negative, but for pairs that exclude one another.
        """
        rest = 2 * self.slack_eV[1:, 1:].astype(np.float64)
        left_out = np.where(self.impossible, rest, np.maximum(rest, 0.0))
        np.fill_diagonal(left_out, 0.0)
        return 0.5 * (left_out + left_out.T)

    @property
    def curvature_eV(self) -> NDArray[np.float64]:
        """Multiplier of y_i^2 - y_i, times two; shape (n,)."""
        return np.asarray(2 * (self.missing_eV - np.diag(self.slack_eV)[1:].astype(np.float64)))

    def within(self, kept: NDArray[np.int64], ones: NDArray[np.int64], impossible: NDArray[np.bool_]) -> "DualPoint":
        """Carry over to a smaller problem: ``kept`` variables stay, those of ``ones`` are 1, all others 0."""
        rows = np.zeros((len(kept) + 1, len(self.Y)))
        rows[0, 0] = 1.0
        rows[0, 1 + ones] = 1.0
        rows[1 + np.arange(len(kept)), 1 + kept] = 1.0
        chosen = np.concatenate([[0], 1 + kept])
        return DualPoint(rows @ self.slack_eV @ rows.T, self.missing_eV, self.Y[np.ix_(chosen, chosen)], impossible)

    def small(self) -> "DualPoint":
        """Halve the memory; good enough to start from."""
        return DualPoint(self.slack_eV.astype(np.float32), self.missing_eV, self.Y.astype(np.float32), self.impossible)


def solve(
    one_hot: OneHot,
    linear_eV: NDArray[np.float64],
    pair_eV: NDArray[np.float64],
    deadline: Deadline,
    *,
    iterations: int = MOST_ITERATIONS,
    start: DualPoint | None = None,
    target_eV: float = np.inf,
    penalty_per_site: float = PENALTY_PER_SITE,
) -> DualPoint:
    """Minimise linear . y + 1/2 y^T pair y over the relaxation; stopped early, the multipliers are those of that step.

    Parameters
    ----------
    linear_eV, pair_eV
        Costs of the variables, shapes (n,) and (n, n); zero on the diagonal and where variables exclude one another.
    deadline, iterations
        When to stop.
    start
        Where to begin; by default with every group spread evenly.
    target_eV
        Once the minimum is known to lie above this, nothing more is needed.
    penalty_per_site
        Changes the speed, not what is reached.
    """
    V = face(one_hot.rules())
    exact_cost, scale_eV = _centred(linear_eV, pair_eV, V)
    # Single precision is twice as fast, and enough: whatever is reached is a bound.
    V, cost = V.astype(np.float32), exact_cost.astype(np.float32)
    impossible = np.zeros(cost.shape, dtype=np.bool_)
    impossible[1:, 1:] = one_hot.impossible
    trace, penalty = 1.0 + one_hot.sites, penalty_per_site * one_hot.sites
    inner = np.arange(1, len(cost))
    if start is None:
        y = np.r_[1.0, one_hot.mean()].astype(np.float32)
        Y, Z = np.outer(y, y), np.zeros_like(cost)
    else:
        Y, Z = start.Y.astype(np.float32), (start.slack_eV / scale_eV - exact_cost).astype(np.float32)
    for step in range(iterations):
        if deadline.passed():
            break
        R = _projected(Y + Z / penalty, V, trace)
        target = R - (cost + Z) / penalty
        before = Y
        Y = np.maximum(target, 0.0)
        Y[impossible] = 0.0
        Y[0, 0] = 1.0
        Y[0, 1:] = Y[1:, 0] = Y[inner, inner] = np.clip((2 * target[0, 1:] + target[inner, inner]) / 3, 0.0, 1.0)
        Z += _STEP * penalty * (Y - R)
        if step % _LOOK_EVERY == _LOOK_EVERY - 1:
            if max(np.linalg.norm(Y - R), np.linalg.norm(Y - before)) < _CONVERGED * len(Y):
                break
            if target_eV < np.inf and scale_eV * _bound(cost + Z, V.T @ Z @ V, one_hot) > target_eV:
                break
    # The rest of the cost is -Z, whose curvature on the face the known trace makes good.
    missing = float(np.linalg.eigvalsh(V.T @ Z @ V)[-1])
    return DualPoint(scale_eV * (cost + Z), scale_eV * missing, Y, one_hot.impossible)


def _bound(slack: NDArray[np.floating], rest: NDArray[np.floating], one_hot: OneHot) -> float:
    """Lower bound of the relaxation that multipliers prove, up to rounding; in units of the cost."""
    pairs = np.where(one_hot.impossible, 0.0, slack[1:, 1:])
    np.fill_diagonal(pairs, 0.0)
    single = 2 * slack[0, 1:] + np.diag(slack)[1:]
    value = slack[0, 0] + np.minimum(pairs, 0.0).sum() - (1.0 + one_hot.sites) * np.linalg.eigvalsh(rest)[-1]
    for k in np.unique(one_hot.group):
        value += np.sort(single[one_hot.group == k])[: one_hot.wanted[k]].sum()
    return float(value)


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


def face(rules: NDArray[np.float64]) -> NDArray[np.float64]:
    """Orthonormal basis of what obeys all the rules."""
    _, values, rows = np.linalg.svd(rules, full_matrices=True)
    rank = int((values > 1e-9 * values[0]).sum())
    return np.ascontiguousarray(rows[rank:].T)


def _projected(matrix: NDArray[np.floating], V: NDArray[np.floating], trace: float) -> NDArray[np.floating]:
    """Return the nearest V R V^T with R positive semidefinite and of this trace."""
    from scipy.linalg import lapack

    # LAPACK as scipy brings it takes a quarter less time than numpy's; most of the method is this call.
    values, vectors, failed = lapack.ssyevd(V.T @ matrix @ V, overwrite_a=1)
    if failed:
        raise np.linalg.LinAlgError("the eigenvalues of a relaxation did not converge")
    values = values.astype(np.float64)
    falling = values[::-1]
    excess = (np.cumsum(falling) - trace) / np.arange(1, len(values) + 1)
    kept = int(np.flatnonzero(falling > excess)[-1])
    above = values > excess[kept]
    U = V @ vectors[:, above]
    return np.asarray((U * (values[above] - excess[kept]).astype(U.dtype)) @ U.T)
