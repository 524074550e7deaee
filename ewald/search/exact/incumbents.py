"""Good arrangements to begin with: greedy filling followed by the best swap until none helps."""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ewald.search.compiling import compiled_inner, compiled_plain
from ewald.search.exact.relaxation.tables import FREE, IN, OUT

if TYPE_CHECKING:
    from ewald.search.exact.relaxation.literals import LiteralProblem

# Price of breaking a rule (two charges on one site, a forbidden pair) during the descent.
_PENALTY_EV = 1e4
_NOISE_EV = 2.0


class Descent:
    """Finds low arrangements of a problem, with or without some literals decided.

    Parameters
    ----------
    problem
        Its rules become penalties, so that the descent can pass through arrangements that break them.
    """

    def __init__(self, problem: "LiteralProblem") -> None:
        self.problem = problem
        self.h, self.B = _with_penalties(problem)

    def __call__(self, state: NDArray[np.int8], restarts: int, seed: int) -> NDArray[np.int8]:
        """Local minima of ``restarts`` descents from ``state`` of shape (m,), decided where it is not -1.

        Returns
        -------
        numpy.ndarray
            One row per restart, shape (restarts, m); rows may repeat, and may break rules where none was found that
            does not.
        """
        rows = np.empty((restarts, self.problem.size), dtype=np.int8)
        self._descend(state[None], rows, seed, noise_eV=_NOISE_EV)
        return rows

    def each(self, states: NDArray[np.int8], seed: int) -> tuple[NDArray[np.int8], NDArray[np.float64]]:
        """One descent from each of ``states``, shape (s, m): the local minima and their energies with penalties."""
        rows = np.empty_like(states)
        energies_eV = self._descend(states, rows, seed)
        return rows, energies_eV + self.problem.constant_eV

    def polish(self, rows: NDArray[np.int8]) -> NDArray[np.int8]:
        """Local minima that swaps reach from complete choices, shape (s, m); every literal may be swapped."""
        polished = rows.copy()
        self._descend(np.full((1, self.problem.size), FREE, dtype=np.int8), polished, 0, filled=True)
        return polished

    def _descend(
        self,
        states: NDArray[np.int8],
        rows: NDArray[np.int8],
        seed: int,
        noise_eV: float = 0.0,
        *,
        filled: bool = False,
    ) -> NDArray[np.float64]:
        """Fill and improve rows, from one state for all or one for each; return their energies without the constant."""
        energies_eV = np.empty(len(rows))
        potential, left = np.empty(self.problem.size), np.empty(len(self.problem.wanted), dtype=np.int32)
        own = np.ascontiguousarray(states)
        _descend_each(
            self.h, self.B, self.problem.group, self.problem.wanted, own, rows, energies_eV, seed, noise_eV, filled,
            potential, left,
        )  # fmt: skip
        return energies_eV

    def rounded(self, points: NDArray[np.floating]) -> NDArray[np.int8]:
        """Choose the largest of fractional literals, shape (s, m), as many as each group wants."""
        rows = np.zeros(points.shape, dtype=np.int8)
        for k, wanted in enumerate(self.problem.wanted.tolist()):
            members = np.flatnonzero(self.problem.group == k)
            largest = members[np.argsort(-points[:, members], axis=1, kind="stable")[:, :wanted]]
            np.put_along_axis(rows, largest, IN, axis=1)
        return rows


def _with_penalties(problem: "LiteralProblem") -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    h, B = problem.h_eV.copy(), problem.B_eV.copy()
    B[(problem.site[:, None] == problem.site[None, :]) & ~np.eye(len(h), dtype=bool)] += _PENALTY_EV
    for i, j in problem.form.forbidden:
        # ion(i) ion(j), each of the form a + sum b x over the literals of the site, expanded.
        (constant_i, terms_i), (constant_j, terms_j) = (_ion_terms(problem, int(k)) for k in (i, j))
        for literal, sign in terms_i:
            h[literal] += _PENALTY_EV * constant_j * sign
        for literal, sign in terms_j:
            h[literal] += _PENALTY_EV * constant_i * sign
        for first, sign in terms_i:
            for second, other in terms_j:
                B[first, second] += _PENALTY_EV * sign * other
                B[second, first] += _PENALTY_EV * sign * other
    return h, B


def _ion_terms(problem: "LiteralProblem", site: int) -> tuple[int, list[tuple[int, int]]]:
    literals = problem.site_literals[problem.site_start[site] : problem.site_start[site + 1]].tolist()
    if problem.default_ion[site]:
        return 1, [(literal, -1) for literal in literals if not problem.ion[literal]]
    return 0, [(literal, 1) for literal in literals if problem.ion[literal]]


@compiled_plain
def _descend_each(h, B, group, wanted, states, rows, energies, seed, noise, filled, potential, left):  # type: ignore[no-untyped-def] # noqa: ANN001, ANN202, PLR0917
    np.random.seed(seed)  # noqa: NPY002
    for k in range(rows.shape[0]):
        state = states[k if states.shape[0] > 1 else 0]
        row = rows[k]
        _begin(h, B, group, wanted, state, row, filled, potential, left)
        if not filled:
            _fill(B, group, state, row, noise if k > 0 else 0.0, potential, left)
        while _swap(B, group, state, row, potential):
            pass
        energy = 0.0
        for i in range(h.size):
            if row[i] == IN:
                energy += 0.5 * (h[i] + potential[i])
        energies[k] = energy


@compiled_inner
def _begin(h, B, group, wanted, state, row, filled, potential, left):  # type: ignore[no-untyped-def] # noqa: ANN001, ANN202, PLR0917
    """Write what is decided to ``row`` (or leave a whole one); find the cost of every literal, and what is left."""
    for k in range(wanted.size):
        left[k] = wanted[k]
    for i in range(h.size):
        potential[i] = h[i]
    for i in range(h.size):
        if not filled:
            row[i] = IN if state[i] == IN else OUT
        if row[i] == IN:
            left[group[i]] -= 1
            for j in range(h.size):
                potential[j] += B[i, j]


@compiled_inner
def _fill(B, group, state, row, noise, potential, left):  # type: ignore[no-untyped-def] # noqa: ANN001, ANN202, PLR0917
    """Choose the cheapest literal of a group after the other."""
    # Restarts begin with another group, since the first one filled shapes the others.
    turn = np.int64(np.random.random() * left.size) if noise > 0 else 0  # noqa: NPY002
    for position in range(left.size):
        k = (position + turn) % left.size
        for _ in range(left[k]):
            best = -1
            best_cost = np.inf
            for i in range(row.size):
                if group[i] == k and row[i] == OUT and state[i] == FREE:
                    cost = potential[i] + noise * np.random.random()  # noqa: NPY002
                    if cost < best_cost:
                        best_cost = cost
                        best = i
            if best < 0:
                break
            row[best] = IN
            for j in range(row.size):
                potential[j] += B[best, j]


@compiled_inner
def _swap(B, group, state, row, potential):  # type: ignore[no-untyped-def] # noqa: ANN001, ANN202
    """Make the swap within a group that gains most; False where none gains."""
    m = row.size
    best_change = -1e-9
    out = -1
    into = -1
    for i in range(m):
        if row[i] == IN and state[i] == FREE:
            for j in range(m):
                if row[j] == OUT and state[j] == FREE and group[j] == group[i]:
                    change = potential[j] - potential[i] - B[i, j]
                    if change < best_change:
                        best_change = change
                        out = i
                        into = j
    if out < 0:
        return False
    row[out] = OUT
    row[into] = IN
    for j in range(m):
        potential[j] += B[into, j] - B[out, j]
    return True
