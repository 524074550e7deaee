"""Some literals of a problem as one of several classes on each site, the usual class among them.

A literal problem leaves the usual class of a site out: it is there when no literal is. A relaxation is stronger when
products with it are variables as well, since those are not negative either: for two classes this adds
(1 - x_i) x_j >= 0, x_i (1 - x_j) >= 0 and (1 - x_i)(1 - x_j) >= 0 to x_i x_j >= 0.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ewald.search.exact.relaxation.literals import LiteralProblem


@dataclass(frozen=True, eq=False)
class OneHot:
    """Variables y, one per class that each of some sites may have; exactly one of a site is 1.

    Parameters
    ----------
    literal
        The literal that a variable stands for, or -1 for the usual class of its site; shape (n,). The literals come
        first.
    site
        Site of each variable; shape (n,).
    group
        Group of each variable: that of its literal, or a number above those, one for the usual class of each
        sublattice; shape (n,).
    wanted
        How many variables of each group are 1; shape (groups,).
    impossible
        Pairs of different variables that are never both 1; shape (n, n).
    """

    literal: NDArray[np.int64]
    site: NDArray[np.int64]
    group: NDArray[np.int64]
    wanted: NDArray[np.int64]
    impossible: NDArray[np.bool_]

    @classmethod
    def of(cls, problem: LiteralProblem, free: NDArray[np.int32], wanted: NDArray[np.int32]) -> "OneHot":
        """Make the variables of the sites of the literals ``free``, shape (f,).

        Parameters
        ----------
        wanted
            How many of the free literals each group wants; shape (groups,).
        """
        sites = np.unique(problem.site[free]).astype(np.int64)
        sublattice = problem.form.sublattice[sites]
        usual = len(wanted) + sublattice
        literal = np.concatenate([free.astype(np.int64), np.full(len(sites), -1)])
        site = np.concatenate([problem.site[free].astype(np.int64), sites])
        group = np.concatenate([problem.group[free].astype(np.int64), usual])
        sublattice_of_group = np.zeros(len(wanted), dtype=np.int64)
        sublattice_of_group[problem.group] = problem.form.sublattice[problem.site]
        counts = np.concatenate([wanted, np.zeros(len(problem.classes), dtype=np.int64)]).astype(np.int64)
        for k in np.unique(sublattice):
            others = wanted[(sublattice_of_group == k) & np.isin(np.arange(len(wanted)), problem.group[free])]
            counts[len(wanted) + k] = int((sublattice == k).sum()) - int(others.sum())
        ion = np.concatenate([problem.ion[free], problem.default_ion[sites]])
        apart = np.zeros((problem.form.n, problem.form.n), dtype=np.bool_)
        apart[tuple(problem.form.forbidden.T)] = True
        impossible = site[:, None] == site[None, :]
        impossible |= (apart | apart.T)[np.ix_(site, site)] & ion[:, None] & ion[None, :]
        np.fill_diagonal(impossible, val=False)
        return cls(literal, site, group, counts, impossible)

    def within(
        self, smaller: "OneHot", problem: LiteralProblem, state: NDArray[np.int8]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Find the variables of a smaller problem, and those that ``state``, shape (m,), makes 1, among these."""
        f = self.literals
        number = np.full(problem.size, -1, dtype=np.int64)
        number[self.literal[:f]] = np.arange(f)
        usual = np.full(problem.form.n, -1, dtype=np.int64)
        usual[self.site[f:]] = np.arange(f, self.size)
        kept = np.concatenate([number[smaller.literal[: smaller.literals]], usual[smaller.site[smaller.literals :]]])
        chosen = np.flatnonzero(state == 1)
        decided = np.setdiff1d(self.site[f:], np.concatenate([smaller.site, problem.site[chosen].astype(np.int64)]))
        ones = np.concatenate([number[chosen], usual[decided]])
        return kept, ones[ones >= 0]

    @property
    def size(self) -> int:
        """Number of variables."""
        return len(self.literal)

    @property
    def literals(self) -> int:
        """How many of the variables are literals."""
        return int((self.literal >= 0).sum())

    @property
    def sites(self) -> int:
        """Number of sites."""
        return self.size - self.literals

    def mean(self) -> NDArray[np.float64]:
        """Return the point with every group spread evenly over its variables, shape (n,)."""
        members = np.bincount(self.group, minlength=len(self.wanted))
        return np.asarray(self.wanted[self.group] / members[self.group], dtype=np.float64)

    def rules(self) -> NDArray[np.float64]:
        """Rows r with r . (1, y) = 0 wherever groups have what they want and sites one class; shape (rules, n + 1)."""
        by_group = [np.r_[-float(self.wanted[k]), (self.group == k).astype(float)] for k in np.unique(self.group)]
        by_site = [np.r_[-1.0, (self.site == s).astype(float)] for s in np.unique(self.site)]
        return np.array(by_group + by_site)
