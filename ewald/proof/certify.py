"""The search that writes its proof down: every node is tuned, and each of its rounds is kept for the checker."""

import heapq
import io
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ewald.files.atomic import write_atomic
from ewald.parallel.clock import Deadline
from ewald.parallel.team import Team
from ewald.search.exact.incumbents import Descent
from ewald.search.exact.pool import IncumbentPool
from ewald.search.exact.relaxation.literals import LiteralProblem
from ewald.search.exact.relaxation.multipliers import Multipliers
from ewald.search.exact.relaxation.node import DEAD
from ewald.search.exact.relaxation.tables import FREE, IN, OUT, RelaxationTables
from ewald.search.exact.retuning import Reached, Tuned, tuned
from ewald.search.exact.scouts import Scouts
from ewald.search.exact.tree import examine_once, propagate

CERTIFICATE_FILE = "certificate.npz"
# How a node ends; the numbers are those of the checker.
CLOSED, EMPTY, AS_LEAF, DIVIDED, OPEN = range(5)
# Nodes looked at with the tables of a tuned node before its open ones are tuned anew.
_SUBTREE_NODES = 200
_BATCH = 2


class Round(NamedTuple):
    """A table, a point, and the literals that its tangent decides (-1 for the others); shapes (), (m,), (m,)."""

    table: Tuned
    y: NDArray[np.float64]
    fixed: NDArray[np.int8]


@dataclass(eq=False)
class Entry:
    """One node of the proof; ``literal`` is what it was divided from its parent by."""

    state: NDArray[np.int8]
    alive: NDArray[np.bool_]
    bound_eV: float
    parent: "Entry | None" = None
    literal: int = -1
    chosen: bool = False
    rounds: list[Round] = field(default_factory=list)
    end: int = OPEN
    children: "tuple[Entry, Entry] | None" = None


class CertifiedTree:
    """Best-first search of a problem, from the empty node.

    Parameters
    ----------
    problem, pool, team
        The problem; the arrangements known, which it adds to; its threads and deadline.
    scouts
        Look for lower arrangements beside it.
    """

    def __init__(self, problem: LiteralProblem, pool: IncumbentPool, team: Team, scouts: Scouts | None = None) -> None:
        self.problem = problem
        self.pool = pool
        self.team = team
        self.scouts = scouts or Scouts(pool)
        self._plain = RelaxationTables.of(problem, Multipliers.plain(problem))
        self._descent = Descent(problem.exact)
        alive = np.ones(len(problem.images), dtype=np.bool_)
        self.root = Entry(np.full(problem.size, FREE, dtype=np.int8), alive, -np.inf)
        self._heap: list[tuple[float, int, Entry, Reached | None]] = [(-np.inf, 0, self.root, None)]
        self._numbered = 0

    @property
    def lowest_bound_eV(self) -> float:
        """Nothing that is still open is below this."""
        return self._heap[0][0] if self._heap else np.inf

    def run(self, most: float = np.inf, until: Deadline | None = None) -> None:
        """Go on at the lowest bound until nothing is wanted, so many nodes were tuned or the time is up.

        Parameters
        ----------
        most
            Nodes to tune.
        until
            When to stop; by default the deadline of the team.
        """
        tuned_nodes = 0
        while self._heap and self.pool.wants(self.lowest_bound_eV) and tuned_nodes < most and not self.team.late(until):
            tuned_nodes += _BATCH
            batch = [heapq.heappop(self._heap) for _ in range(min(_BATCH, len(self._heap)))]
            looked = self.team.each(lambda k, batch=batch: self._look(batch[k][2], batch[k][3]), len(batch))  # type: ignore[misc]
            for item, done in zip(batch, looked, strict=True):
                if done is None:
                    heapq.heappush(self._heap, item)
                    continue
                left, reached = done
                for entry in left:
                    self._numbered += 1
                    heapq.heappush(self._heap, (entry.bound_eV, self._numbered, entry, reached))
            self.scouts.turn(self.team, self.team.deadline)

    def _look(self, entry: Entry, start: Reached | None) -> tuple[list[Entry], Reached | None]:
        """Tune a node and search below it for a while; the entries that are then open."""
        state = entry.state.copy()
        if not propagate(self._plain, state) or not (state == FREE).any():
            self._examine(entry, None)
            return [], None
        limit = self.team.deadline
        relaxation = tuned(self.problem, state, limit, start=start, target_eV=float(self.pool.threshold_eV[0]))
        if limit.passed():
            return [entry], start
        self.pool.offer(self._descent.polish(self._descent.rounded(relaxation.multipliers.point[None])))
        # Best first below as well, so that what is left open is what the tables bound worst.
        warm = relaxation.multipliers.point.copy()
        heap = [(entry.bound_eV, 0, entry, warm)]
        numbered = 0
        for _ in range(_SUBTREE_NODES):
            if not heap or limit.passed():
                break
            _, _, one, warm = heapq.heappop(heap)
            warm = self._examine(one, relaxation, warm)
            for child in one.children or ():
                numbered += 1
                heapq.heappush(heap, (child.bound_eV, numbered, child, warm))
        return [one for _, _, one, _ in heap], relaxation.reached

    def _examine(
        self, entry: Entry, relaxation: Tuned | None, warm: NDArray[np.float64] | None = None
    ) -> NDArray[np.float64]:
        """Look at a node in rounds until it ends; returns the point it was relaxed to."""
        state = entry.state.copy()
        point = np.full(len(state), 0.5) if warm is None else warm
        while True:
            if not propagate(self._plain, state):
                entry.end = EMPTY
                return point
            if not (state == FREE).any():
                self.pool.offer(state[None])
                entry.end = AS_LEAF
                return point
            if relaxation is None:
                raise ValueError("a node with free literals needs a relaxation")
            before = state.copy()
            seen = examine_once(relaxation.tables, state, point, relaxation.shift, self.pool.threshold_eV)
            point, state = seen.point, seen.state
            fixed = np.where((before == FREE) & (state != FREE), state, FREE).astype(np.int8)
            entry.rounds.append(Round(relaxation, seen.y, fixed))
            entry.bound_eV = max(entry.bound_eV, seen.bound_eV)
            if seen.outcome == DEAD:
                entry.end = CLOSED
                return point
            if seen.outcome >= 0:
                self._divide(entry, state, seen.outcome)
                return point

    def _divide(self, entry: Entry, state: NDArray[np.int8], literal: int) -> None:
        """Make the two children of a node; see :mod:`ewald.search.exact.tree`."""
        out, with_it = state.copy(), state.copy()
        orbit = self.problem.images[entry.alive, literal]
        out[orbit[out[orbit] == FREE]] = OUT
        with_it[literal] = IN
        still = entry.alive & (self.problem.images[:, literal] == literal)
        bound_eV = entry.bound_eV
        entry.end = DIVIDED
        entry.children = (
            Entry(with_it, still, bound_eV, entry, literal, chosen=True),
            Entry(out, entry.alive, bound_eV, entry, literal, chosen=False),
        )

    def certificate(self, scale: float = 1.0) -> dict[str, NDArray[np.generic]]:
        """Return the arrays of the certificate.

        Parameters
        ----------
        scale
            Units of the user's costs in one eV of the problem.
        """
        entries = [self.root]
        for entry in entries:
            entries.extend(entry.children or ())
        number = {id(entry): k for k, entry in enumerate(entries)}
        rounds = [one for entry in entries for one in entry.rounds]
        tables = list({id(one.table): one.table for one in rounds}.values())
        place = {id(one): k for k, one in enumerate(tables)}
        p, m, n = self.problem.exact, self.problem.size, self.problem.form.n
        last_eV = self.pool.lowest[-1][0] if self.pool.lowest else np.inf
        bound_eV = min([last_eV, *(e.bound_eV for e in entries if e.end == OPEN)])
        listed = self._listed()
        return {
            "constant": np.array(p.constant_eV), "h": p.h_eV, "B": p.B_eV, "site": p.site, "group": p.group,
            "wanted": p.wanted, "ion": p.ion, "usual_ion": p.default_ion, "apart": p.form.forbidden,
            "images": p.images, "scale": np.array(scale), "bound": np.array(bound_eV), "listed": listed,
            "listed_energy": np.array([energy for energy, _, _ in self.pool.lowest]),
            "parent": np.array([-1 if e.parent is None else number[id(e.parent)] for e in entries]),
            "literal": np.array([e.literal for e in entries]),
            "chosen": np.array([int(e.chosen) for e in entries]),
            "end": np.array([e.end for e in entries]),
            "first_round": np.cumsum([0, *(len(e.rounds) for e in entries)]),
            "table": np.array([place[id(one.table)] for one in rounds], dtype=np.int64),
            "y": np.array([one.y for one in rounds]).reshape(-1, m),
            "fixed": np.array([one.fixed for one in rounds], dtype=np.int8).reshape(-1, m),
            "P": np.array([t.tables.P for t in tables]).reshape(-1, m, m),
            "D": np.array([t.tables.D for t in tables]).reshape(-1, m),
            "L": np.array([t.tables.L for t in tables]).reshape(-1, m, n),
            "K": np.array([t.tables.K for t in tables]).reshape(-1, n, n),
            "shift": np.array([t.shift.value_eV for t in tables]),
            "scope": np.array([t.scope for t in tables]).reshape(-1, m),
            **self._forms(),
        }  # fmt: skip

    def _forms(self) -> dict[str, NDArray[np.generic]]:
        """Write the forms taken from the costs, padded to the size of the largest."""
        forms = self.problem.forms
        if not forms:
            return {}
        width = max(len(variables) for variables, _ in forms)
        variables = np.full((len(forms), width), -1, dtype=np.int64)
        matrix = np.zeros((len(forms), width, width))
        for k, (row, content) in enumerate(forms):
            variables[k, : len(row)] = row
            matrix[k, : len(row), : len(row)] = content
        return {"form_variables": variables, "form_matrix": matrix}

    def _listed(self) -> NDArray[np.int8]:
        """Write the arrangements of the pool as choices of literals."""
        rows = np.zeros((len(self.pool.lowest), self.problem.size), dtype=np.int8)
        first = np.concatenate([[0], np.cumsum([len(c) - 1 for c in self.problem.classes])])
        sublattice = self.problem.form.sublattice[self.problem.site]
        for row, (_, _, occupation) in zip(rows, self.pool.lowest, strict=True):
            for literal in range(self.problem.size):
                k = int(sublattice[literal])
                chosen = self.problem.classes[k][self.problem.group[literal] - first[k] + 1]
                row[literal] = int(occupation[self.problem.site[literal]] in chosen.species)
        return rows


def write_certificate(folder: Path, arrays: dict[str, NDArray[np.generic]]) -> Path:
    """Write a certificate, whole or not at all; returns its path."""
    content = io.BytesIO()
    np.savez_compressed(content, **arrays)  # type: ignore[arg-type]
    path = folder / CERTIFICATE_FILE
    write_atomic(path, content.getvalue())
    return path
