"""The one entry to all searches: choose the method, run it, put the result in one form."""

import math
import os
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ewald.errors import UserError
from ewald.parallel.clock import Deadline
from ewald.parallel.progress import ProgressCallback
from ewald.search.ranking import TIE_EV, rank
from ewald.search.result import LowEnergyArrangement, ScreenResult, SearchOutcome, writable_directory
from ewald.search.warmup import compile_exact, compile_sample
from ewald.space.form import QuadraticForm
from ewald.space.space import ConfigurationSpace
from ewald.space.symmetry import SymmetryGroup

# Time that auto gives to the proof when the user gives no limit; and its share of a limit that the user gives.
_AUTO_BUDGET_S = 300.0
_AUTO_SHARE = 0.8
# Time beyond the limit in which a first arrangement is looked for where there is none when it ends.
_FIRST_S = 10.0
_METHODS = ("auto", "exact", "exhaustive", "sample")


@dataclass(frozen=True)
class SearchOptions:
    """What every search is told besides the problem.

    Attributes
    ----------
    keep
        Lowest symmetry-distinct arrangements kept.
    tolerance_eV
        The exact search ends once nothing is further than this below the last arrangement kept.
    time_limit_s
        Longest search; None for none.
    out, resume
        Folder of results and checkpoints, and whether the search goes on from a checkpoint there.
    seed
        Of random choices.
    comm, workers
        mpi4py communicator, and threads of a process; None takes all cores, or one thread under MPI.
    progress
        Called with the state of the search now and then.
    """

    keep: int = 5
    tolerance_eV: float = 0.0
    time_limit_s: float | None = None
    out: Path | None = None
    resume: bool = False
    seed: int = 0
    comm: Any = None
    workers: int | None = None
    progress: ProgressCallback | None = None


def screen(
    space: ConfigurationSpace,
    *,
    keep: int = 5,
    method: str = "auto",
    tolerance_meV_per_ion: float = 0.0,
    time_limit_s: float | None = None,
    out: str | Path | None = None,
    resume: bool = False,
    seed: int = 0,
    comm: Any = None,
    workers: int | None = None,
    use_symmetry: bool = True,
    progress: ProgressCallback | None = None,
    file_format: str = "cif",
) -> ScreenResult:
    """Find the arrangements of lowest Ewald energy.

    Parameters
    ----------
    space
        What may sit where.
    keep
        How many symmetry-distinct arrangements to return; all of them where there are fewer.
    method
        "exact" (branch and bound, with a proof), "exhaustive" (every arrangement, with a histogram), "sample"
        (tabu search, no proof) or "auto" (exact within a budget, else sample; it says which and why).
    tolerance_meV_per_ion
        Stop the proof once the gap, in meV per ion of the cell, is no larger than this: what is listed is then proven
        to lie within so much of the lowest.
    time_limit_s
        Stop after this time with the best found; where nothing was found, up to ten seconds later. Matrix, symmetry and
        count are part of it; they are not cut short, nor is the compilation of the first run on a machine, which takes
        some ten seconds once. An exhaustive search has no limit: it ends when everything was visited.
    out
        Directory for ``result.json``, CIFs and checkpoints; nothing is written without it.
    resume
        Go on from the checkpoints in ``out``.
    seed
        Seed of everything random.
    comm
        mpi4py communicator; all its ranks must call.
    workers
        Threads per process; by default all cores of the machine, or one under MPI.
    use_symmetry
        Whether symmetry copies count as one arrangement, and symmetry speeds up the search.
    progress
        Called with a :class:`~ewald.parallel.progress.ProgressReport` now and then.
    file_format
        Of the arrangements in ``out``: "cif", "poscar" or "extxyz".

    Returns
    -------
    ScreenResult

    Raises
    ------
    UserError
        For an unknown method, a ``keep`` below 1, a charged cell, an unwritable directory.

    Examples
    --------
    >>> import numpy as np
    >>> from ewald import ConfigurationSpace, Sublattice, screen
    >>> grid = np.argwhere(np.ones((2, 2, 2))) / 2
    >>> space = ConfigurationSpace(6 * np.eye(3), grid, (Sublattice("A", range(8), ("K+", "Cl-"), (1, -1), (4, 4)),))
    >>> result = screen(space, keep=1, method="exhaustive")
    >>> result.certified, result.lowest[0].multiplicity  # rock salt, two ways to place it
    (True, 2)
    """
    started_s = time.perf_counter()
    deadline = Deadline.after(time_limit_s)
    if method not in _METHODS:
        raise UserError("no such method", field="method", value=method, fix=f"choose one of {', '.join(_METHODS)}")
    folder = writable_directory(out) if out is not None else None
    form = space.form
    group = space.group if use_symmetry else SymmetryGroup.trivial(form.n)
    distinct = space.distinct_configurations() if use_symmetry else space.configurations
    keep = _kept(keep, distinct)
    if time_limit_s is not None and method in {"auto", "exact"} and not _few(form, space.configurations):
        deadline = deadline.later(compile_exact())
    elif time_limit_s is not None and method == "sample":
        deadline = deadline.later(compile_sample())
    tolerance_eV = _tolerance_eV(tolerance_meV_per_ion, method, space.ions)
    options = SearchOptions(keep, tolerance_eV, deadline.left_s, folder, resume, seed, comm, workers, progress)
    outcome, why = _run(method, form, group, options, space.configurations)
    result = _result(space, outcome, time.perf_counter() - started_s, why, distinct)
    if folder is not None and (comm is None or comm.Get_rank() == 0):
        result = result.write(folder, file_format)
    return result


def _tolerance_eV(tolerance_meV_per_ion: float, method: str, ions: int) -> float:
    if not 0 <= tolerance_meV_per_ion < float("inf"):
        raise UserError("must be a number, zero or more", field="tolerance", value=tolerance_meV_per_ion)
    if tolerance_meV_per_ion and method not in {"auto", "exact"}:
        raise UserError(
            f"the method {method} has no gap to close",
            field="tolerance",
            fix="leave it out, or choose the method exact",
        )
    return tolerance_meV_per_ion * ions / 1000


def _kept(keep: int, distinct: int | None) -> int:
    """Return how many arrangements can be kept: as many as asked for, or all where there are fewer."""
    if keep < 1:
        raise UserError("must be at least 1", field="keep", value=keep, fix="ask for one arrangement or more")
    if distinct == 0:
        raise UserError(
            "no arrangement keeps the ions so far apart",
            field="min_distance_A",
            fix="lower it (--min-distance; in a campaign ewald.min_distance_A)",
        )
    return keep if distinct is None else min(keep, distinct)


def _result(
    space: ConfigurationSpace, outcome: SearchOutcome, seconds: float, why: str, distinct: int | None
) -> ScreenResult:
    lowest = tuple(
        LowEnergyArrangement(energy_eV, multiplicity, space.full_occupation(occupation), space)
        for energy_eV, multiplicity, occupation in outcome.lowest
    )
    return ScreenResult(
        configurations=space.configurations,
        distinct_configurations=distinct,
        symmetry_order=space.symmetry_order,
        sites=len(space),
        method=outcome.method,
        certified=outcome.certified,
        bound_eV=outcome.bound_eV,
        gap_eV=outcome.gap_eV,
        ions=space.ions,
        evaluated=outcome.evaluated,
        seconds=seconds,
        ranks=outcome.ranks,
        lowest=lowest,
        histogram=outcome.histogram,
        statistics=outcome.statistics,
        notes=(*space.notes, why),
        problem_hash=space.problem_hash,
        approximant=space.approximant,
        configurations_exact=space.configurations_exact,
    )


def _run(
    method: str, form: QuadraticForm, group: SymmetryGroup, options: SearchOptions, configurations: int
) -> tuple[SearchOutcome, str]:
    """Choose and run a search; the text says which and why."""
    alone = options.comm is None or options.comm.Get_size() == 1 or method != "exhaustive"
    if configurations == 1 or (method != "sample" and alone and _few(form, configurations)):
        from ewald.search.enumeration.search import search

        outcome = search(form, group, keep=options.keep, histogram=method == "exhaustive")
        return outcome, f"{method}: so few arrangements that all were evaluated"
    if method == "exhaustive":
        return _exhaustive(form, group, options), "exhaustive: every arrangement was visited, as asked"
    if method == "sample":
        return _sample(form, group, options), "sample: tabu search from many starts, as asked; nothing is proven"
    if method == "exact":
        exact = _exact(form, group, options)
        if not _nothing(exact, options):
            return exact, "exact: branch and bound, as asked"
        compile_sample()
        sampled = _sample(form, group, replace(options, time_limit_s=0.0), _FIRST_S)
        outcome = _joined(form, group, options.keep, exact, sampled)
        return outcome, "exact: branch and bound found no arrangement in the time; tabu search looked for one"
    return _auto(form, group, options)


def _few(form: QuadraticForm, configurations: int) -> bool:
    """Whether all arrangements are visited sooner than compiled code is loaded.

    Where sites exclude one another, most beginnings may lead nowhere: their number is limited too.
    """
    from ewald.search.enumeration.search import MOST_ARRANGEMENTS

    unhindered = math.prod(sublattice.configurations for sublattice in form.sublattices)
    return configurations <= MOST_ARRANGEMENTS and unhindered <= 20 * MOST_ARRANGEMENTS


def _auto(form: QuadraticForm, group: SymmetryGroup, options: SearchOptions) -> tuple[SearchOutcome, str]:
    """Prove within a budget; what the budget does not reach is sampled, and the proven bound kept."""
    limit_s = options.time_limit_s
    deadline = Deadline.after(limit_s)
    budget_s = _AUTO_BUDGET_S if limit_s is None else _AUTO_SHARE * limit_s
    exact = _exact(form, group, replace(options, time_limit_s=budget_s))
    if exact.certified or (exact.gap_eV is not None and exact.gap_eV <= options.tolerance_eV):
        return exact, f"auto: branch and bound proved the result within its budget of {budget_s:.0f} s"
    if limit_s is not None:
        deadline = deadline.later(compile_sample())
    overrun_s = 0.0 if exact.lowest else _FIRST_S
    sampled = _sample(form, group, replace(options, time_limit_s=deadline.left_s), overrun_s)
    outcome = _joined(form, group, options.keep, exact, sampled)
    lowest = outcome.lowest
    better = bool(lowest and (not exact.lowest or lowest[0][0] < exact.lowest[0][0] - TIE_EV))
    return outcome, (
        f"auto: branch and bound did not finish within {budget_s:.0f} s; tabu search then "
        + ("found lower arrangements" if better else "found nothing lower, which proves nothing")
        + "; the gap is proven"
    )


def _nothing(outcome: SearchOutcome, options: SearchOptions) -> bool:
    """Whether no rank has an arrangement, although there may be one."""
    nothing = not outcome.lowest and not outcome.certified
    return nothing if options.comm is None else all(options.comm.allgather(nothing))


def _joined(
    form: QuadraticForm, group: SymmetryGroup, keep: int, exact: SearchOutcome, sampled: SearchOutcome
) -> SearchOutcome:
    """Return the lowest arrangements of both searches, with what the first has proven."""
    found = [occupation for _, _, occupation in (*exact.lowest, *sampled.lowest)]
    lowest = rank(form, group, found, keep)
    bound_eV = exact.bound_eV
    return replace(
        exact,
        lowest=lowest,
        gap_eV=None if bound_eV is None or not lowest else lowest[-1][0] - bound_eV,
        evaluated=exact.evaluated + sampled.evaluated,
        statistics={**exact.statistics, **sampled.statistics},
    )


def _exact(form: QuadraticForm, group: SymmetryGroup, options: SearchOptions) -> SearchOutcome:
    from ewald.search.exact.search import search

    return search(
        form,
        group,
        keep=options.keep,
        tolerance_eV=options.tolerance_eV,
        time_limit_s=options.time_limit_s,
        seed=options.seed,
        comm=options.comm,
        workers=_workers(options),
        checkpoint=_checkpoint(options),
        resume=options.resume,
        progress=options.progress or False,
    )


def _checkpoint(options: SearchOptions) -> Path | None:
    return None if options.out is None else options.out / "checkpoint"


def _exhaustive(form: QuadraticForm, group: SymmetryGroup, options: SearchOptions) -> SearchOutcome:
    from ewald.search.exhaustive.search import search

    return search(
        form,
        group,
        keep=options.keep,
        use_symmetry=group.order > 1,
        comm=options.comm,
        workers=_workers(options),
        checkpoint=_checkpoint(options),
        resume=options.resume,
        progress=options.progress or False,
    )


def _sample(
    form: QuadraticForm, group: SymmetryGroup, options: SearchOptions, overrun_s: float = _FIRST_S
) -> SearchOutcome:
    """Sample; under a time limit all of it is used, every thread searches on its own, and what they found is joined."""
    from ewald.parallel.threads import run_numbered
    from ewald.search.sampling import search as sample

    def walk(number: int) -> SearchOutcome:
        return sample.search(
            form,
            group,
            options.keep,
            seed=options.seed + number,
            time_limit_s=options.time_limit_s,
            use_all_time=True,
            overrun_s=overrun_s,
            comm=options.comm,
            progress=options.progress if number == 0 else None,
        )

    # Without a time limit, and among the ranks of MPI, the outcome must not depend on the number of threads.
    walks = 1 if options.time_limit_s is None or options.comm is not None else _workers(options)
    outcomes = run_numbered(walk, walks, walks)
    if walks == 1:
        return outcomes[0]
    found = [occupation for outcome in outcomes for _, _, occupation in outcome.lowest]
    evaluated = sum(outcome.evaluated for outcome in outcomes)
    return replace(outcomes[0], lowest=rank(form, group, found, options.keep), evaluated=evaluated)


def _workers(options: SearchOptions) -> int:
    """Threads of this process: what was asked, else all cores it may use, else, under MPI, one."""
    if options.workers is not None:
        return options.workers
    if options.comm is not None:
        return 1
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
