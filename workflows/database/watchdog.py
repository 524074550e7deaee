"""A watchdog of the private server: started again whenever it dies, while a command needs it."""

import threading
from types import TracebackType
from typing import Self

from ewald.errors import UserError
from workflows.database.server import PrivateServer

WATCH_S = 0.5


class ServerWatchdog:
    """Starts a private server again whenever it dies, from a thread of its own.

    Whoever waits for the database meanwhile (a query retries for minutes) simply goes on.

    Parameters
    ----------
    server
        The server to keep alive; None keeps nothing.
    """

    def __init__(self, server: PrivateServer | None) -> None:
        self.server = server
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="keeps the database alive", daemon=True)

    def __enter__(self) -> Self:
        if self.server is not None:
            self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        if self.server is not None:
            self._thread.join()

    def _watch(self) -> None:
        while self.server is not None and not self._over.wait(WATCH_S):
            try:
                if not self.server.status().running:
                    self.server.start()
            except (UserError, OSError):
                # It cannot start now (a full disk): those who wait for it will say that it is away.
                self._over.wait(10 * WATCH_S)
