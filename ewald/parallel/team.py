"""Work that all ranks plan alike: each does a part of it, and all of them know all of the outcome.

Every rank takes the same steps in the same order, so that whatever follows from the outcome is the same everywhere.
Only the clocks differ; what depends on them is decided by rank 0 alone.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from ewald.parallel.clock import Deadline
from ewald.parallel.threads import run_numbered, threads_of
from ewald.parallel.transport import LocalTransport, Transport

Result = TypeVar("Result")


@dataclass(frozen=True)
class Team:
    """The threads of all ranks of a search.

    Parameters
    ----------
    deadline
        After which pieces of work are left undone.
    workers
        Threads of each rank; None for all cores that the process may use.
    transport
        How the ranks reach each other.
    """

    deadline: Deadline = field(default_factory=Deadline)
    workers: int | None = 1
    transport: Transport = field(default_factory=LocalTransport)

    @property
    def threads(self) -> int:
        """Threads of all ranks together."""
        return self.transport.size * threads_of(self.workers)

    def each(self, run: Callable[[int], Result], count: int) -> list[Result | None]:
        """Results of ``run(0)`` to ``run(count - 1)``, the same list on every rank; None for what was left undone."""
        rank, size = self.transport.rank, self.transport.size

        def timely(number: int) -> Result | None:
            return None if self.deadline.passed() else run(rank + size * number)

        mine = run_numbered(timely, len(range(rank, count, size)), self.workers)
        parts = self.transport.gather(mine)
        return [parts[number % size][number // size] for number in range(count)]

    def once(self, make: Callable[[], Result]) -> Result:
        """Let rank 0 make something that rounding or clocks could make different elsewhere."""
        return self.transport.broadcast(make() if self.transport.rank == 0 else None)

    def late(self, deadline: Deadline | None = None) -> bool:
        """Whether a deadline, by default the one of the team, has passed on rank 0."""
        chosen = deadline or self.deadline
        return chosen.limited and self.once(chosen.passed)
