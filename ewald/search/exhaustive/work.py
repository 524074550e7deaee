"""The exhaustive search as work units for :mod:`ewald.parallel.scheduler`."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ewald.search.exhaustive.compiled.block import COUNT, FIRST_HIGH, FIRST_LOW, SQUARE_HIGH, SQUARE_LOW
from ewald.search.exhaustive.compiled.kernel import BEGUN, FULL, HELD, NODE, KernelTables, Output, Scratch, visit
from ewald.search.exhaustive.compiled.tables import Slot, make_output, make_scratch
from ewald.search.exhaustive.found import Found
from ewald.search.exhaustive.nodes import Cut
from ewald.search.exhaustive.orbits import Prefix
from ewald.search.exhaustive.pool import CandidatePool
from ewald.search.exhaustive.runs import RunProblem
from ewald.search.exhaustive.units import ROUNDING_UNITS, Units
from ewald.search.ranking import TIE_EV
from ewald.space.form import QuadraticForm
from ewald.space.symmetry import SymmetryGroup

# Among this many candidates and more, the lowest few are looked at first.
_MANY, _FEW = 4096, 512


@dataclass(eq=False)
class ExhaustiveWork:
    """Everything a process needs to visit any unit; see :class:`ewald.parallel.scheduler.Work`.

    Attributes
    ----------
    form, group, keep
        Energies, symmetries, and how many of the lowest configurations are kept.
    problem
        The form as picks from a reference arrangement.
    prefix
        First picks, one representative of each symmetry class with its number of copies.
    slots
        The picks below it, in order.
    scale
        How energies become whole numbers.
    tables
        What the compiled visit reads.
    cut
        The work units.
    binned
        Whether a histogram of energies is made.
    """

    form: QuadraticForm
    group: SymmetryGroup
    keep: int
    problem: RunProblem
    prefix: Prefix
    slots: tuple[Slot, ...]
    scale: Units
    tables: KernelTables
    cut: Cut
    binned: bool
    _local: threading.local = field(default_factory=threading.local)

    @property
    def units(self) -> int:
        """Number of work units."""
        return self.cut.units

    @property
    def total(self) -> int:
        """Configurations to visit in all; for progress."""
        return int(self.cut.sizes.sum())

    def size(self, unit: int) -> int:
        """Count the configurations of a unit (an upper limit where sites clash)."""
        return int(self.cut.sizes[self.cut.starts[unit] : self.cut.starts[unit + 1]].sum())

    def _memory(self) -> tuple[Scratch, Output]:
        if not hasattr(self._local, "memory"):
            self._local.memory = (make_scratch(self.tables, self.scale), make_output(self.tables, self.scale))
        return self._local.memory

    def run(self, unit: int, threshold: Callable[[], float]) -> Found:
        """Visit one unit. Configurations above ``threshold()`` eV are counted but not kept."""
        scratch, output = self._memory()
        output.histogram[:] = 0
        output.moments[:] = 0
        scratch.state[NODE], scratch.state[BEGUN], scratch.state[HELD] = self.cut.starts[unit], 0, 0
        last = self.cut.starts[unit + 1]
        pool = CandidatePool(self.form, self.group, self.keep)
        status = FULL
        while status == FULL:
            limit_eV = min(threshold() + 2 * TIE_EV, pool.threshold_eV)
            status = visit(
                self.tables, self.cut.nodes, scratch, output, last,
                np.int32(self.scale.threshold(limit_eV)), self.binned,
            )  # fmt: skip
            self._drain(scratch, output, pool, limit_eV)
        moments = [int(value) for value in output.moments]
        return Found(
            visited=moments[5],
            count=moments[COUNT],
            first=(moments[FIRST_HIGH] << 32) + moments[FIRST_LOW],
            square=(moments[SQUARE_HIGH] << 32) + moments[SQUARE_LOW],
            histogram=output.histogram.copy() if self.binned else np.zeros(0, dtype=np.int64),
            entries=pool.entries,
        )

    def _drain(self, scratch: Scratch, output: Output, pool: CandidatePool, limit_eV: float) -> None:
        held = int(scratch.state[HELD])
        scratch.state[HELD] = 0
        whole = output.candidate_energy[:held]
        chosen = np.flatnonzero(whole <= self.scale.threshold(limit_eV))
        while len(chosen):
            # Of many, the lowest few settle the threshold for the rest.
            if len(chosen) > _MANY:
                cutoff = np.partition(whole[chosen], _FEW)[_FEW]
                some = chosen[whole[chosen] <= cutoff]
            else:
                some = chosen
            energies_eV = self.scale.low_eV + whole[some] / self.scale.per_eV
            pool.add(energies_eV, self._occupations(output, some), (ROUNDING_UNITS + 1) / self.scale.per_eV)
            if len(some) == len(chosen):
                return
            limit = self.scale.threshold(min(limit_eV, pool.threshold_eV))
            chosen = chosen[(whole[chosen] > cutoff) & (whole[chosen] <= limit)]

    def _occupations(self, output: Output, chosen: NDArray[np.intp]) -> NDArray[np.int8]:
        """Species indices of candidates, shape (m, n)."""
        occupations = np.repeat(self.problem.reference[None, :], len(chosen), axis=0)
        rows = np.arange(len(chosen))
        nodes = self.cut.nodes
        prefix_sites = nodes.prefix[nodes.of[output.candidate_node[chosen]]]
        for column, run in enumerate(self.prefix.runs(self.problem.runs)):
            occupations[rows, prefix_sites[:, column]] = run.species
        for column, slot in enumerate(self.slots):
            occupations[rows, output.candidate_sites[chosen, column]] = slot.run.species
        return occupations

    def finished(self, part: Found) -> bool:  # noqa: ARG002 - as the scheduler asks it
        """Whether units need not be looked at again: they never stop early."""
        return True

    def merge(self, left: Found, right: Found) -> Found:
        """Join two parts: sums exactly, entries reduced to those that may be among the lowest."""
        joined = left.plus(right)
        pool = CandidatePool(self.form, self.group, self.keep, dict(joined.entries))
        pool.trim()
        return Found(joined.visited, joined.count, joined.first, joined.square, joined.histogram, pool.entries)

    def threshold_of(self, part: Found) -> float:
        """Energy in eV above which nothing can be among the lowest, as far as this part knows."""
        return CandidatePool(self.form, self.group, self.keep, part.entries).threshold_eV

    def best_of(self, part: Found) -> float:
        """Lowest energy in eV of a part; for progress."""
        return min(part.entries.values(), default=float("inf"))

    def encode(self, part: Found) -> bytes:
        """Pack a part for a checkpoint or a message."""
        return part.encode()

    def decode(self, data: bytes) -> Found:
        """Unpack a part."""
        return Found.decode(data)
