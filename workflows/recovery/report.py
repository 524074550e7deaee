"""What a recovery found and fixed."""

from collections.abc import Iterator
from dataclasses import dataclass, field


@dataclass
class Recovery:
    """What was found and fixed, by kind: keys of the work concerned.

    Attributes
    ----------
    locks
        Workflows that were locked by processes that have ended.
    orphans
        Fireworks that were added incompletely, and are removed.
    lost
        Work that nobody was running any more, and that waits again.
    given_up
        Work that was lost too often.
    stuck
        Fireworks whose change of state was interrupted, and is completed.
    cancelled
        Reservations of queue jobs that have vanished.
    collected
        Number of offline runs whose results were collected.
    released
        Number of hulls that were resumed.
    """

    locks: list[str] = field(default_factory=list)
    orphans: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    given_up: list[str] = field(default_factory=list)
    stuck: list[str] = field(default_factory=list)
    cancelled: list[str] = field(default_factory=list)
    collected: int = 0
    released: int = 0

    @property
    def fixed(self) -> int:
        """How many things were fixed."""
        lists = (self.locks, self.orphans, self.lost, self.stuck, self.cancelled)
        return sum(map(len, lists)) + self.collected + self.released

    def lines(self) -> Iterator[str]:
        """Say what was done, one line for each kind."""
        if self.locks:
            yield f"freed {len(self.locks)} locks of processes that have ended"
        if self.orphans:
            yield f"removed {len(self.orphans)} incompletely added Fireworks"
        if self.collected:
            yield f"collected the results of {self.collected} offline runs"
        if self.cancelled:
            yield (
                f"{len(self.cancelled)} reservations of vanished queue jobs were released: "
                f"{', '.join(self.cancelled[:5])}"
            )
        if self.lost:
            yield f"{len(self.lost)} runs were lost and will be done again: {', '.join(self.lost[:5])}"
        if self.given_up:
            yield f"{len(self.given_up)} runs were lost too often and are given up: {', '.join(self.given_up[:5])}"
        if self.stuck:
            yield f"completed {len(self.stuck)} interrupted changes of state"
        if self.released:
            yield f"started {self.released} hulls that waited for the reference phases"
