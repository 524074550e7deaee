"""Parallel tempering: for spaces where no proof is in reach. What it finds is never called certified.

Replicas at a geometric ladder of temperatures exchange their arrangements (R. H. Swendsen and J.-S. Wang, Phys. Rev.
Lett. 57, 2607 (1986)). Every best arrangement of a round enters a pool, whose lowest members are then improved by
all their single swaps until nothing lower appears.
"""

import heapq
import time
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ewald.parallel.progress import ProgressCallback, ProgressReport
from ewald.search.picks import by_picks
from ewald.search.ranking import TIE_EV, rank
from ewald.search.result import SearchOutcome
from ewald.search.sampling import tempering
from ewald.space.form import QuadraticForm
from ewald.space.symmetry import SymmetryGroup

_REPLICAS = 12
_SWEEPS_PER_ROUND = 20
# Stop when so many rounds brought nothing new among the arrangements kept.
_PATIENCE_ROUNDS = 300
# Low arrangements that one replica notes per round.
_BUFFER = 16
_COLDEST_TO_HOTTEST = 1 / 300


@by_picks
def search(
    form: QuadraticForm,
    group: SymmetryGroup,
    keep: int,
    *,
    seed: int = 0,
    time_limit_s: float | None = None,
    comm: Any = None,
    progress: ProgressCallback | None = None,
) -> SearchOutcome:
    """Search by parallel tempering with swap moves.

    Without a time limit the result depends on nothing but the problem, ``keep``, the seed and the number of ranks.

    Parameters
    ----------
    form, group, keep
        The problem, and how many symmetry-distinct arrangements to return.
    seed
        Seed of the random numbers.
    time_limit_s
        Stop after this time, converged or not.
    comm
        mpi4py communicator: every rank runs its own replicas, and the pools are joined.
    progress
        Called once per round.
    """
    rank_id, ranks = (comm.Get_rank(), comm.Get_size()) if comm is not None else (0, 1)
    walk = _Walk.start(form, group, keep, np.random.SeedSequence([seed, rank_id]))
    deadline_s = None if time_limit_s is None else time.monotonic() + time_limit_s
    quiet = 0
    while quiet < _PATIENCE_ROUNDS and (deadline_s is None or time.monotonic() < deadline_s):
        quiet = 0 if walk.round() else quiet + 1
        if progress is not None and rank_id == 0:
            best = walk.lowest_eV()
            progress(ProgressReport(walk.moves * ranks, None, "moves", best))
    pool, moves = walk.polished(deadline_s), walk.moves
    if comm is not None:
        gathered = comm.allgather((pool, moves))
        pool = [occupation for part, _ in gathered for occupation in part]
        moves = sum(part for _, part in gathered)
    return SearchOutcome(
        lowest=rank(form, group, pool, keep),
        certified=False,
        bound_eV=None,
        gap_eV=None,
        evaluated=moves,
        method="sample",
        ranks=ranks,
        statistics={"replicas": _REPLICAS * ranks, "seed": seed},
    )


@dataclass(eq=False)
class _Walk:
    """The replicas of one process and the pool of arrangements they found."""

    form: QuadraticForm
    group: SymmetryGroup
    keep: int
    problem: tempering.Problem
    kT_eV: NDArray[np.float64]
    states: NDArray[np.uint64]
    occupations: list[NDArray[np.int8]]
    generator: np.random.Generator
    moves: int = 0
    rounds: int = 0
    pool: dict[bytes, tuple[float, NDArray[np.int8]]] = field(default_factory=dict)

    @classmethod
    def start(cls, form: QuadraticForm, group: SymmetryGroup, keep: int, seed: np.random.SeedSequence) -> "_Walk":
        generator = np.random.default_rng(seed)
        occupations = [random_occupation(form, generator) for _ in range(_REPLICAS)]
        problem = compiled_problem(form)
        hottest = max(_typical_change_eV(problem, form.charge_changes(occupations[0]), generator), 1e-3)
        ladder = hottest * _COLDEST_TO_HOTTEST ** np.linspace(0, 1, _REPLICAS)
        states = generator.integers(1, 2**63, _REPLICAS, dtype=np.uint64)
        return cls(form, group, keep, problem, ladder, states, occupations, generator)

    def round(self) -> bool:
        """Move every replica, exchange neighbours; tell whether the lowest arrangements changed."""
        count = _SWEEPS_PER_ROUND * self.form.n
        energies, changed = [], False
        for r, occupation in enumerate(self.occupations):
            dq, ion = self.form.charge_changes(occupation), self.form.ions(occupation)
            start_eV = self.form.E0_eV + self.form.v @ dq + 0.5 * dq @ self.form.A @ dq
            replica = tempering.Replica(dq, occupation, ion, self.states, r)
            energy_eV, pairs, low_eV, low = tempering.run_replica(
                self.problem, replica, self.kT_eV[r], count, self.threshold_eV() + TIE_EV, _BUFFER, start_eV,
                forbidden_pairs(self.form, ion),
            )  # fmt: skip
            energies.append(energy_eV + self.problem.penalty_eV * pairs)
            for one_eV, one in sorted(zip(low_eV.tolist(), low, strict=True), key=itemgetter(0)):
                changed |= self.add(one_eV, one)
        self.moves += count * len(self.occupations)
        self._exchange(energies)
        self.rounds += 1
        return changed

    def _exchange(self, energies: list[float]) -> None:
        for r in range(self.rounds % 2, len(energies) - 1, 2):
            gain = (1 / self.kT_eV[r + 1] - 1 / self.kT_eV[r]) * (energies[r + 1] - energies[r])
            if gain >= 0 or self.generator.random() < np.exp(gain):
                self.occupations[r], self.occupations[r + 1] = self.occupations[r + 1], self.occupations[r]

    def threshold_eV(self) -> float:
        """Energy above which nothing new is of interest."""
        if len(self.pool) < self.keep:
            return np.inf
        return heapq.nsmallest(self.keep, (energy_eV for energy_eV, _ in self.pool.values()))[-1]

    def lowest_eV(self) -> float | None:
        """Return the lowest energy found so far."""
        return min((energy for energy, _ in self.pool.values()), default=None)

    def add(self, energy_eV: float, occupation: NDArray[np.int8]) -> bool:
        """Put an arrangement into the pool if it may be among the lowest; tell whether it is new there."""
        limit_eV = self.threshold_eV()
        if energy_eV > limit_eV + TIE_EV:
            return False
        canonical, _ = self.group.canonical(occupation)
        key = canonical.tobytes()
        if key in self.pool:
            return False
        self.pool[key] = (energy_eV, canonical)
        if len(self.pool) > 4 * self.keep + 64:
            limit_eV = self.threshold_eV()
            self.pool = {k: entry for k, entry in self.pool.items() if entry[0] <= limit_eV + TIE_EV}
        return True

    def polished(self, deadline_s: float | None) -> list[NDArray[np.int8]]:
        """Try all single swaps of the lowest arrangements until nothing new is found; return the pool."""
        done = set[bytes]()
        while deadline_s is None or time.monotonic() < deadline_s + 1:
            todo = sorted((e, k) for k, (e, _) in self.pool.items() if k not in done and e <= self.threshold_eV())
            if not todo:
                break
            energy_eV, key = todo[0]
            done.add(key)
            occupation = self.pool[key][1]
            dq, ion = self.form.charge_changes(occupation), self.form.ions(occupation)
            limit_eV = self.threshold_eV() - energy_eV + TIE_EV
            pairs = tempering.neighbours_below(self.problem, dq, occupation, ion, limit_eV)
            phi = tempering.potential(self.form.A, self.form.v, dq)
            for i, j in pairs:
                other = occupation.copy()
                other[i], other[j] = other[j], other[i]
                self.add(energy_eV + tempering.swap_energy(self.form.A, phi, dq, i, j), other)
        return [occupation for _, occupation in self.pool.values()]


def compiled_problem(form: QuadraticForm) -> tempering.Problem:
    """Collect what the compiled kernel reads: block of each site, and forbidden partners in rows."""
    blocks = [form.members(k) for k in range(len(form.sublattices))]
    both = np.concatenate([form.forbidden, form.forbidden[:, ::-1]])
    both = both[np.argsort(both[:, 0], kind="stable")]
    return tempering.Problem(
        A=form.A,
        v=form.v,
        first=np.concatenate([np.full(len(b), b[0]) for b in blocks]),
        last=np.concatenate([np.full(len(b), b[-1] + 1) for b in blocks]),
        starts=np.searchsorted(both[:, 0], np.arange(form.n + 1)),
        neighbours=np.ascontiguousarray(both[:, 1]),
        # More than any single swap can gain elsewhere, so that forbidden pairs dissolve at all temperatures.
        penalty_eV=float(np.abs(form.A).max() + np.abs(form.v).max()),
    )


def forbidden_pairs(form: QuadraticForm, ion: NDArray[np.bool_]) -> int:
    """Count the forbidden pairs of sites that both hold an ion; ``ion`` has shape (n,)."""
    return int((ion[form.forbidden[:, 0]] & ion[form.forbidden[:, 1]]).sum())


def random_occupation(form: QuadraticForm, generator: np.random.Generator) -> NDArray[np.int8]:
    """Draw a random arrangement with the right counts (forbidden pairs not heeded); shape (n,), int8."""
    blocks = [np.repeat(np.arange(len(s.counts), dtype=np.int8), s.counts) for s in form.sublattices]
    return np.concatenate([generator.permutation(block) for block in blocks]).astype(np.int8)


def _typical_change_eV(problem: tempering.Problem, dq: NDArray[np.float64], generator: np.random.Generator) -> float:
    phi = problem.v + problem.A @ dq
    changes = []
    for _ in range(1000):
        i = int(generator.integers(len(dq)))
        j = int(generator.integers(problem.first[i], problem.last[i]))
        if dq[i] != dq[j]:
            changes.append(abs(tempering.swap_energy(problem.A, phi, dq, i, j)))
    return float(np.mean(changes)) if changes else 0.0
