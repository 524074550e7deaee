"""The moment at which a search stops with what it has."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np


@dataclass(frozen=True)
class Deadline:
    """A moment on a clock.

    Parameters
    ----------
    at_s
        When; infinite for never.
    clock
        Tells the time; another one makes tests independent of the speed of the machine.

    Examples
    --------
    >>> Deadline.after(None).passed(), Deadline.after(0.0).passed()
    (False, True)
    """

    at_s: float = np.inf
    clock: Callable[[], float] = field(default=time.monotonic)

    @classmethod
    def after(cls, limit_s: float | None, clock: Callable[[], float] = time.monotonic) -> "Deadline":
        """So many seconds from now; never for None.

        Parameters
        ----------
        limit_s
            Seconds from now; None for no limit.
        clock
            Returns the present time in seconds.
        """
        return cls(np.inf if limit_s is None else clock() + limit_s, clock)

    def passed(self) -> bool:
        """Whether it is over."""
        return self.at_s < np.inf and self.clock() >= self.at_s

    @property
    def limited(self) -> bool:
        """Whether there is an end at all."""
        return self.at_s < np.inf

    @property
    def left_s(self) -> float | None:
        """Time that is left; None when there is no end."""
        return max(0.0, self.at_s - self.clock()) if self.limited else None

    def later(self, by_s: float) -> "Deadline":
        """Return the moment so much later.

        Parameters
        ----------
        by_s
            Seconds to add.
        """
        return Deadline(self.at_s + by_s, self.clock)

    def part(self, share: float) -> "Deadline":
        """Return the moment when this share of the time that is left will be over.

        Parameters
        ----------
        share
            Between 0 (now) and 1 (the end).
        """
        return Deadline(self.clock() + share * (self.at_s - self.clock()), self.clock) if self.limited else self
