"""A tabu search that can be interrupted at any time: its walk, its population of starts, what it found.

Starts come from a small population of good arrangements, of which one is shaken, or two are crossed (P. Moscato,
Caltech C3P Report 826 (1989); M. Benlic and J.-K. Hao, Expert Syst. Appl. 42, 584 (2015)); a population that does not
improve any more gives way to new random ones. What is low on the way enters a pool.
"""

import heapq
import math
from collections.abc import Callable
from dataclasses import dataclass, field
from operator import itemgetter

import numpy as np
from numpy.typing import NDArray

from ewald.search.ranking import TIE_EV
from ewald.search.sampling import tabu
from ewald.space.form import QuadraticForm
from ewald.space.symmetry import SymmetryGroup

# Arrangements that were looked at in all, over those that there are, from which on nothing new is to be expected.
_VISITS_EACH = 1000
_POPULATION = 8
# A population that so many rounds did not improve is dropped.
_POPULATION_ROUNDS = 40
_CROSSED_SHARE = 0.1
_LARGEST_SHAKE = 0.25
# A round ends after so many steps per site without improvement, now fewer and now more; in large cells after so many
# swaps looked at.
_PATIENCE_SITES = (2, 2, 10)
_PATIENCE_SWAPS = 3e7
# Swaps looked at between two looks at the clock.
_SLICE_SWAPS = 2e7
# Low arrangements that one slice notes.
_BUFFER = 16


@dataclass(eq=False)
class Hunt:
    """What one thread knows: its walk, a population of starts, and the arrangements that may be among the lowest.

    Parameters
    ----------
    keep
        How many of the lowest arrangements are of interest.
    """

    form: QuadraticForm
    group: SymmetryGroup
    keep: int
    problem: tabu.Problem
    walk: tabu.Walk
    generator: np.random.Generator
    pairs: int
    population: list[tuple[float, NDArray[np.int8]]] = field(default_factory=list)
    unchanged: int = 0
    patience: int = 0
    walking: bool = False
    swaps: int = 0
    rounds: int = 0
    pool: dict[bytes, tuple[float, NDArray[np.int8]]] = field(default_factory=dict)

    @classmethod
    def start(cls, form: QuadraticForm, group: SymmetryGroup, keep: int, seed: np.random.SeedSequence) -> "Hunt":
        """Begin a search for the ``keep`` lowest arrangements of a form."""
        generator = np.random.default_rng(seed)
        walk = new_walk(form.n, int(generator.integers(1, 2**63)))
        pairs = sum((len(s.sites) - max(s.counts)) * len(s.sites) for s in form.sublattices)
        return cls(form, group, keep, compiled_problem(form), walk, generator, max(pairs, 1))

    @property
    def enough(self) -> bool:
        """Whether so much was looked at that nothing new is to be expected."""
        return self.swaps > _VISITS_EACH * math.prod(sublattice.configurations for sublattice in self.form.sublattices)

    def round(self, late: Callable[[], bool]) -> bool:
        """Follow one tabu search to its end, the one that time cut short before; whether the lowest changed.

        Parameters
        ----------
        late
            Whether to stop; the next round then goes on from there.
        """
        changed = False
        if not self.walking:
            self._begin()
            changed |= self._offer_now()
        steps = max(1, int(_SLICE_SWAPS / self.pairs))
        energies, kept = np.empty(_BUFFER), np.empty((_BUFFER, self.form.n), dtype=np.int8)
        while self.walking and not late():
            before = int(self.walk.step[tabu.STEP])
            limit_eV = self.threshold_eV() + TIE_EV - self.form.E0_eV
            count, ended = tabu.advance(self.problem, self.walk, steps, self.patience, limit_eV, energies, kept)
            self.walking = not ended
            self.swaps += (int(self.walk.step[tabu.STEP]) - before) * self.pairs
            for energy_eV, one in sorted(zip(energies[:count].tolist(), kept[:count], strict=True), key=itemgetter(0)):
                changed |= self.add(self.form.E0_eV + energy_eV, one)
        if not self.walking:
            self._breed(float(self.walk.energy[tabu.BEST]), self.walk.best.copy())
        return changed

    def _begin(self) -> None:
        """Put the walk at a new start."""
        self.rounds += 1
        self.walking = True
        start, origin = self._new_start()
        self._put(start)
        # What was changed stays for a while, so that the rest can adapt to it.
        self.walk.rests[start != origin] = self.form.n
        most = self.generator.choice(_PATIENCE_SITES) * self.form.n
        self.patience = int(np.clip(_PATIENCE_SWAPS / self.pairs, 2 * self.form.n, most))

    def _put(self, occupation: NDArray[np.int8]) -> None:
        """Put an arrangement where the walk begins."""
        self.walk.species[:] = occupation
        self.walk.dq[:] = self.form.charge_changes(occupation)
        self.walk.ion[:] = self.form.ions(occupation)
        tabu.begin(self.problem, self.walk)

    def _offer_now(self) -> bool:
        self.swaps += 1
        if self.walk.ion @ self.walk.near:
            return False
        return self.add(self.form.E0_eV + float(self.walk.energy[tabu.NOW]), self.walk.species)

    def _new_start(self) -> tuple[NDArray[np.int8], NDArray[np.int8]]:
        """Where the next walk begins, and the arrangement that was changed to get there."""
        if len(self.population) < _POPULATION:
            start = random_occupation(self.form, self.generator)
            return start, start
        if self.generator.random() < _CROSSED_SHARE:
            first, second = self.generator.choice(len(self.population), 2, replace=False)
            start = crossed(self.form, self.population[first][1], self.population[second][1], self.generator)
            return start, start
        chosen = self.population[int(self.generator.integers(len(self.population)))][1]
        return shaken(self.form, chosen, self.generator), chosen

    def _breed(self, energy_eV: float, occupation: NDArray[np.int8]) -> None:
        """Let an arrangement take the place of the worst of the population; drop one that does not improve."""
        self.unchanged += 1
        known = any(np.array_equal(occupation, other) for _, other in self.population)
        if not known and (len(self.population) < _POPULATION or energy_eV < self.population[-1][0] - TIE_EV):
            self.population = sorted([*self.population, (energy_eV, occupation)], key=itemgetter(0))[:_POPULATION]
            self.unchanged = 0
        elif self.unchanged >= _POPULATION_ROUNDS:
            self.population, self.unchanged = [], 0

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

    def lowest(self) -> list[NDArray[np.int8]]:
        """Return the lowest arrangements of the pool, as many as are of interest."""
        entries = heapq.nsmallest(self.keep, self.pool.items(), key=lambda entry: entry[1][0])
        return [occupation for _, (_, occupation) in entries]

    def polished(self, late: Callable[[], bool]) -> list[NDArray[np.int8]]:
        """Try all single swaps of the lowest arrangements until nothing new is found; return the pool.

        Ends the walk at hand.
        """
        self.walking = False
        done = set[bytes]()
        while not late():
            todo = sorted((e, k) for k, (e, _) in self.pool.items() if k not in done and e <= self.threshold_eV())
            if not todo:
                break
            energy_eV, key = todo[0]
            done.add(key)
            occupation = self.pool[key][1]
            self._put(occupation)
            limit_eV = self.threshold_eV() - energy_eV + TIE_EV
            costs_eV = tabu.swap_costs(self.problem, self.walk)
            for i, j in self._swaps_below(costs_eV, min(limit_eV, self.problem.penalty_eV / 2)):
                other = occupation.copy()
                other[i], other[j] = other[j], other[i]
                if self.form.allowed(other):
                    self.add(energy_eV + float(costs_eV[i, j]), other)
        return [occupation for _, occupation in self.pool.values()]

    def _swaps_below(self, costs_eV: NDArray[np.float64], limit_eV: float) -> NDArray[np.int64]:
        """Pairs of sites with different species whose swap costs less than a limit; shape (m, 2)."""
        same_block = np.equal.outer(self.problem.first, self.problem.first)
        different = np.not_equal.outer(self.walk.species, self.walk.species)
        return np.argwhere(np.triu(same_block & different & (costs_eV < limit_eV)))


def compiled_problem(form: QuadraticForm) -> tabu.Problem:
    """Collect what the compiled kernel reads."""
    blocks = [form.members(k) for k in range(len(form.sublattices))]
    minority = [len(block) - max(s.counts) for block, s in zip(blocks, form.sublattices, strict=True)]
    sizes = [len(block) for block in blocks]
    partners = np.zeros((form.n, form.n) if len(form.forbidden) else (0, 0))
    for i, j in form.forbidden:
        partners[i, j] = partners[j, i] = 1.0
    return tabu.Problem(
        A=np.ascontiguousarray(form.A),
        v=form.v,
        stiffness=0.5 * np.add.outer(form.A.diagonal(), form.A.diagonal()) - form.A,
        first=np.repeat([block[0] for block in blocks], sizes),
        last=np.repeat([block[-1] + 1 for block in blocks], sizes),
        usual=form.reference_occupation(),
        shortest=np.repeat([1 + few // 8 for few in minority], sizes),
        longest=np.repeat([2 + few // 3 for few in minority], sizes),
        partners=partners,
        # More than any single swap can gain elsewhere, so that forbidden pairs dissolve.
        penalty_eV=float(np.abs(form.A).max(initial=0.0) + np.abs(form.v).max(initial=0.0)),
    )


def new_walk(n: int, seed: int) -> tabu.Walk:
    """Make room for a walk over n variable sites."""
    return tabu.Walk(
        dq=np.zeros(n),
        ion=np.zeros(n),
        species=np.zeros(n, dtype=np.int8),
        best=np.zeros(n, dtype=np.int8),
        phi=np.zeros(n),
        near=np.zeros(n),
        rests=np.zeros(n, dtype=np.int64),
        resting=np.zeros(n),
        energy=np.zeros(2),
        step=np.zeros(2, dtype=np.int64),
        random=np.array([seed], dtype=np.uint64),
    )


def random_occupation(form: QuadraticForm, generator: np.random.Generator) -> NDArray[np.int8]:
    """Draw a random arrangement with the right counts (forbidden pairs not heeded); shape (n,), int8."""
    blocks = [np.repeat(np.arange(len(s.counts), dtype=np.int8), s.counts) for s in form.sublattices]
    return np.concatenate([generator.permutation(block) for block in blocks]).astype(np.int8)


def shaken(form: QuadraticForm, occupation: NDArray[np.int8], generator: np.random.Generator) -> NDArray[np.int8]:
    """Deal out anew the species of some sites, from two to a quarter, of at least one sublattice; shape (n,)."""
    result = occupation.copy()
    share = generator.uniform(0.0, _LARGEST_SHAKE)
    chosen = generator.random(len(form.sublattices)) < 0.5
    chosen[generator.integers(len(chosen))] = True
    for k in np.flatnonzero(chosen).tolist():
        members = form.members(k)
        some = generator.choice(members, min(len(members), max(2, round(share * len(members)))), replace=False)
        result[some] = generator.permutation(result[some])
    return result


def crossed(
    form: QuadraticForm, one: NDArray[np.int8], other: NDArray[np.int8], generator: np.random.Generator
) -> NDArray[np.int8]:
    """Keep what two arrangements have in common, and deal out the rest at random; shape (n,)."""
    result = one.copy()
    for k in range(len(form.sublattices)):
        members = form.members(k)
        differ = members[one[members] != other[members]]
        result[differ] = generator.permutation(one[differ])
    return result
