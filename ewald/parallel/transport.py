"""How the processes of one run reach each other: not at all (one process), or through MPI.

The only shared state is a counter, from which processes claim work, and a threshold, which only ever falls. Under MPI
both live in a window of rank 0 that the others reach by one-sided atomic operations, so that no rank serves the others.
"""

import os
import threading
from collections.abc import Callable
from typing import Any, Protocol

import numpy as np

from ewald.errors import DependencyError, UserError, install_extra

# How launchers tell a process how many were started. A process that finds itself alone although more were asked for
# would do all the work over again, next to its silent copies.
_LAUNCHED_SIZE = ("OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "PMIX_SIZE", "SLURM_STEP_NUM_TASKS", "MV2_COMM_WORLD_SIZE")


class Transport(Protocol):
    """What the scheduler needs of a group of processes."""

    rank: int
    size: int

    def claim(self) -> int:
        """Take the next number of a counter that all processes share; it starts at zero."""

    def share_threshold(self, value: float) -> float:
        """Lower the shared threshold to ``value`` if that is less, and return what it is then."""

    def broadcast(self, value: Any) -> Any:
        """Return rank 0's value on every rank."""

    def gather(self, value: Any) -> list[Any]:
        """Return the values of all ranks, in their order, on every rank."""

    def reduce(self, data: bytes, merge: Callable[[bytes, bytes], bytes]) -> bytes:
        """Merge every rank's bytes pairwise, and return the result on every rank."""

    def close(self) -> None:
        """Wait for the other processes and release what is shared."""


class LocalTransport:
    """A single process; its threads share the counter and the threshold."""

    rank = 0
    size = 1

    def __init__(self) -> None:
        self._next = 0
        self._threshold = float("inf")
        self._lock = threading.Lock()

    def claim(self) -> int:
        """Take the next number of the counter."""
        with self._lock:
            self._next += 1
            return self._next - 1

    def share_threshold(self, value: float) -> float:
        """Lower the threshold."""
        with self._lock:
            self._threshold = min(self._threshold, value)
            return self._threshold

    def broadcast(self, value: Any) -> Any:
        """Return the value."""
        return value

    def gather(self, value: Any) -> list[Any]:
        """Return the one value."""
        return [value]

    def reduce(self, data: bytes, merge: Callable[[bytes, bytes], bytes]) -> bytes:  # noqa: ARG002
        """Return the bytes: there is nothing to merge them with."""
        return data

    def close(self) -> None:
        """Do nothing."""


class MpiTransport:
    """The ranks of an mpi4py communicator.

    Parameters
    ----------
    comm
        ``mpi4py.MPI.COMM_WORLD`` or a part of it; all its ranks must make the transport together.
    """

    def __init__(self, comm: Any) -> None:
        from mpi4py import MPI

        self._mpi = MPI
        self._comm = comm.Dup()
        self.rank = self._comm.Get_rank()
        self.size = self._comm.Get_size()
        self._lock = threading.Lock()
        self._counter = self._window(np.dtype(np.int64), 0)
        self._threshold = self._window(np.dtype(np.float64), np.inf)
        self._comm.Barrier()
        self._counter.Lock_all()
        self._threshold.Lock_all()

    def _window(self, kind: np.dtype[Any], start: float) -> Any:
        items = 1 if self.rank == 0 else 0
        window = self._mpi.Win.Allocate(8 * items, 8, comm=self._comm)
        if self.rank == 0:
            window.Lock(0)
            memory: Any = window.tomemory()
            np.frombuffer(memory, dtype=kind)[:] = start
            window.Unlock(0)
        return window

    def _atomic(self, window: Any, value: Any, operation: Any) -> Any:
        result = np.empty_like(value)
        with self._lock:
            window.Fetch_and_op(value, result, 0, 0, operation)
            window.Flush(0)
        return result[0]

    def claim(self) -> int:
        """Take the next number of the counter."""
        return int(self._atomic(self._counter, np.ones(1, dtype=np.int64), self._mpi.SUM))

    def share_threshold(self, value: float) -> float:
        """Lower the threshold."""
        mine = np.array([value])
        return min(value, float(self._atomic(self._threshold, mine, self._mpi.MIN)))

    def broadcast(self, value: Any) -> Any:
        """Return rank 0's value."""
        return self._comm.bcast(value)

    def gather(self, value: Any) -> list[Any]:
        """Return every rank's value."""
        return list(self._comm.allgather(value))

    def reduce(self, data: bytes, merge: Callable[[bytes, bytes], bytes]) -> bytes:
        """Merge along a binomial tree, log2(size) messages deep; then hand the result to all."""
        step = 1
        while step < self.size:
            if self.rank % (2 * step):
                self._comm.send(data, dest=self.rank - step)
                break
            if self.rank + step < self.size:
                data = merge(data, self._comm.recv(source=self.rank + step))
            step *= 2
        return self._comm.bcast(data)

    def close(self) -> None:
        """Wait for the other ranks and free the windows."""
        for window in (self._counter, self._threshold):
            window.Unlock_all()
            window.Free()
        self._comm.Free()

    def abort(self) -> None:
        """Stop all ranks at once: one of them failed, and the others would wait for it for ever."""
        self._comm.Abort(1)


def open_transport(comm: Any = None) -> LocalTransport | MpiTransport:
    """Make the transport of a communicator, or of this process alone.

    Parameters
    ----------
    comm
        An mpi4py communicator, or None.

    Raises
    ------
    UserError
        If the launcher started more processes than the communicator knows of.
    """
    check_launcher(1 if comm is None else comm.Get_size(), comm is not None)
    if comm is None or comm.Get_size() == 1:
        return LocalTransport()
    return MpiTransport(comm)


def world_communicator() -> Any:
    """Return ``COMM_WORLD`` when this process was started by an MPI launcher, else None (MPI is not even loaded).

    Raises
    ------
    DependencyError
        If a launcher started several processes and mpi4py is not installed.
    """
    if _launched_size() <= 1:
        return None
    try:
        from mpi4py import MPI
    except ImportError as error:
        raise DependencyError(
            "several processes were started, but mpi4py is not installed", fix=install_extra("mpi")
        ) from error
    return MPI.COMM_WORLD


def _launched_size() -> int:
    """Read how many processes an MPI launcher says it started; 1 without a launcher."""
    sizes = [os.environ.get(name, "") for name in _LAUNCHED_SIZE]
    return max((int(size) for size in sizes if size.isdigit()), default=1)


def check_launcher(size: int, has_comm: bool) -> None:
    """Refuse to run as one of several copies that do not know of each other.

    Raises
    ------
    UserError
        If more processes were launched than take part.
    """
    if has_comm and _launched_size() > size == 1:
        raise UserError(
            f"{_launched_size()} processes were started, but MPI sees only one: each would do all the work",
            field="MPI",
            fix="start with the mpiexec that belongs to mpi4py's MPI library, or with srun --mpi=pmi2 (or pmix)",
        )
