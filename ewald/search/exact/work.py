"""The exact search as work for the scheduler: threads, MPI ranks, checkpoints."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ewald.parallel.clock import Deadline
from ewald.search.exact.plan import SearchPlan
from ewald.search.exact.pool import IncumbentPool
from ewald.search.exact.scouts import Scouts
from ewald.search.exact.units import run_unit
from ewald.search.ranking import Ranked, rank

# Changes when units or parts do, so that checkpoints of another layout are refused.
LAYOUT = 4


@dataclass(frozen=True, eq=False)
class Part:
    """What some units came to.

    Parameters
    ----------
    lowest
        The lowest arrangements known where and when they were done.
    open_bound_eV
        Bound of what is left of them; infinite when nothing is.
    nodes
        Nodes looked at.
    """

    lowest: Ranked
    open_bound_eV: float
    nodes: int


@dataclass(eq=False)
class ExactWork:
    """Units of a plan, run by whoever the scheduler chooses; see :class:`ewald.parallel.scheduler.Work`.

    Parameters
    ----------
    plan
        The same on every rank.
    pool
        Of this process, shared by its threads.
    deadline
        When units stop.
    scouts
        Searches for lower arrangements beside the units; none by default.
    """

    plan: SearchPlan
    pool: IncumbentPool
    deadline: Deadline = field(default_factory=Deadline)
    scouts: Scouts | None = None

    @property
    def units(self) -> int:
        """Number of units."""
        return len(self.plan.units)

    def size(self, unit: int) -> int:
        """Nodes that a unit begins with."""
        return len(self.plan.units[unit].bound_eV)

    def run(self, unit: int, threshold: Callable[[], float]) -> Part:
        """Search one unit; what it finds is in the pool, of which the part is a copy."""
        scouts, deadline = self.scouts, self.deadline
        beside = None if scouts is None else lambda worked_s: scouts.aside(worked_s, deadline)
        result = run_unit(
            self.plan.tables, self.plan.units[unit], self.pool, deadline, threshold=threshold, beside=beside
        )
        return Part(self.pool.lowest, result.open_bound_eV, result.nodes)

    def finished(self, part: Part) -> bool:
        """Whether the units of a part need not be looked at again."""
        return bool(part.open_bound_eV == np.inf)

    def merge(self, left: Part, right: Part) -> Part:
        """Join two parts; every sequence of joins gives the same lowest arrangements."""
        known = {occupation.tobytes(): occupation for _, _, occupation in left.lowest}
        new = [occupation for _, _, occupation in right.lowest if occupation.tobytes() not in known]
        lowest = left.lowest
        if new:
            lowest = rank(self.pool.problem.form, self.pool.group, [*known.values(), *new], self.pool.keep)
        return Part(lowest, min(left.open_bound_eV, right.open_bound_eV), left.nodes + right.nodes)

    def threshold_of(self, part: Part) -> float:
        """Energy above which nothing is wanted, once there are enough arrangements."""
        return part.lowest[-1][0] - self.pool.tolerance_eV if len(part.lowest) == self.pool.keep else np.inf

    def best_of(self, part: Part) -> float:
        """Lowest energy found."""
        return part.lowest[0][0] if part.lowest else np.inf

    def encode(self, part: Part) -> bytes:
        """Pack a part as JSON; energies follow from the occupations."""
        document = {
            "occupations": [occupation.tolist() for _, _, occupation in part.lowest],
            "open_bound_eV": None if part.open_bound_eV == np.inf else part.open_bound_eV,
            "nodes": part.nodes,
        }
        return json.dumps(document).encode()

    def decode(self, data: bytes) -> Part:
        """Unpack a part."""
        document = json.loads(data)
        occupations = [np.array(occupation, dtype=np.int8) for occupation in document["occupations"]]
        lowest = rank(self.pool.problem.form, self.pool.group, occupations, self.pool.keep)
        open_bound_eV = document["open_bound_eV"]
        return Part(lowest, np.inf if open_bound_eV is None else float(open_bound_eV), int(document["nodes"]))

    def fingerprint(self) -> str:
        """Digest of everything that a checkpoint of these units depends on."""
        arrays: list[NDArray[Any]] = []
        for unit in self.plan.units:
            arrays += [unit.states, unit.alive]
        content = [problem_fingerprint(self.pool), self.units, _digest(arrays)]
        return hashlib.sha256(json.dumps(content).encode()).hexdigest()


def problem_fingerprint(pool: IncumbentPool) -> str:
    """Digest of the problem, and of how many arrangements are kept."""
    form = pool.problem.form
    content = {
        "layout": LAYOUT,
        "problem": form.problem_hash,
        "E0": float(form.E0_eV).hex(),
        "counts": [[s.species, s.charges, s.counts] for s in form.sublattices],
        "keep": pool.keep,
        "tolerance_eV": pool.tolerance_eV,
        "content": _digest([form.A, form.v, pool.group.permutations]),
    }
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def _digest(arrays: list[NDArray[Any]]) -> str:
    digest = hashlib.sha256()
    for array in arrays:
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()
