"""A command that is told to end: by Ctrl-C, by SIGTERM or by a terminal that closes, it takes along what it started."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Self

from workflows.process.signals import SignalHandlers


class CleanEnd:
    """Turns the first SIGINT, SIGTERM or SIGHUP into KeyboardInterrupt while it is entered, and ignores later ones.

    So `finally` clauses are run, and an impatient second signal does not end them half-way. A signal that is ignored,
    as SIGHUP is under `nohup`, or that the program handles itself stays so. Outside the main thread, where Python takes
    no handlers, it does nothing.
    """

    SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

    def __init__(self) -> None:
        self._told = False
        self._held = False
        self._handlers = SignalHandlers(self.SIGNALS, self._end, only_default=True)

    def __enter__(self) -> Self:
        self._handlers.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self._handlers.__exit__()

    @contextmanager
    def hold(self) -> Iterator[None]:
        """Have a request to end wait until this part is over, because it must not be left half-way."""
        self._held = True
        try:
            yield
        finally:
            self._held = False
        if self._told:
            raise KeyboardInterrupt

    def _end(self, _number: int, _frame: FrameType | None) -> None:
        first, self._told = not self._told, True
        if first and not self._held:
            raise KeyboardInterrupt
