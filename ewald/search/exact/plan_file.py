"""The plan of an exact search on disk, so that a later attempt goes on with the same units."""

import io
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ewald.errors import CheckpointError
from ewald.files.atomic import write_atomic
from ewald.files.npz import read_npz
from ewald.parallel.checkpoint import PROBLEM_FILE
from ewald.search.exact.plan import SearchPlan
from ewald.search.exact.pool import IncumbentPool
from ewald.search.exact.relaxation.multipliers import Multipliers
from ewald.search.exact.units import Unit
from ewald.search.exact.work import problem_fingerprint

PLAN_FILE = "plan.npz"
_OTHER_PROBLEM = "resume with the input and settings it was made with, or choose another directory"
_COSTS = ("P", "D", "L", "K")
_BELOW = ("constant", "h", "B")
_ROWS = ("states", "bound_eV", "shift_eV", "shift_size", "alive")


def write_plan(folder: Path, plan: SearchPlan, pool: IncumbentPool) -> None:
    """Write a plan, and the arrangements known when it was made, in the place of what earlier attempts left."""
    arrays: dict[str, NDArray[np.generic]] = {
        "problem": np.array(problem_fingerprint(pool)),
        "nodes": np.array(plan.nodes),
        "sizes": np.array([len(unit.bound_eV) for unit in plan.units], dtype=np.int64),
        "table": np.array([unit.table for unit in plan.units], dtype=np.int64),
        **{f"{name}_eV": np.stack([getattr(tables, name) for tables in plan.tables]) for name in _COSTS + _BELOW},
        "occupations": np.array([occupation for _, _, occupation in pool.lowest], dtype=np.int8),
    }
    for name in _ROWS if plan.units else ():
        arrays[name] = np.concatenate([getattr(unit, name) for unit in plan.units])
    content = io.BytesIO()
    np.savez_compressed(content, **arrays)  # type: ignore[arg-type]
    write_atomic(folder / PLAN_FILE, content.getvalue())


def read_plan(folder: Path, pool: IncumbentPool) -> tuple[SearchPlan, list[NDArray[np.int8]]] | None:
    """Read a plan and the arrangements known when it was made; None where there is none.

    Raises
    ------
    CheckpointError
        If the plan is of another problem, or damaged.
    """
    path = folder / PLAN_FILE
    if not path.exists():
        if (folder / PROBLEM_FILE).exists():
            raise CheckpointError("is of another search or version", file=folder, fix=_OTHER_PROBLEM)
        return None
    try:
        arrays = read_npz(path)
        if str(arrays["problem"]) != problem_fingerprint(pool):
            raise CheckpointError(
                "belongs to another problem, other settings or another version", file=path, fix=_OTHER_PROBLEM
            )
        costs = [arrays[f"{name}_eV"] for name in _COSTS]
        point = np.full(pool.problem.size, 0.5)
        multipliers = [Multipliers(P, D, L, K, point) for P, D, L, K in zip(*costs, strict=True)]
        below = zip(*(arrays[f"{name}_eV"] for name in _BELOW), strict=True)
        problems = [
            replace(pool.problem, constant_eV=float(constant), h_eV=h, B_eV=B, above=pool.problem)
            for constant, h, B in below
        ]
        ends = np.cumsum(arrays["sizes"])[:-1]
        tables = arrays["table"].tolist()
        rows = {name: np.split(arrays[name], ends) for name in _ROWS} if tables else {}
        units = [Unit(**{name: rows[name][k] for name in _ROWS}, table=table) for k, table in enumerate(tables)]
        plan = SearchPlan.of(problems, units, multipliers, int(arrays["nodes"]))
        return plan, list(arrays["occupations"])
    except (ValueError, KeyError, IndexError, TypeError) as error:
        raise CheckpointError("not readable", file=path, fix="remove the directory to start over") from error
