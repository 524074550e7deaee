"""Every configuration of a space: the lowest distinct ones, the histogram of energies, moments, thermal averages."""

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ewald.parallel.checkpoint import Checkpoint
from ewald.parallel.progress import ProgressCallback, ProgressLine
from ewald.parallel.scheduler import Work, execute
from ewald.search.exhaustive.compiled.tables import energy_units, make_tables, slots_after
from ewald.search.exhaustive.found import Found
from ewald.search.exhaustive.nodes import cut
from ewald.search.exhaustive.orbits import choose_prefix, no_prefix
from ewald.search.exhaustive.runs import RunProblem
from ewald.search.exhaustive.summary import DEFAULT_TEMPERATURES_K, moments, report_histogram, thermal_averages
from ewald.search.exhaustive.work import ExhaustiveWork
from ewald.search.picks import by_picks
from ewald.search.ranking import rank
from ewald.search.result import SearchOutcome
from ewald.space.form import QuadraticForm
from ewald.space.symmetry import SymmetryGroup

# Changes when the content of a work unit does, so that checkpoints of another layout are refused.
LAYOUT = 2


@by_picks
def search(
    form: QuadraticForm,
    group: SymmetryGroup,
    *,
    keep: int = 5,
    use_symmetry: bool = True,
    histogram: bool = True,
    temperatures_K: Sequence[float] = DEFAULT_TEMPERATURES_K,
    comm: Any = None,
    workers: int = 1,
    checkpoint: str | Path | None = None,
    resume: bool = False,
    progress: ProgressLine | ProgressCallback | bool | None = None,
    unit_configurations: int | None = None,
) -> SearchOutcome:
    """Visit every configuration.

    Parameters
    ----------
    form, group
        The problem and the symmetry that tells copies apart from distinct configurations.
    keep
        How many of the lowest distinct configurations to return.
    use_symmetry
        Visit one configuration of each set of copies (as far as that pays) and count it as often as it has copies,
        instead of visiting every single one. The results are the same.
    histogram
        Count energies in bins; needed for moments and thermal averages. Without it the search is several times faster.
    temperatures_K
        At which thermal averages are reported.
    comm, workers
        An mpi4py communicator (all its ranks call this), and threads per process.
    checkpoint, resume
        Directory for finished work units, and whether to go on from those that are there.
    progress
        A line on stderr, by default where it is a terminal; or who gets the reports instead.
    unit_configurations
        Size of a work unit; chosen by default.

    Returns
    -------
    SearchOutcome
        The same on every rank. ``evaluated`` counts configurations visited. ``bound_eV`` is the energy of the last one
        returned. The energies in ``histogram`` are exact to three units of the search, ``statistics["unit_eV"]``
        (below 1e-5 eV as a rule): a configuration nearer than that to a bin's edge may be counted on its other side.

    Raises
    ------
    CheckpointError
        If ``resume`` finds the checkpoint of another problem.
    """
    work = _make_work(
        form, group, keep, use_symmetry=use_symmetry, histogram=histogram, unit_configurations=unit_configurations
    )
    if work is None:
        return _single_configuration(form, group)
    store = None
    if checkpoint is not None:
        store = Checkpoint(checkpoint, _key(work, use_symmetry))
    if isinstance(progress, ProgressLine):
        shown = progress
    elif callable(progress):
        shown = ProgressLine(work.total, callback=progress)
    else:
        shown = ProgressLine(work.total, enabled=progress)
    job: Work[Found] = work
    done = execute(job, comm=comm, workers=workers, checkpoint=store, resume=resume, progress=shown)
    part, ranks = done
    return _outcome(work, part or Found(), ranks, temperatures_K)


def _make_work(
    form: QuadraticForm,
    group: SymmetryGroup,
    keep: int,
    *,
    use_symmetry: bool,
    histogram: bool,
    unit_configurations: int | None = None,
) -> ExhaustiveWork | None:
    """Prepare the work units; None where there is nothing to choose."""
    problem = RunProblem.from_form(form)
    if not problem.runs:
        return None
    prefix = choose_prefix(problem, group) if use_symmetry else no_prefix(problem)
    slots = slots_after(problem.runs, prefix.taken)
    centre_eV = _centre_eV(problem)
    scale = energy_units(problem, slots, centre_eV)
    tables = make_tables(problem, slots, prefix.runs(problem.runs), scale, centre_eV)
    pieces = cut(problem.runs, prefix, slots, unit_configurations)
    return ExhaustiveWork(form, group, keep, problem, prefix, slots, scale, tables, pieces, histogram)


def _centre_eV(problem: RunProblem) -> float:
    """Energy of the average arrangement: near the middle of all energies."""
    average = np.zeros(problem.n)
    for run in problem.runs:
        average[run.low : run.high] += run.dq * run.count / (run.high - run.low)
    return float(problem.E0_eV + problem.v @ average + 0.5 * average @ problem.A @ average)


def _key(work: ExhaustiveWork, use_symmetry: bool) -> str:
    """Fingerprint of the problem and of what shapes the work units and their content."""
    content = {
        "layout": LAYOUT,
        "problem": work.form.problem_hash,
        "energies": hashlib.sha256(
            work.form.A.tobytes() + work.form.v.tobytes() + float(work.form.E0_eV).hex().encode()
        ).hexdigest(),
        "counts": [[s.species, s.charges, s.counts] for s in work.form.sublattices],
        "group": hashlib.sha256(np.ascontiguousarray(work.group.permutations).tobytes()).hexdigest(),
        "keep": work.keep,
        "use_symmetry": use_symmetry,
        "histogram": work.binned,
        "units": work.units,
    }
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def _outcome(work: ExhaustiveWork, found: Found, ranks: int, temperatures_K: Sequence[float]) -> SearchOutcome:
    candidates = [np.frombuffer(key, dtype=np.int8) for key in found.entries]
    lowest = rank(work.form, work.group, candidates, work.keep)
    overcount = work.prefix.overcount
    statistics: dict[str, Any] = {
        "configurations_counted": found.count // overcount,
        "symmetry_representatives": len(work.prefix.copies),
        "unit_eV": 1 / work.scale.per_eV,
    }
    counts = None
    if work.binned and found.count:
        counts = report_histogram(found, work.scale, overcount)
        statistics |= moments(found, work.scale, int(work.tables.centre), overcount)
        statistics["thermal"] = thermal_averages(found, work.scale, overcount, lowest[0][0], temperatures_K)
    return SearchOutcome(
        lowest=lowest,
        certified=True,
        bound_eV=lowest[-1][0] if lowest else None,
        gap_eV=0.0,
        evaluated=found.visited,
        method="exhaustive",
        ranks=ranks,
        histogram=counts,
        statistics=statistics,
    )


def _single_configuration(form: QuadraticForm, group: SymmetryGroup) -> SearchOutcome:
    lowest = rank(form, group, [form.reference_occupation()], 1)
    return SearchOutcome(lowest, certified=True, bound_eV=lowest[0][0], gap_eV=0.0, evaluated=1, method="exhaustive")
