"""When a run has to stop cleanly: its walltime is over, or somebody asked the process to end."""

import signal
import time
from types import FrameType
from typing import Self

from workflows.process.job_time import seconds_left
from workflows.process.signals import SignalHandlers


class StopRequest:
    """Watches the clock, the end of the queue's job and the signals SIGTERM, SIGINT and SIGUSR1 while it is entered.

    Queues announce the end of a job with SIGTERM (or SIGUSR1, asked for with `--signal`). The former handlers
    come back on leaving. Outside the main thread, where Python takes no handlers, only the clock is watched.

    Parameters
    ----------
    walltime_s
        Seconds from entering until :attr:`reason` becomes "walltime"; None for no limit but that of the queue's job.
    """

    SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGUSR1)

    def __init__(self, walltime_s: float | None = None) -> None:
        limits = [limit for limit in (walltime_s, seconds_left()) if limit is not None]
        self._walltime_s = min(limits) if limits else None
        self._signal: int | None = None
        self._start = time.monotonic()
        self._handlers = SignalHandlers(self.SIGNALS, self._note)

    def __enter__(self) -> Self:
        self._start = time.monotonic()
        self._handlers.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self._handlers.__exit__()

    def _note(self, number: int, _frame: FrameType | None) -> None:
        self._signal = number

    @property
    def elapsed_s(self) -> float:
        """Seconds since entering."""
        return time.monotonic() - self._start

    @property
    def reason(self) -> str | None:
        """Why to stop ("signal" or "walltime"), or None to go on."""
        if self._signal is not None:
            return "signal"
        if self._walltime_s is not None and self.elapsed_s >= self._walltime_s:
            return "walltime"
        return None
