"""Representatives, under symmetry, of the first picks.

One site at a time is added to every representative of one pick less, and copies are dropped by canonical form (orbits
of sets: B. D. McKay, J. Algorithms 26, 306 (1998), without his acceptance test, since all representatives fit into
memory). A run of c picks may be left after m of them. Then each configuration is reached from each of its C(c, m)
subsets; the searches divide by that number at the end.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ewald.search.exhaustive.canonical import canonical_batch
from ewald.search.exhaustive.runs import Run, RunProblem
from ewald.space.symmetry import SymmetryGroup

# Seconds per visited configuration, and per (labelling, operation) pair when canonical forms are made: rough figures
# that only decide how deep representatives are worth their while.
_VISIT_S = 1e-9
_CANONICAL_S = 2e-8


@dataclass(frozen=True, eq=False)
class Prefix:
    """Representatives of the first picks.

    Parameters
    ----------
    taken
        Picks placed, per run.
    sites
        Shape (representatives, picks); the runs' picks one after another.
    copies
        Number of symmetry copies of each representative, itself included; shape (representatives,).
    overcount
        How often each configuration is reached when every representative counts ``copies`` times.
    """

    taken: tuple[int, ...]
    sites: NDArray[np.int32]
    copies: NDArray[np.int64]
    overcount: int

    def runs(self, runs: tuple[Run, ...]) -> tuple[Run, ...]:
        """Name the run of each pick."""
        return tuple(run for run, taken in zip(runs, self.taken, strict=True) for _ in range(taken))


def no_prefix(problem: RunProblem) -> Prefix:
    """Return the starting point of a search that uses no symmetry."""
    return Prefix((0,) * len(problem.runs), np.zeros((1, 0), dtype=np.int32), np.ones(1, dtype=np.int64), 1)


def choose_prefix(problem: RunProblem, group: SymmetryGroup) -> Prefix:
    """Find the representatives that leave the fewest configurations to visit."""
    best = current = no_prefix(problem)
    if group.order == 1 or not problem.runs:
        return best
    least = visits(problem.runs, best)
    while True:
        run = _next_run(problem.runs, current.taken)
        if run is None:
            return best
        width = problem.runs[run].high - problem.runs[run].low
        if len(current.copies) * width * group.order * _CANONICAL_S > least * _VISIT_S:
            return best
        current = extend(problem, group, current, run)
        if visits(problem.runs, current) <= least:
            best, least = current, visits(problem.runs, current)


def visits(runs: tuple[Run, ...], prefix: Prefix) -> int:
    """Count the configurations to visit below all representatives (an upper limit where sites clash)."""
    return len(prefix.copies) * completions(runs, prefix.taken)


def completions(runs: tuple[Run, ...], taken: tuple[int, ...]) -> int:
    """Ways to place the picks that are left, clashes between runs of different sublattices aside."""
    free = {run.low: run.high - run.low for run in runs}
    for run, done in zip(runs, taken, strict=True):
        free[run.low] -= done
    ways = 1
    for run, done in zip(runs, taken, strict=True):
        ways *= math.comb(max(free[run.low], 0), run.count - done)
        free[run.low] -= run.count - done
    return ways


def _next_run(runs: tuple[Run, ...], taken: tuple[int, ...]) -> int | None:
    """Name the run that the next pick of the prefix belongs to; None where the kernel's block needs the rest."""
    for position, run in enumerate(runs):
        last = position == len(runs) - 1
        if taken[position] < run.count - (2 if last else 0):
            return position
    return None


def extend(problem: RunProblem, group: SymmetryGroup, prefix: Prefix, run: int) -> Prefix:
    """Add one pick of a run to every representative."""
    runs = problem.runs
    labels = []
    for sites in prefix.sites:
        label = np.zeros(problem.n, dtype=np.int8)
        for site, owner in zip(sites, _owners(prefix.taken), strict=True):
            label[site] = owner + 1
        free = np.arange(runs[run].low, runs[run].high)
        free = free[label[free] == 0]
        if len(problem.clash) and len(sites):
            free = free[~problem.clash[np.ix_(sites, free)].any(axis=0)]
        grown = np.repeat(label[None, :], len(free), axis=0)
        grown[np.arange(len(free)), free] = run + 1
        labels.append(grown)
    forms, copies = canonical_batch(group.permutations, np.concatenate(labels))
    _, first = np.unique(forms.view(f"V{problem.n}"), return_index=True)
    forms, copies = forms[first], copies[first]
    taken = tuple(done + (position == run) for position, done in enumerate(prefix.taken))
    sites = np.array(
        [np.concatenate([np.flatnonzero(form == r + 1) for r in range(len(runs))]) for form in forms], dtype=np.int32
    ).reshape(len(forms), sum(taken))
    overcount = math.prod(math.comb(r.count, done) for r, done in zip(runs, taken, strict=True))
    return Prefix(taken, sites, copies, overcount)


def _owners(taken: tuple[int, ...]) -> list[int]:
    return [run for run, done in enumerate(taken) for _ in range(done)]
