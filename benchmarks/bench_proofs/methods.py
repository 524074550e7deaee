"""Ways to find and to prove the lowest arrangement, each with the same CPU time."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from benchmarks.bench_proofs.annealing import annealed_eV
from benchmarks.bench_proofs.cases import Case
from ewald.search.exact.relaxation.literals import LiteralProblem
from ewald.search.exact.search import search
from ewald.search.sampling.search import search as sample


@dataclass(frozen=True)
class Outcome:
    """Energy of the best arrangement found and the proven bound, in eV; None where there is none."""

    best_eV: float | None
    bound_eV: float | None
    nodes: int | None = None


def exact(case: Case, cpu_s: float, seed: int, workers: int) -> Outcome:
    """Run the exact search of this package; ``cpu_s`` is that of all its threads together."""
    found = search(
        case.form, case.group, keep=1, time_limit_s=cpu_s, seed=seed, workers=workers, progress=False,
        clock=time.process_time,
    )  # fmt: skip
    best = found.lowest[0][0] if found.lowest else None
    return Outcome(best, best if found.certified else found.bound_eV, found.evaluated)


def sampling(case: Case, cpu_s: float, seed: int, workers: int) -> Outcome:  # noqa: ARG001
    """Run the sampling search of this package, one thread; it proves nothing."""
    found = sample(
        case.form, case.group, 1, seed=seed, time_limit_s=cpu_s, use_all_time=True, clock=time.thread_time
    )  # fmt: skip
    return Outcome(found.lowest[0][0] if found.lowest else None, None)


def annealing(case: Case, cpu_s: float, seed: int, workers: int) -> Outcome:  # noqa: ARG001
    """Simulated annealing in compiled code, one thread: it proves nothing."""
    return Outcome(annealed_eV(case.form, cpu_s, seed), None)


def scip(case: Case, cpu_s: float, seed: int, workers: int) -> Outcome:  # noqa: ARG001
    """SCIP (pyscipopt), one thread: products in one constraint, which bounds the objective."""
    from pyscipopt import Model, quicksum

    problem = LiteralProblem.from_form(case.form, case.group)
    model = Model()
    model.hideOutput()
    model.setParam("limits/time", cpu_s)
    model.setParam("timing/clocktype", 1)  # CPU seconds
    model.setParam("randomization/randomseedshift", seed)
    x = [model.addVar(vtype="B") for _ in range(problem.size)]
    cost = model.addVar(lb=None)
    pairs = quicksum(float(problem.B_eV[a, b]) * x[a] * x[b] for a, b in products(problem))
    model.addCons(cost >= pairs + quicksum(float(h) * v for h, v in zip(problem.h_eV, x, strict=True)))
    for k, wanted in enumerate(problem.wanted.tolist()):
        model.addCons(quicksum(x[a] for a in np.flatnonzero(problem.group == k)) == wanted)
    for a, b in rules(problem):
        model.addCons(x[a] + x[b] <= 1)
    model.setObjective(cost)
    model.optimize()
    best = problem.constant_eV + model.getObjVal() if model.getNSols() else None
    return Outcome(best, problem.constant_eV + model.getDualbound(), model.getNNodes())


def highs(case: Case, cpu_s: float, seed: int, workers: int) -> Outcome:  # noqa: ARG001
    """HiGHS (highspy), one thread: products as variables with x + y - 1 <= z <= x, y."""
    import highspy

    problem = LiteralProblem.from_form(case.form, case.group)
    model = highspy.Highs()
    model.setOptionValue("output_flag", False)
    model.setOptionValue("threads", 1)
    model.setOptionValue("random_seed", seed)
    x = [model.addBinary(obj=float(h)) for h in problem.h_eV]
    for a, b in products(problem):
        z = model.addVariable(lb=0, ub=1, obj=float(problem.B_eV[a, b]))
        model.addConstr(z >= x[a] + x[b] - 1)
        model.addConstr(z <= x[a])
        model.addConstr(z <= x[b])
    for k, wanted in enumerate(problem.wanted.tolist()):
        model.addConstr(sum(x[a] for a in np.flatnonzero(problem.group == k).tolist()) == wanted)
    for a, b in rules(problem):
        model.addConstr(x[a] + x[b] <= 1)
    until = time.process_time() + cpu_s

    def stop(event: Any) -> None:  # its own limit is of wall time
        event.data_in.user_interrupt = time.process_time() > until

    model.cbMipInterrupt += stop
    model.run()
    info = model.getInfo()
    best = problem.constant_eV + info.objective_function_value if info.primal_solution_status == 2 else None
    bound = info.mip_dual_bound if np.isfinite(info.mip_dual_bound) else None
    return Outcome(best, None if bound is None else problem.constant_eV + bound, info.mip_node_count)


def products(problem: LiteralProblem) -> list[tuple[int, int]]:
    """Pairs of literals with a pair cost."""
    return [(a, b) for a, b in np.argwhere(np.triu(problem.B_eV, 1)).tolist()]


def rules(problem: LiteralProblem) -> list[tuple[int, int]]:
    """Pairs of literals that are never both chosen."""
    never = problem.site[:, None] == problem.site[None, :]
    apart = np.zeros((problem.form.n,) * 2, dtype=bool)
    apart[tuple(problem.form.forbidden.T)] = True
    never |= (apart | apart.T)[np.ix_(problem.site, problem.site)] & problem.ion[:, None] & problem.ion[None, :]
    return [(a, b) for a, b in np.argwhere(np.triu(never, 1)).tolist()]


METHODS: dict[str, Callable[[Case, float, int, int], Outcome]] = {
    "exact": exact,
    "sampling": sampling,
    "annealing": annealing,
    "scip": scip,
    "highs": highs,
}


def row(case: Case, method: str, cpu_s: float, seed: int, workers: int) -> dict[str, Any]:
    """Run one method and describe what it came to, in the user's units."""
    begun = time.process_time()
    outcome = METHODS[method](case, cpu_s, seed, workers)
    used = time.process_time() - begun
    best, bound = (None if value is None else case.scale * value for value in (outcome.best_eV, outcome.bound_eV))
    gap = None if best is None or bound is None else max(0.0, best - bound)
    return {
        "case": case.name, "method": method, "limit_s": cpu_s, "seed": seed, "workers": workers,
        "best": best, "bound": bound, "gap": gap, "gap_meV_per_ion": 1000 * gap / case.ions if gap is not None and
        case.ions else None, "proven": gap is not None and gap <= 1e-6 * max(1.0, case.scale), "cpu_s": round(used, 2),
        "nodes": outcome.nodes, "compositions": case.compositions,
    }  # fmt: skip
