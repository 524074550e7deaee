"""Signals handled for a while: the handlers are set on entering, and those of before come back on leaving."""

import signal
import threading
from collections.abc import Callable, Sequence
from types import FrameType
from typing import Any, Self

Handler = Callable[[int, FrameType | None], None]


class SignalHandlers:
    """Has some signals call a handler while it is entered.

    Outside the main thread, where Python takes no handlers, it does nothing.

    Parameters
    ----------
    numbers
        The signals.
    handler
        What is called with the signal's number and the frame that it interrupts; it may raise.
    only_default
        Leave alone what is ignored, as SIGHUP is under `nohup`, and what the program handles itself.
    """

    def __init__(self, numbers: Sequence[signal.Signals], handler: Handler, *, only_default: bool = False) -> None:
        self._numbers = tuple(numbers)
        self._handler = handler
        self._only_default = only_default
        self._former: dict[signal.Signals, Any] = {}

    def __enter__(self) -> Self:
        if threading.current_thread() is not threading.main_thread():
            return self
        try:
            for number in self._numbers:
                former = signal.getsignal(number)
                # None is a handler that was not set from Python, and that Python could not set again.
                if former is None or (self._only_default and not _is_default(former)):
                    continue
                self._former[number] = former
                signal.signal(number, self._handler)
        except BaseException:
            # A signal came before the last handler was set, and the first one raised.
            self._restore()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._restore()

    def _restore(self) -> None:
        while self._former:
            signal.signal(*self._former.popitem())


def _is_default(handler: Any) -> bool:
    return handler in (signal.SIG_DFL, signal.default_int_handler)
