"""Shares out work units among threads and processes, whatever they search for.

Units are handed out in chunks that shrink as the work runs out (factoring: S. F. Hummel, E. Schonberg, L. E. Flynn,
Commun. ACM 35(8), 90 (1992)). The chunks follow from the number of units and workers alone, so that a worker needs one
number to know its next chunk; the first one it knows without asking. What units find adds up exactly in any order, so
the result does not depend on who did what.
"""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from ewald.errors import UserError
from ewald.parallel.checkpoint import Checkpoint, Journal
from ewald.parallel.progress import ProgressLine
from ewald.parallel.transport import MpiTransport, Transport, open_transport

Part = TypeVar("Part")


class Work(Protocol[Part]):
    """A search divided into units that can be done in any order, by any process."""

    @property
    def units(self) -> int:
        """Number of units."""

    def size(self, unit: int) -> int:
        """How much work a unit is; for progress only.

        Parameters
        ----------
        unit
            Number of the unit, from 0.
        """

    def run(self, unit: int, threshold: Callable[[], float]) -> Part:
        """Do one unit; ``threshold()`` is the energy in eV above which nothing matters any more, and may fall.

        Parameters
        ----------
        unit
            Number of the unit, from 0.
        threshold
            Returns the present threshold in eV.
        """

    def finished(self, part: Part) -> bool:
        """Whether the unit that gave this part is done with; one that stopped early is not checkpointed.

        Parameters
        ----------
        part
            Result of one unit.
        """

    def merge(self, left: Part, right: Part) -> Part:
        """Join two parts. Associative and commutative, to the last bit.

        Parameters
        ----------
        left, right
            Results of different units.
        """

    def threshold_of(self, part: Part) -> float:
        """Energy in eV above which nothing matters, as far as this part knows.

        Parameters
        ----------
        part
            Result of any units.
        """

    def best_of(self, part: Part) -> float:
        """Lowest energy in eV found in a part; for progress only.

        Parameters
        ----------
        part
            Result of any units.
        """

    def encode(self, part: Part) -> bytes:
        """Pack a part for the journal and for messages.

        Parameters
        ----------
        part
            Result of any units.
        """

    def decode(self, data: bytes) -> Part:
        """Unpack a part.

        Parameters
        ----------
        data
            What :meth:`encode` returned.
        """


def chunk_starts(units: int, workers: int) -> NDArray[np.int64]:
    """Boundaries of the chunks: chunk c is units ``starts[c]`` to ``starts[c + 1]`` (excluded).

    In every round each worker gets one chunk, and the round takes half of what is left.

    Examples
    --------
    >>> chunk_starts(20, 2)
    array([ 0,  5, 10, 13, 16, 17, 18, 19, 20])
    """
    sizes: list[NDArray[np.int64]] = []
    left = units
    while left > 0:
        size = max(-(-left // (2 * workers)), 1)
        number = min(workers, -(-left // size))
        sizes.append(np.full(number, size, dtype=np.int64))
        left -= size * number
    ends = np.cumsum(np.concatenate(sizes)) if sizes else np.zeros(0, dtype=np.int64)
    return np.minimum(np.concatenate([[0], ends]), units).astype(np.int64)


@dataclass(eq=False)
class _Shared:
    """What the workers of one process have in common."""

    transport: Transport
    part: Any = None
    pending: Any = None
    pending_units: list[int] = field(default_factory=list)
    threshold_eV: float = float("inf")
    done: float = 0.0
    stop: threading.Event = field(default_factory=threading.Event)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def threshold(self) -> float:
        """Return the latest threshold known to this process; never waits for others."""
        return self.threshold_eV


def execute(
    work: Work[Part],
    *,
    comm: Any = None,
    workers: int = 1,
    checkpoint: Checkpoint | None = None,
    resume: bool = False,
    progress: ProgressLine | None = None,
) -> tuple[Part | None, int]:
    """Do all units and merge what they found.

    Parameters
    ----------
    work
        The same on every rank.
    comm
        An mpi4py communicator whose ranks all call this; None for this process alone.
    workers
        Threads of this process (the work must release the interpreter lock).
    checkpoint, resume
        Where finished units are kept, and whether to use those of an earlier attempt.
    progress
        Shown by rank 0.

    Returns
    -------
    part
        The merged part, the same on every rank; None when there are no units.
    processes
        Number of ranks that took part.
    """
    transport = open_transport(comm)
    shared = _Shared(transport)
    units, journal = _remaining(work, shared, checkpoint, resume)
    try:
        part = _do_units(work, shared, units, workers=max(workers, 1), journal=journal, progress=progress)
    except BaseException:
        if isinstance(transport, MpiTransport):
            import traceback

            traceback.print_exc()
            transport.abort()
        raise
    transport.close()
    return part, transport.size


def _do_units(
    work: Work[Part],
    shared: _Shared,
    units: NDArray[np.int64],
    *,
    workers: int,
    journal: Journal | None,
    progress: ProgressLine | None,
) -> Part | None:
    transport = shared.transport
    starts = chunk_starts(len(units), transport.size * workers)
    shown = progress if transport.rank == 0 else None

    def worker(number: int) -> None:
        chunk = transport.rank * workers + number
        while chunk < len(starts) - 1 and not shared.stop.is_set():
            shared.threshold_eV = transport.share_threshold(shared.threshold_eV)
            for unit in units[starts[chunk] : starts[chunk + 1]]:
                if shared.stop.is_set():
                    return
                _do(work, shared, int(unit), journal)
                if shown and workers == 1:
                    _show(work, shared, shown, transport.size)
            chunk = transport.size * workers + transport.claim()

    if workers == 1:
        worker(0)
    else:
        _run_threads(worker, workers, shared, lambda: _show(work, shared, shown, transport.size))
    if journal:
        _write_pending(work, shared, journal)
        journal.close()
    if shown:
        shown.close()
    return _reduce(work, shared)


def _remaining(
    work: Work[Part], shared: _Shared, checkpoint: Checkpoint | None, resume: bool
) -> tuple[NDArray[np.int64], Journal | None]:
    """Units still to do, and this process's new journal; rank 0 takes over what earlier attempts have found."""
    finished: list[int] = []
    attempt, failure = 0, None
    if checkpoint and shared.transport.rank == 0:
        try:
            attempt, finished = _recover(work, shared, checkpoint, resume)
        except UserError as error:
            failure = error
    message = (failure, attempt, finished, shared.threshold_eV)
    failure, attempt, finished, shared.threshold_eV = shared.transport.broadcast(message)
    if failure:
        shared.transport.close()
        raise failure
    left = np.ones(work.units, dtype=bool)
    left[finished] = False
    journal = checkpoint.journal(attempt, shared.transport.rank) if checkpoint else None
    return np.flatnonzero(left).astype(np.int64), journal


def _recover(work: Work[Part], shared: _Shared, checkpoint: Checkpoint, resume: bool) -> tuple[int, list[int]]:
    """Tell the number of this attempt, and the units that earlier attempts have finished."""
    finished: set[int] = set()
    attempt = checkpoint.start(resume=resume)
    for units, content in checkpoint.records() if resume else ():
        if finished.isdisjoint(units):
            finished.update(units)
            part = work.decode(content)
            shared.part = part if shared.part is None else work.merge(shared.part, part)
    if shared.part is not None:
        shared.threshold_eV = work.threshold_of(shared.part)
        shared.done = sum(work.size(unit) for unit in finished)
    return attempt, sorted(finished)


def _do(work: Work[Part], shared: _Shared, unit: int, journal: Journal | None) -> None:
    found = work.run(unit, shared.threshold)
    with shared.lock:
        shared.part = found if shared.part is None else work.merge(shared.part, found)
        shared.threshold_eV = min(shared.threshold_eV, work.threshold_of(shared.part))
        shared.done += work.size(unit)
        if journal and work.finished(found):
            shared.pending = found if shared.pending is None else work.merge(shared.pending, found)
            shared.pending_units.append(unit)
            if journal.due:
                _write_pending(work, shared, journal)


def _write_pending(work: Work[Part], shared: _Shared, journal: Journal) -> None:
    if shared.pending_units:
        journal.append(shared.pending_units, work.encode(shared.pending))
        shared.pending, shared.pending_units = None, []


def _run_threads(worker: Callable[[int], None], workers: int, shared: _Shared, show: Callable[[], None]) -> None:
    """Run the workers in threads; the first failure stops the others at their next unit."""
    with ThreadPoolExecutor(workers) as pool:
        futures = [pool.submit(worker, number) for number in range(workers)]
        try:
            while wait(futures, timeout=0.2).not_done:
                show()
                if any(future.done() and future.exception() for future in futures):
                    break
        finally:
            if not all(future.done() for future in futures):
                shared.stop.set()
    for future in futures:
        future.result()


def _show(work: Work[Part], shared: _Shared, progress: ProgressLine | None, size: int) -> None:
    """Show what is done; other ranks are taken to be as far as this one."""
    if progress:
        best = float("inf") if shared.part is None else work.best_of(shared.part)
        progress.update(min(shared.done * size, progress.total or float("inf")), best)


def _reduce(work: Work[Part], shared: _Shared) -> Part | None:
    def merge(left: bytes, right: bytes) -> bytes:
        if not left or not right:
            return left or right
        return work.encode(work.merge(work.decode(left), work.decode(right)))

    if shared.transport.size == 1:
        return shared.part
    data = shared.transport.reduce(b"" if shared.part is None else work.encode(shared.part), merge)
    return work.decode(data) if data else None
