"""The exact search: lowest arrangements with a proof, or the best found with the proven gap."""

import threading
import time

import numpy as np

from ewald.exact.literals import LiteralProblem
from ewald.exact.plan import Plan, make_plan
from ewald.exact.pool import Pool
from ewald.exact.threads import run_numbered
from ewald.exact.units import UnitResult, run_unit
from ewald.form import QuadraticForm
from ewald.progress import ProgressCallback, ProgressReport
from ewald.result import SearchOutcome
from ewald.symmetry import SymmetryGroup


def search(
    form: QuadraticForm,
    group: SymmetryGroup,
    *,
    keep: int = 5,
    time_limit_s: float | None = None,
    seed: int = 0,
    workers: int | None = None,
    progress: ProgressCallback | None = None,
) -> SearchOutcome:
    """Find the ``keep`` lowest symmetry-distinct arrangements and prove that there are none below them.

    Parameters
    ----------
    form, group
        The problem, and the symmetry under which arrangements count as the same.
    keep
        How many to find.
    time_limit_s
        Wall time after which the search stops with what it has; None never stops it.
    seed
        For the descents that give the first arrangements; the certified result does not depend on it.
    workers
        Threads; the result does not depend on their number. All usable cores by default.
    progress
        Called from time to time.

    Returns
    -------
    SearchOutcome
        ``certified`` when the search ran to its end. ``evaluated`` counts nodes.
    """
    started_s = time.monotonic()
    deadline_s = np.inf if time_limit_s is None else started_s + time_limit_s
    problem = LiteralProblem.from_form(form, group)
    pool = Pool(problem, group, keep)
    if problem.size == 0:
        pool.offer(np.zeros((1, 0), dtype=np.int8))
        return _outcome(pool, 1, np.inf, {"units": 0})
    plan = make_plan(problem, pool, seed=seed, deadline_s=deadline_s, workers=workers)
    results = run_plan(plan, pool, deadline_s=deadline_s, workers=workers, progress=progress)
    nodes = plan.nodes + sum(result.nodes for result in results)
    open_bound_eV = min((result.open_bound_eV for result in results), default=np.inf)
    return _outcome(pool, nodes, open_bound_eV, {"units": len(plan.units), "search_s": time.monotonic() - started_s})


def run_plan(
    plan: Plan,
    pool: Pool,
    *,
    deadline_s: float = np.inf,
    workers: int | None = None,
    progress: ProgressCallback | None = None,
) -> list[UnitResult]:
    """Search all units of a plan on threads, the most promising first."""
    report = _Reporter(pool, plan, progress)

    def run(number: int) -> UnitResult:
        result = run_unit(plan.tables, plan.units[number], pool, deadline_s, report)
        report.finish(number, result)
        return result

    return run_numbered(run, len(plan.units), workers)


class _Reporter:
    """Adds up the nodes of all threads and tells the caller."""

    def __init__(self, pool: Pool, plan: Plan, progress: ProgressCallback | None) -> None:
        self.pool = pool
        self.nodes = plan.nodes
        self.progress = progress
        self.bounds = [unit.lowest_bound_eV for unit in plan.units]
        self.lock = threading.Lock()

    def __call__(self, nodes: int) -> None:
        if self.progress is None:
            return
        with self.lock:
            self.nodes += nodes
            best = self.pool.lowest[0][0] if self.pool.lowest else None
            bound = min(self.bounds, default=np.inf)
            shown = min(bound, float(self.pool.threshold_eV[0]))
            self.progress(ProgressReport(self.nodes, None, "nodes", best, float(shown) if np.isfinite(shown) else None))

    def finish(self, number: int, result: UnitResult) -> None:
        """Note what is left of a unit."""
        with self.lock:
            self.bounds[number] = result.open_bound_eV


def _outcome(pool: Pool, nodes: int, open_bound_eV: float, statistics: dict[str, float]) -> SearchOutcome:
    last_eV = pool.lowest[-1][0] if pool.lowest else None
    certified = not pool.wants(open_bound_eV)
    bound_eV: float | None
    gap_eV: float | None
    if certified:
        bound_eV, gap_eV = last_eV, 0.0
    elif not np.isfinite(open_bound_eV):
        bound_eV, gap_eV = None, None
    else:
        bound_eV = open_bound_eV if last_eV is None else min(open_bound_eV, last_eV)
        gap_eV = None if last_eV is None else last_eV - bound_eV
    return SearchOutcome(
        lowest=pool.lowest,
        certified=certified,
        bound_eV=bound_eV,
        gap_eV=gap_eV,
        evaluated=nodes,
        method="exact",
        statistics={"nodes": nodes, **statistics},
    )
