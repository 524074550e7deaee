"""The exact search: lowest arrangements with a proof, or the best found with the proven gap."""

import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from ewald.errors import UserError
from ewald.parallel.checkpoint import Checkpoint
from ewald.parallel.clock import Deadline
from ewald.parallel.progress import ProgressCallback, ProgressLine
from ewald.parallel.scheduler import execute
from ewald.parallel.team import Team
from ewald.parallel.transport import MpiTransport, open_transport
from ewald.search.exact.plan import SearchPlan, make_plan
from ewald.search.exact.plan_file import read_plan, write_plan
from ewald.search.exact.pool import IncumbentPool
from ewald.search.exact.relaxation.literals import LiteralProblem
from ewald.search.exact.relaxation.node import SLACK_EV
from ewald.search.exact.scouts import SHARE_LIMITED, SHARE_UNLIMITED, Scouts
from ewald.search.exact.work import ExactWork, Part
from ewald.search.ranking import rank
from ewald.search.result import SearchOutcome
from ewald.space.form import QuadraticForm
from ewald.space.symmetry import SymmetryGroup


def search(
    form: QuadraticForm,
    group: SymmetryGroup,
    *,
    keep: int = 5,
    tolerance_eV: float = 0.0,
    time_limit_s: float | None = None,
    seed: int = 0,
    comm: Any = None,
    workers: int = 1,
    checkpoint: str | Path | None = None,
    resume: bool = False,
    progress: ProgressLine | ProgressCallback | bool | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> SearchOutcome:
    """Find the ``keep`` lowest symmetry-distinct arrangements and prove that there are none below them.

    Parameters
    ----------
    form, group
        The problem, and the symmetry under which arrangements count as the same.
    keep
        How many to find.
    tolerance_eV
        Stop once it is proven that nothing lies further than this below the last of them.
    time_limit_s
        Wall time after which the search stops with what it has; None never stops it.
    seed
        For the descents that give the first arrangements; the certified result does not depend on it.
    comm, workers
        An mpi4py communicator (all its ranks call this), and threads per process; the certified result does not depend
        on their numbers.
    checkpoint, resume
        Directory for finished work units, and whether to go on from those that are there.
    progress
        A line on stderr, by default where it is a terminal; or who gets the reports instead.
    clock
        What the time limit is measured by.

    Returns
    -------
    SearchOutcome
        ``certified`` when the search ran to its end. ``evaluated`` counts nodes.

    Raises
    ------
    CheckpointError
        If ``resume`` finds the checkpoint of another problem.
    """
    started_s = time.monotonic()
    deadline = Deadline.after(time_limit_s, clock)
    problem = LiteralProblem.from_form(form, group)
    pool = IncumbentPool(problem, group, keep, tolerance_eV)
    if problem.size == 0:
        pool.offer(np.zeros((1, 0), dtype=np.int8))
        return _outcome(pool, Part(pool.lowest, np.inf, 1), 1, {"units": 0})
    folder = None if checkpoint is None else Path(checkpoint)
    scouts = Scouts(pool, seed, SHARE_LIMITED if deadline.limited else SHARE_UNLIMITED)
    plan = _shared_plan(pool, comm, deadline, scouts, workers=workers, folder=folder, resume=resume)
    planned_s = time.monotonic() - started_s
    work = ExactWork(plan, pool, deadline, scouts)
    store = Checkpoint(folder, work.fingerprint()) if folder is not None and plan.whole else None
    shown = _shown(progress, sum(work.size(unit) for unit in range(work.units)))
    done = execute(work, comm=comm, workers=workers, checkpoint=store, resume=resume, progress=shown)
    part, ranks = done
    begun = Part(pool.lowest, np.inf, plan.nodes)
    statistics = {"units": len(plan.units), "plan_s": planned_s, "search_s": time.monotonic() - started_s}
    return _outcome(pool, work.merge(begun, part) if part else begun, ranks, statistics)


def _shared_plan(
    pool: IncumbentPool,
    comm: Any,
    deadline: Deadline,
    scouts: Scouts,
    *,
    workers: int,
    folder: Path | None,
    resume: bool,
) -> SearchPlan:
    """Make the plan, all ranks together; or take over the one whose units an earlier attempt began to search.

    Under a time limit two attempts plan differently far, and units of one plan mean nothing in another. A plan that
    takes long is written now and then as it stands, so that an attempt that is killed leaves its bound and its
    arrangements.
    """
    transport = open_transport(comm)
    team = Team(deadline, workers, transport)

    def save(plan: SearchPlan) -> Any:
        return None if folder is None else team.once(lambda: _attempt(lambda: _store_plan(folder, plan, pool)))

    try:
        stored = team.once(lambda: _attempt(lambda: read_plan(folder, pool))) if folder is not None and resume else None
        failure = stored if isinstance(stored, UserError) else None
        if isinstance(stored, tuple):
            plan, occupations = stored
            pool.absorb(occupations)
        elif failure is None:
            plan = make_plan(pool.problem, pool, seed=scouts.seed, team=team, scouts=scouts, save=save)
            if plan.whole:
                failure = save(plan)
    except BaseException:
        if isinstance(transport, MpiTransport):
            traceback.print_exc()
            transport.abort()
        raise
    transport.close()
    if failure is not None:
        raise failure
    return plan


def _attempt(make: Callable[[], Any]) -> Any:
    """Return what a function makes, or the mistake of the user that kept it from it: the other ranks wait for it."""
    try:
        return make()
    except UserError as error:
        return error


def _store_plan(folder: Path, plan: SearchPlan, pool: IncumbentPool) -> None:
    """Put a new plan in the place of what an earlier attempt left, units of another plan first."""
    Checkpoint(folder, "").clear()
    write_plan(folder, plan, pool)


def _shown(progress: ProgressLine | ProgressCallback | bool | None, total: int) -> ProgressLine:
    if isinstance(progress, ProgressLine):
        return progress
    if callable(progress):
        return ProgressLine(total, "subtrees", callback=progress)
    return ProgressLine(total, "subtrees", enabled=progress)


def _outcome(pool: IncumbentPool, part: Part, ranks: int, statistics: dict[str, float]) -> SearchOutcome:
    """Say what is proven: everything, or that nothing lies below the open bound."""
    # Ranked once more by themselves: energies of ties are shared, and must not depend on ties that dropped out.
    lowest = rank(pool.problem.form, pool.group, [occupation for _, _, occupation in part.lowest], pool.keep)
    last_eV = lowest[-1][0] if lowest else None
    complete = len(lowest) == pool.keep
    open_bound_eV = part.open_bound_eV
    if complete and last_eV is not None and pool.tolerance_eV > 0:
        # What was passed over lies above this.
        open_bound_eV = min(open_bound_eV, last_eV - pool.tolerance_eV)
    certified = open_bound_eV == np.inf or (complete and last_eV is not None and open_bound_eV > last_eV + SLACK_EV)
    bound_eV: float | None = None
    gap_eV: float | None = None
    if certified:
        bound_eV, gap_eV = last_eV, 0.0
    elif np.isfinite(open_bound_eV):
        bound_eV = open_bound_eV if last_eV is None else min(open_bound_eV, last_eV)
        gap_eV = None if last_eV is None else last_eV - bound_eV
    return SearchOutcome(
        lowest=lowest,
        certified=certified,
        bound_eV=bound_eV,
        gap_eV=gap_eV,
        evaluated=part.nodes,
        method="exact",
        ranks=ranks,
        statistics={"nodes": part.nodes, **statistics},
    )
