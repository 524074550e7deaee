"""Costs that lie below those of a problem for every arrangement, and that convex relaxations bound far better.

What is taken from the energy are forms of small clusters that are never negative
(:mod:`ewald.search.exact.relaxation.clusters`). Their weights are the multipliers of a linear program over one number
per orbit of pairs, in which every cluster has probabilities of its choices that agree with these numbers, and in which
products are positive semidefinite: this is cut in by eigenvectors, beginning with those that the doubly nonnegative
relaxation needed. The program only proposes the weights. Whatever they are, the forms are made non-negative by looking
at every choice, and the bound of what is left comes from the relaxations of the search.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ewald.parallel.clock import Deadline
from ewald.search.exact.relaxation.clusters import Cluster, clusters
from ewald.search.exact.relaxation.literals import LiteralProblem
from ewald.search.exact.relaxation.multipliers import relaxed
from ewald.search.exact.relaxation.nonnegative import DualPoint, face
from ewald.search.exact.relaxation.one_hot import OneHot
from ewald.search.exact.relaxation.pair_orbits import PairOrbits

# Beyond so many orbits of pairs, or kinds of choices of all clusters, the program takes too long.
MOST_ORBITS = 2500
_MOST_COLUMNS = 6000
# Choices of a cluster, in the first program and in the last.
_CHOICES = (256, 1024)
_ROUNDS = 200
# Eigenvectors that a round cuts in, at most; those of a larger eigenvalue are not missing.
_CUTS = 30
_NEGATIVE = -1e-6
# The program has converged where twice so many rounds gained less than this share of the gap.
_LOOK_BACK, _LITTLE, _NOTHING_EV = 6, 0.02, 1e-3
# Vectors of the relaxation's semidefinite part, relative to the largest.
_RELEVANT = 1e-3


@dataclass(frozen=True, eq=False)
class Form:
    """What is taken from the energy for one cluster, spread over its symmetry copies.

    Parameters
    ----------
    cluster
        The first of the copies.
    set_eV
        Cost of the mean product of each of its sets of pairs; shape (sets,).
    constant_eV
        Makes the least value over all choices zero.
    """

    cluster: Cluster
    set_eV: NDArray[np.float64]
    constant_eV: float

    @property
    def matrix_eV(self) -> NDArray[np.float64]:
        """The form less its constant, as y^T matrix y of the cluster's variables; shape (k, k)."""
        matrix = np.zeros((len(self.cluster.variables),) * 2)
        for members, cost_eV in zip(self.cluster.pairs, self.set_eV, strict=True):
            for a, b in members:
                matrix[a, b] += 0.5 * cost_eV / len(members)
                matrix[b, a] += 0.5 * cost_eV / len(members)
        return matrix

    @classmethod
    def of(cls, cluster: Cluster, set_eV: NDArray[np.float64]) -> "Form":
        """Shift a form so that its least value is zero."""
        return cls(cluster, set_eV, -float((set_eV @ cluster.mean).min()))


def lowered(problem: LiteralProblem, orbits: PairOrbits, forms: Sequence[Form]) -> LiteralProblem:
    """Take forms from a problem, each spread evenly over its symmetry copies."""
    taken, constant_eV = np.zeros(orbits.count), problem.constant_eV
    for form in forms:
        np.add.at(taken, form.cluster.orbit(orbits), form.set_eV)
        constant_eV -= form.constant_eV
    # Products of two variables are in the matrix twice.
    M = (taken / orbits.size)[orbits.label]
    n, f = len(M), orbits.one_hot.literals
    single = np.diag(M).copy()
    np.fill_diagonal(M, 0.0)
    # The usual class of a site is 1 less its literals.
    T = np.zeros((n, f))
    T[np.arange(f), np.arange(f)] = 1.0
    T[f:] = -(orbits.one_hot.site[f:, None] == orbits.one_hot.site[None, :f]).astype(float)
    usual = np.r_[np.zeros(f), np.ones(n - f)]
    B = 2 * T.T @ M @ T
    h = T.T @ (single + 2 * M @ usual) + 0.5 * np.diag(B)
    B[problem.site[:, None] == problem.site[None, :]] = 0.0
    return replace(
        problem,
        constant_eV=constant_eV - float(single @ usual + usual @ M @ usual),
        h_eV=problem.h_eV - h,
        B_eV=np.ascontiguousarray(problem.B_eV - 0.5 * (B + B.T)),
        above=problem,
        forms=tuple((form.cluster.variables, form.matrix_eV) for form in forms),
    )


def strengthened(
    problem: LiteralProblem, permutations: NDArray[np.int32], deadline: Deadline, best_eV: float = np.inf
) -> LiteralProblem | None:
    """Find costs that lie below those of a problem and are bounded better; None where none are found in time.

    Parameters
    ----------
    permutations
        The symmetry on sites; shape (order, sites of the form).
    deadline
        When to stop with what there is.
    best_eV
        Energy known to be reached: a bound above it is not looked for.
    """
    orbits = PairOrbits.of(problem, permutations, MOST_ORBITS)
    if orbits is None or deadline.passed():
        return None
    costs = _costs(problem, orbits.one_hot)
    dual = relaxed(problem, orbits.one_hot, problem.h_eV, deadline)
    V = face(orbits.one_hot.rules())
    vectors = _semidefinite_part(V, costs, dual)
    inside = orbits.sums(dual.Y[1:, 1:].astype(np.float64)) / orbits.size
    found = None
    for most_choices in _CHOICES:
        program = _Program(orbits, costs, V, best_eV - problem.constant_eV)
        program.add(_chosen(orbits, costs, most_choices))
        program.cut(vectors)
        if (reached := program.run(deadline, inside)) is None:
            break
        found, vectors = lowered(problem, orbits, reached.forms), reached.vectors
        if deadline.passed():
            break
    return found


def _costs(problem: LiteralProblem, one_hot: OneHot) -> NDArray[np.float64]:
    """Costs of the products of all variables, those of single ones on the diagonal; shape (n, n)."""
    f = one_hot.literals
    costs = np.zeros((one_hot.size, one_hot.size))
    costs[:f, :f] = np.where(one_hot.impossible[:f, :f], 0.0, 0.5 * problem.B_eV)
    costs[np.arange(f), np.arange(f)] = problem.h_eV
    return costs


def _chosen(orbits: PairOrbits, costs: NDArray[np.float64], most_choices: int) -> list[Cluster]:
    chosen: list[Cluster] = []
    columns = 0
    strength = costs - np.diag(np.diag(costs))
    for cluster in clusters(orbits, strength, most_choices):
        columns += cluster.mean.shape[1]
        if columns > _MOST_COLUMNS:
            break
        chosen.append(cluster)
    return chosen


def _semidefinite_part(V: NDArray[np.float64], costs: NDArray[np.float64], dual: DualPoint) -> NDArray[np.float64]:
    """Return vectors v whose (v . (1, y))^2 the relaxation subtracted from the costs; shape (vectors, n + 1)."""
    bordered = np.zeros((len(costs) + 1, len(costs) + 1))
    bordered[1:, 1:] = costs - np.diag(np.diag(costs))
    bordered[0, 1:] = bordered[1:, 0] = 0.5 * np.diag(costs)
    values, vectors = np.linalg.eigh(V.T @ (bordered - dual.slack_eV) @ V)
    values += dual.missing_eV
    return np.ascontiguousarray((V @ vectors[:, values > _RELEVANT * values[-1]]).T)


class _Reached(NamedTuple):
    """Weighted forms, and the vectors cut in."""

    forms: list[Form]
    vectors: NDArray[np.float64]


@dataclass(eq=False)
class _Program:
    """The linear program: the means of products over orbits, and probabilities of the choices of clusters.

    Parameters
    ----------
    orbits, costs
        The variables; their costs, shape (n, n).
    V
        Basis of what obeys the sums over groups and sites; shape (n + 1, f).
    best_eV
        Energy known to be reached.
    """

    orbits: PairOrbits
    costs: NDArray[np.float64]
    V: NDArray[np.float64]
    best_eV: float
    _model: Any = field(init=False)
    _clusters: list[tuple[Cluster, int]] = field(init=False, default_factory=list)
    _vectors: list[NDArray[np.float64]] = field(init=False, default_factory=list)
    # Rows before the first cut.
    _rows: int = field(init=False, default=0)

    def __post_init__(self) -> None:
        import highspy

        orbits, one_hot = self.orbits, self.orbits.one_hot
        self._model = highspy.Highs()
        self._model.setOptionValue("output_flag", False)
        self._model.setOptionValue("threads", 1)
        never = np.zeros(orbits.count, dtype=np.bool_)
        never[orbits.label[one_hot.impossible]] = True
        self._columns(orbits.sums(self.costs), np.where(never, 0.0, 1.0))
        for rows, wanted in self._rules():
            for row, total in zip(rows, wanted, strict=True):
                self._row(np.flatnonzero(row), row[row != 0.0], total, total)

    def add(self, chosen: Sequence[Cluster]) -> None:
        """Give clusters probabilities of their choices, which agree with the means of products."""
        for cluster in chosen:
            first = self._model.getNumCol()
            self._columns(np.zeros(cluster.mean.shape[1]), np.ones(cluster.mean.shape[1]))
            self._clusters.append((cluster, self._model.getNumRow()))
            for orbit, mean in zip(cluster.orbit(self.orbits), cluster.mean, strict=True):
                present = np.flatnonzero(mean)
                self._row(np.r_[orbit, first + present], np.r_[-1.0, mean[present]], 0.0, 0.0)
            last = self._model.getNumCol()
            self._row(np.arange(first, last), np.ones(last - first), 1.0, 1.0)

    def cut(self, vectors: NDArray[np.float64]) -> None:
        """Demand of vectors v, shape (vectors, n + 1), that (v . (1, y))^2 is not negative in the mean."""
        if not self._vectors:
            self._rows = self._model.getNumRow()
        for v in vectors:
            row = self.orbits.sums(np.outer(v[1:], v[1:]))
            np.add.at(row, self.orbits.single, 2 * v[0] * v[1:])
            present = np.flatnonzero(np.abs(row) > 1e-12 * np.abs(row).max())
            self._row(present, row[present], -(v[0] ** 2), np.inf)
            self._vectors.append(v)

    def run(self, deadline: Deadline, inside: NDArray[np.float64]) -> _Reached | None:
        """Solve the program and cut in what is missing, in turns; None where not even the first turn came to its end.

        Parameters
        ----------
        deadline
            When to stop.
        inside
            Means that are positive semidefinite; shape (orbits,). Cuts half-way between such a point and the program's
            solution are deeper than at the solution (W. Ben-Ameur, J. Neto, Networks 49, 3 (2007)).
        """
        import highspy

        values_eV: list[float] = []
        dual: NDArray[np.float64] | None = None
        done = False
        while not done and len(values_eV) < _ROUNDS and not (dual is not None and deadline.passed()):
            if (left_s := deadline.left_s) is not None:
                self._model.setOptionValue("time_limit", self._model.getRunTime() + left_s)
            self._model.run()
            if self._model.getModelStatus() != highspy.HighsModelStatus.kOptimal:
                break
            solution = self._model.getSolution()
            dual, mean = np.array(solution.row_dual), np.array(solution.col_value)[: self.orbits.count]
            values_eV.append(self._model.getInfo().objective_function_value)
            if len(values_eV) % _LOOK_BACK == 0:
                self._forget(dual)
            before_eV = values_eV[-1 - 2 * _LOOK_BACK] if len(values_eV) > 2 * _LOOK_BACK else np.inf
            done = before_eV - values_eV[-1] < _LITTLE * max(self.best_eV - values_eV[-1], _NOTHING_EV)
            vectors = self._missing(0.5 * (mean + inside))
            if not len(vectors):
                inside = 0.5 * (mean + inside)
                vectors = self._missing(mean)
            done |= not len(vectors)
            self.cut(vectors)
        if dual is None:
            return None
        forms = [Form.of(c, -dual[first : first + len(c.pairs)]) for c, first in self._clusters]
        return _Reached([form for form in forms if form.set_eV.any()], np.array(self._vectors))

    def _missing(self, mean: NDArray[np.float64]) -> NDArray[np.float64]:
        """Eigenvectors of negative eigenvalues of a point, the most negative first; shape (vectors, n + 1)."""
        values, vectors = np.linalg.eigh(self.V.T @ self.orbits.bordered(mean) @ self.V)
        return np.ascontiguousarray((self.V @ vectors[:, values < _NEGATIVE][:, :_CUTS]).T)

    def _forget(self, dual: NDArray[np.float64]) -> None:
        """Remove the cuts that do not matter to the solution, but for the latest."""
        old = len(self._vectors) - _LOOK_BACK * _CUTS
        unused = np.flatnonzero(dual[self._rows :][: max(0, old)] == 0.0)
        self._model.deleteRows(len(unused), (self._rows + unused).astype(np.int32))
        gone = set(unused.tolist())
        self._vectors = [v for k, v in enumerate(self._vectors) if k not in gone]

    def _rules(self) -> list[tuple[NDArray[np.float64], NDArray[np.float64]]]:
        """Write down the sums over groups and sites, of variables and of their products with any one variable."""
        orbits, one_hot = self.orbits, self.orbits.one_hot
        out = []
        for number, wanted in ((one_hot.group, one_hot.wanted), (orbits.row, np.ones(len(orbits.sites)))):
            kinds = np.unique(number)
            rows = np.zeros((len(kinds), orbits.count))
            np.add.at(rows, (np.searchsorted(kinds, number), orbits.single), 1.0)
            out.append((rows, wanted[kinds].astype(float)))
            for a in np.unique(orbits.single, return_index=True)[1]:
                products = np.zeros((len(kinds), orbits.count))
                np.add.at(products, (np.searchsorted(kinds, number), orbits.label[a]), 1.0)
                products[:, orbits.single[a]] -= wanted[kinds]
                different = np.unique(products, axis=0)
                out.append((different, np.zeros(len(different))))
        return out

    def _columns(self, cost: NDArray[np.float64], upper: NDArray[np.float64]) -> None:
        nothing = np.empty(0, dtype=np.int32)
        self._model.addCols(
            len(cost), cost, np.zeros(len(cost)), upper, 0, np.zeros(len(cost), dtype=np.int32), nothing, np.empty(0)
        )

    def _row(self, columns: NDArray[np.int64], values: NDArray[np.float64], lower: float, upper: float) -> None:
        self._model.addRow(lower, upper, len(columns), columns.astype(np.int32), values)
