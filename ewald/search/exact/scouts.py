"""Tabu searches beside a proof: a share of its time looks for lower arrangements, from its beginning to its end.

Where a proof does not come to its end, the best arrangement found is all there is besides the bound, and every lower
one cuts off more of the tree. What the searches find depends on clocks; a proof that ends does not.
"""

import threading
import time
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ewald.parallel.clock import Deadline
from ewald.parallel.team import Team
from ewald.search.exact.pool import IncumbentPool
from ewald.search.picks import Picks
from ewald.search.ranking import TIE_EV
from ewald.search.sampling.hunt import Hunt

# Share of the time with a limit, where the best found may be all that comes out, and without one.
SHARE_LIMITED = 0.3
SHARE_UNLIMITED = 0.1
# Seconds that are owed before they are spent, and that are spent at once at most.
_LEAST_S, _MOST_S = 0.05, 2.0
# The first search ends when so many starts brought nothing new.
_QUIET_ROUNDS = 60


@dataclass(eq=False)
class Scouts:
    """The tabu searches of one process.

    Parameters
    ----------
    pool
        What they find goes there.
    seed
        Of their random numbers.
    share
        Of all the time, for them; a third of it while the lowest energy was found in the first half of their time.
    """

    pool: IncumbentPool
    seed: int = 0
    share: float = SHARE_LIMITED
    spent_s: float = 0.0
    _lowest_eV: float = np.inf
    _improved_s: float = 0.0
    _owed_s: float = 0.0
    _since_s: float | None = None
    _idle: list[Hunt] = field(default_factory=list)
    _told: set[bytes] = field(default_factory=set)
    _begun: int = 0
    _picks: Picks | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        form = self.pool.problem.form
        if not form.one_column_per_site or form.restricted:
            self._picks = Picks.of(form, self.pool.group)

    def turn(self, team: Team, deadline: Deadline) -> None:
        """Let all threads of a team search for what is owed since the last turn; all ranks call this.

        Parameters
        ----------
        deadline
            When the work around the turns ends.
        """
        now_s = deadline.clock()
        if self._since_s is not None:
            self._owed_s += self._per_second() * (now_s - self._since_s)
        owed_s = team.once(lambda: 0.0 if deadline.passed() else min(self._owed_s, _MOST_S))
        if owed_s >= _LEAST_S:
            until = Deadline(min(deadline.clock() + owed_s, deadline.at_s), deadline.clock)
            for found in team.each(lambda number: self._search(until, team.transport.rank, number), team.threads):
                self.pool.absorb(found or [])
            self._owed_s = 0.0
            self.spent_s += deadline.clock() - now_s
        self._since_s = deadline.clock()

    def _per_second(self) -> float:
        """Seconds that are owed for each second of other work."""
        if self.pool.lowest and self.pool.lowest[0][0] < self._lowest_eV - TIE_EV:
            self._lowest_eV, self._improved_s = self.pool.lowest[0][0], self.spent_s
        share = self.share if self._improved_s >= 0.5 * self.spent_s else self.share / 3
        return share / (1 - share)

    def first(self, team: Team, deadline: Deadline) -> None:
        """Let all threads of a team search until they find nothing new for a while; all ranks call this."""
        begun_s = deadline.clock()

        def search(number: int) -> list[NDArray[np.int8]]:
            return self._search(deadline, team.transport.rank, number, patience=_QUIET_ROUNDS)

        for found in team.each(search, team.threads):
            self.pool.absorb(found or [])
        self.spent_s += deadline.clock() - begun_s
        self._since_s = deadline.clock()

    def aside(self, worked_s: float, deadline: Deadline) -> None:
        """Let one thread search for the share that belongs to its work; for work that threads do on their own.

        Parameters
        ----------
        worked_s
            CPU seconds of this thread since it last called.
        deadline
            When to stop at the latest.
        """
        with self._lock:
            self._owed_s += self._per_second() * worked_s
            owed_s, self._owed_s = (self._owed_s, 0.0) if self._owed_s >= _LEAST_S else (0.0, self._owed_s)
        if owed_s:
            begun_s = time.thread_time()
            until = Deadline(begun_s + min(owed_s, _MOST_S), time.thread_time)
            self.pool.absorb(self._search(until, 0, -1, deadline))
            with self._lock:
                self.spent_s += time.thread_time() - begun_s

    def _search(
        self, until: Deadline, rank: int, number: int, limit: Deadline | None = None, patience: float = np.inf
    ) -> list[NDArray[np.int8]]:
        """Search until then with a hunt that nobody else uses; arrangements that may be among the lowest."""
        with self._lock:
            if self._idle:
                hunt = self._idle.pop(0)
            else:
                self._begun += 1
                hunt = self._new([self.seed, rank, max(number, 0), self._begun])
        last, quiet = limit or until, 0
        while quiet < patience and not (until.passed() or last.passed() or hunt.enough):
            quiet = 0 if hunt.round(lambda: until.passed() or last.passed()) else quiet + 1
        with self._lock:
            self._idle.append(hunt)
            found = [one for one in hunt.lowest() if one.tobytes() not in self._told]
            self._told.update(one.tobytes() for one in found)
        return found if self._picks is None else [self._picks.occupation(one) for one in found]

    def _new(self, seed: list[int]) -> Hunt:
        problem = self._picks or self.pool.problem
        form = problem.form
        group = self.pool.group if self._picks is None else self._picks.group
        return Hunt.start(form, group, self.pool.keep, np.random.SeedSequence(seed))
