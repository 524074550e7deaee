"""The tables of the exhaustive kernel: slots, integer units, pair table, working memory."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ewald.search.exhaustive.compiled.block import RECTANGLE, ROW, TRIANGLE, WHOLE_TRIANGLE, triangle_sums
from ewald.search.exhaustive.compiled.kernel import KernelTables, Nodes, Output, Scratch
from ewald.search.exhaustive.compiled.vector import EXCLUDED, LANES
from ewald.search.exhaustive.runs import Run, RunProblem
from ewald.search.exhaustive.units import Units, nice_ceil

# Valid energies take at most 27 bits, single and pair terms 26 each: see EXCLUDED in vector.py.
_ENERGY_BITS = 27
_TERM_BITS = 26
# Bins are numbered in 16 bits.
_MOST_BINS = 1 << 15
CANDIDATES = 1 << 16


@dataclass(frozen=True)
class Slot:
    """One pick: of which run, and whether it begins the run's picks."""

    run: Run
    first: bool


def slots_after(runs: tuple[Run, ...], taken: tuple[int, ...]) -> tuple[Slot, ...]:
    """List the picks that are left when ``taken[r]`` of run r are already placed."""
    return tuple(
        Slot(run, first=k == done) for run, done in zip(runs, taken, strict=True) for k in range(done, run.count)
    )


def energy_units(problem: RunProblem, slots: tuple[Slot, ...], centre_eV: float) -> Units:
    """Choose units as fine as 32-bit sums allow and bins of a round width.

    ``centre_eV`` is added to the range, so that it is never empty.
    """
    lowest, highest = problem.energy_bounds_eV()
    lowest, highest = min(lowest, centre_eV), max(highest, centre_eV)
    span = max(highest - lowest, 1e-3)
    bin_eV = max(nice_ceil(span / (_MOST_BINS - 8)), 1e-4)
    low_eV = (math.floor(lowest / bin_eV) - 1) * bin_eV
    bins = math.ceil((highest - low_eV) / bin_eV) + 2
    single, pair = _term_ranges(problem, slots)
    shift = _ENERGY_BITS - math.ceil(math.log2(bins))
    for reach in (single, pair):
        if reach > 0:
            shift = min(shift, math.floor(math.log2((1 << _TERM_BITS) * bin_eV / (reach * 1.01))))
    if shift < 0:
        # Single terms reach much farther than the energies do: wider bins, until they fit.
        wider = nice_ceil(bin_eV * 2.0**-shift)
        low_eV = (math.floor(lowest / wider) - 1) * wider
        bin_eV, shift, bins = wider, 0, math.ceil((highest - low_eV) / wider) + 2
    return Units(low_eV, (1 << shift) / bin_eV, bin_eV, shift, bins)


def _term_ranges(problem: RunProblem, slots: tuple[Slot, ...]) -> tuple[float, float]:
    """How far the energies of the last pick on different sites, and of the last pair, can be apart, in eV."""
    last = slots[-1].run
    columns = slice(last.low, last.high)
    own = problem.A[columns, columns].diagonal()
    single = abs(last.dq) * float(np.ptp(problem.v[columns])) + 0.5 * last.dq**2 * float(np.ptp(own))
    for run in problem.runs:
        block = problem.A[run.low : run.high, columns]
        single += run.count * abs(last.dq * run.dq) * float(np.ptp(block, axis=1).max())
    pairs = _pair_energies(problem, slots)
    finite = pairs[np.isfinite(pairs)]
    return single, 0.5 * float(np.ptp(finite)) if len(finite) else 0.0


def _pair_energies(problem: RunProblem, slots: tuple[Slot, ...]) -> NDArray[np.float64]:
    """Interaction in eV of the last two picks, infinite where excluded; shape (rows, columns)."""
    last = slots[-1].run
    columns = np.arange(last.low, last.high)
    if len(slots) == 1:
        return np.zeros((1, len(columns)))
    before = slots[-2].run
    rows = np.arange(before.low, before.high)
    energies = before.dq * last.dq * problem.A[np.ix_(rows, columns)]
    same_sublattice = before.low == last.low
    if same_sublattice and before is last:
        energies[columns[None, :] >= rows[:, None]] = np.inf
    elif same_sublattice:
        energies[columns[None, :] == rows[:, None]] = np.inf
    if len(problem.clash):
        energies[problem.clash[np.ix_(rows, columns)] == 1] = np.inf
    return energies


def make_tables(
    problem: RunProblem, slots: tuple[Slot, ...], prefix_runs: tuple[Run, ...], units: Units, centre_eV: float
) -> KernelTables:
    """Build the kernel's tables for the slots that follow a prefix of picks (of ``prefix_runs``, one each)."""
    pairs = _pair_energies(problem, slots)
    finite = np.isfinite(pairs)
    middle = 0.5 * (pairs[finite].min() + pairs[finite].max()) if finite.any() else 0.0
    padded = np.full((len(pairs), pairs.shape[1] + LANES), EXCLUDED, dtype=np.int32)
    padded[:, : pairs.shape[1]][finite] = np.rint((pairs[finite] - middle) * units.per_eV).astype(np.int32)
    kind = _kind(problem, slots, prefix_runs)
    lower = np.where(finite, padded[:, : pairs.shape[1]], 0).astype(np.int64)
    partners, sums, squares = triangle_sums(lower if kind == WHOLE_TRIANGLE else np.zeros((0, 0), dtype=np.int64))
    centre = round((centre_eV - units.low_eV) * units.per_eV)
    return KernelTables(
        low=np.array([slot.run.low for slot in slots], dtype=np.int64),
        high=np.array([slot.run.high for slot in slots], dtype=np.int64),
        first=np.array([slot.first for slot in slots], dtype=np.int64),
        dq=np.array([slot.run.dq for slot in slots]),
        prefix_dq=np.array([run.dq for run in prefix_runs], dtype=np.float64),
        A=problem.A,
        v=problem.v,
        clash=problem.clash,
        pair=padded.ravel(),
        columns=padded.shape[1],
        empty_eV=float(problem.E0_eV),
        low_eV=float(units.low_eV),
        per_eV=float(units.per_eV),
        middle_eV=float(middle),
        limit=np.int32(units.limit),
        centre=np.int32(centre),
        shift=np.int32(units.shift),
        diagonal=np.ascontiguousarray(problem.A.diagonal()),
        kind=kind,
        partners=partners,
        pairs=sums,
        squares=squares,
    )


def _kind(problem: RunProblem, slots: tuple[Slot, ...], prefix_runs: tuple[Run, ...]) -> int:
    """Tell what the last two picks make: a triangle is whole where no other pick can take or close their sites."""
    last = slots[-1].run
    if len(slots) < 2:
        return ROW
    if slots[-2].run is not last:
        return RECTANGLE
    others = [run for run in problem.runs if run is not last] + list(prefix_runs)
    return TRIANGLE if len(problem.clash) or any(run.low == last.low for run in others) else WHOLE_TRIANGLE


def make_scratch(tables: KernelTables, units: Units) -> Scratch:
    """Allocate the working memory of one thread."""
    slots, n = len(tables.low), len(tables.v)
    columns = tables.columns
    rows = len(tables.pair) // columns
    return Scratch(
        state=np.zeros(5, dtype=np.int64),
        cursor=np.zeros(slots + 1, dtype=np.int64),
        position=np.zeros(slots + 1, dtype=np.int64),
        base=np.zeros(slots + 2),
        potential=np.zeros((slots + 2, n)),
        blocked=np.zeros(n, dtype=np.int32),
        single=np.zeros(columns, dtype=np.int32),
        row_base=np.zeros(rows, dtype=np.int32),
        row_start=np.zeros(rows, dtype=np.int64),
        row_length=np.zeros(rows, dtype=np.int64),
        bins=np.zeros(rows * columns + LANES, dtype=np.uint16),
        counts=np.zeros(units.bins + 1, dtype=np.uint32),
        sums=np.zeros(5, dtype=np.int64),
    )


def make_output(tables: KernelTables, units: Units) -> Output:
    """Allocate what a visit fills."""
    capacity = CANDIDATES + tables.pair.size
    return Output(
        histogram=np.zeros(units.bins, dtype=np.int64),
        moments=np.zeros(6, dtype=np.int64),
        candidate_energy=np.zeros(capacity, dtype=np.int32),
        candidate_node=np.zeros(capacity, dtype=np.int32),
        candidate_sites=np.zeros((capacity, len(tables.low)), dtype=np.int32),
    )


__all__ = [
    "KernelTables",
    "Nodes",
    "Output",
    "Scratch",
    "Slot",
    "energy_units",
    "make_output",
    "make_scratch",
    "make_tables",
    "slots_after",
]  # fmt: skip
