"""Run numbered pieces of work on threads; the compiled kernels release the interpreter's lock."""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Result = TypeVar("Result")


def threads_of(workers: int | None) -> int:
    """Return how many threads are meant: so many, or one for each core that this process may use.

    Examples
    --------
    >>> threads_of(3)
    3
    """
    return workers or len(os.sched_getaffinity(0))


def run_numbered(run: Callable[[int], Result], count: int, workers: int | None) -> list[Result]:
    """Results of ``run(0)`` to ``run(count - 1)``, in that order; started in that order too.

    Parameters
    ----------
    run
        Does one piece of work.
    count
        How many there are.
    workers
        Number of threads; None for all cores that this process may use.
    """
    threads = min(count, threads_of(workers))
    if threads <= 1:
        return [run(number) for number in range(count)]
    with ThreadPoolExecutor(threads) as executor:
        return list(executor.map(run, range(count)))
