"""Waiting out a database that is away for a moment: restarted, or its network gone."""

import functools
import time
from collections.abc import Callable
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")

_RETRY_FOR_S = 180.0


def retried(function: Callable[P, R]) -> Callable[P, R]:
    """Repeat an operation while the database is away, for up to three minutes.

    Only for operations that may be done twice without harm (reads, upserts, deletions): a connection that breaks
    does not say whether the server had already done its part.
    """

    @functools.wraps(function)
    def repeated(*args: P.args, **kwargs: P.kwargs) -> R:
        from pymongo.errors import AutoReconnect

        deadline = time.monotonic() + _RETRY_FOR_S
        pause = 0.1
        while True:
            try:
                return function(*args, **kwargs)
            except AutoReconnect:
                if time.monotonic() > deadline:
                    raise
                time.sleep(pause)
                pause = min(2 * pause, 5.0)

    return repeated
