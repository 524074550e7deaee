"""The process that holds a potential and computes the cells of several workers together.

It is started by the first worker that needs it (:mod:`workflows.engines.ase.shared.calculator`), listens on a unix
socket in a folder that only its owner can enter, and ends a few seconds after the last worker has left. Workers that
are killed leave by that; a server that is killed is started again by its workers, which ask once more.
"""

import contextlib
import logging
import random
import signal
import socket
import sys
import time
from collections.abc import Iterator
from multiprocessing.connection import Connection, wait
from pathlib import Path

from ewald.errors import IonSieveError
from workflows.engines.ase.calculator import build_calculator
from workflows.engines.ase.protocols import WorksInFolder, WorksOnStructure
from workflows.engines.ase.settings import AseSettings
from workflows.engines.ase.shared.many import ComputesMany, computer_of
from workflows.engines.ase.shared.messages import Answer, Cell, Reply, Request

LOG = logging.getLogger(__name__)
#: How long a server without workers waits for the next.
LINGER_S = 5.0
#: A call waits for the workers of the call before it at most this share of the time that it took.
_PATIENCE = 0.5
_LONGEST_WAIT_S = 0.2
_BACKLOG = 256


class Server:
    """Computes what workers ask for, several cells in one call.

    Parameters
    ----------
    listener
        Listening unix socket.
    compute
        Computes several cells.
    cells_at_once
        Largest number of cells in one call; halved when the memory does not suffice.
    """

    def __init__(self, listener: socket.socket, compute: ComputesMany, cells_at_once: int) -> None:
        self._listener = listener
        self._compute = compute
        self._most = cells_at_once
        self._waiting: dict[Connection, tuple[float, Request]] = {}
        self._idle: set[Connection] = set()
        #: Workers of the last call, which will soon ask again.
        self._expected: set[Connection] = set()
        self._patience_s = 0.0
        self._asked_to_end = False

    def end_without_workers(self, *_: object) -> None:
        """End as soon as no worker is connected: queues tell workers and server to end at the same time."""
        self._asked_to_end = True

    def serve(self) -> None:
        """Answer until no worker is connected any more."""
        left_s = time.monotonic()
        while True:
            self._receive(self._time_to_wait_s())
            if self._waiting or self._idle:
                left_s = time.monotonic()
            elif self._asked_to_end or time.monotonic() - left_s >= LINGER_S:
                return
            if self._is_due():
                self._answer(self._batch())

    def _time_to_wait_s(self) -> float:
        if not self._waiting:
            return LINGER_S / 5
        return max(0.0, self._first_s() + self._patience_s - time.monotonic())

    def _first_s(self) -> float:
        return min(asked_s for asked_s, _ in self._waiting.values())

    def _receive(self, timeout_s: float) -> None:
        """Take in new workers and their requests, and forget those that left."""
        for ready in wait([self._listener, *self._idle, *self._waiting], timeout_s):
            if not isinstance(ready, Connection):
                self._idle.add(Connection(self._listener.accept()[0].detach()))
                continue
            try:
                request = Request.read(ready.recv_bytes())
            except (EOFError, OSError):
                self._forget(ready)
            else:
                self._idle.discard(ready)
                self._waiting[ready] = (time.monotonic(), request)

    def _forget(self, connection: Connection) -> None:
        connection.close()
        self._waiting.pop(connection, None)
        self._idle.discard(connection)
        self._expected.discard(connection)

    def _is_due(self) -> bool:
        if not self._waiting:
            return False
        if len(self._waiting) >= self._most or not self._expected - self._waiting.keys():
            return True
        return time.monotonic() - self._first_s() >= self._patience_s

    def _batch(self) -> list[Connection]:
        """Choose what to compute next: those that have waited longest, and what ended a server alone."""
        again = [connection for connection, (_, request) in self._waiting.items() if request.attempt]
        if again:
            # One of them ended it, and will again. A random order lets most of the others get their answer first.
            return [random.choice(again)]
        order = sorted(self._waiting, key=lambda connection: self._waiting[connection][0])
        return order[: self._most]

    def _answer(self, batch: list[Connection]) -> None:
        start_s = time.monotonic()
        cells = [self._waiting[connection][1].cell for connection in batch]
        for connection, reply in zip(batch, self._replies(cells), strict=True):
            try:
                connection.send_bytes(reply.packed())
            except OSError:
                self._forget(connection)
            else:
                del self._waiting[connection]
                self._idle.add(connection)
        self._expected = set(batch) & self._idle
        self._patience_s = min(_PATIENCE * (time.monotonic() - start_s), _LONGEST_WAIT_S)

    def _replies(self, cells: list[Cell]) -> list[Reply]:
        """Compute cells; where that fails, by halves down to the one cell that it fails for."""
        start_s = time.process_time()
        try:
            answers = self._compute(cells)
        except Exception as error:
            if len(cells) == 1:
                return [_failed(error)]
            if _is_out_of_memory(error):
                self._most = max(1, len(cells) // 2)
                LOG.warning("%d cells do not fit into memory: at most %d from now on", len(cells), self._most)
            half = len(cells) // 2
            return self._replies(cells[:half]) + self._replies(cells[half:])
        seconds = time.process_time() - start_s
        ions = sum(len(cell.numbers) for cell in cells)
        return [
            Reply(answer, core_seconds=seconds * len(cell.numbers) / ions)
            for cell, answer in zip(cells, answers, strict=True)
        ]


def _failed(error: Exception) -> Reply:
    text = str(error) if isinstance(error, IonSieveError) else f"{type(error).__name__}: {error}"
    return Reply(None, error=text, user_error=isinstance(error, IonSieveError))


def _is_out_of_memory(error: Exception) -> bool:
    return isinstance(error, MemoryError) or "out of memory" in str(error).lower()


def _load(settings: AseSettings) -> ComputesMany:
    calculator = build_calculator(settings)
    if isinstance(calculator, WorksInFolder | WorksOnStructure):
        raise IonSieveError(f"{settings.calculator} cannot be shared between workers (fix: cells_at_once: 1)")
    return computer_of(calculator)


def _refusing(error: Exception) -> ComputesMany:
    def refuse(_cells: object) -> list[Answer]:
        raise error

    return refuse


@contextlib.contextmanager
def listening(path: Path) -> Iterator[socket.socket]:
    """Listen on a unix socket, whose file goes away afterwards."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
        path.unlink(missing_ok=True)
        listener.bind(str(path))
        listener.listen(_BACKLOG)
        try:
            yield listener
        finally:
            path.unlink(missing_ok=True)


def main(arguments: list[str]) -> None:
    """Serve on the socket that is given until no worker is left; the engine's settings come as JSON."""
    path, settings_json = arguments
    settings = AseSettings.model_validate_json(settings_json)
    with listening(Path(path)) as listener:
        try:
            compute = _load(settings)
        except Exception as error:
            compute = _refusing(error)
        server = Server(listener, compute, settings.cells_at_once)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGUSR1):
            signal.signal(number, server.end_without_workers)
        server.serve()


if __name__ == "__main__":
    logging.basicConfig(format="%(asctime)s %(message)s")
    main(sys.argv[1:])
