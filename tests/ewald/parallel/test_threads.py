"""Numbered work on threads: every number once, results in order."""

import threading
from collections import Counter

import pytest

from ewald.parallel.threads import run_numbered


@pytest.mark.parametrize("workers", [1, 2, 7, None])
@pytest.mark.parametrize("count", [0, 1, 2, 50])
def test_results_are_in_order_and_every_number_is_run_once(count, workers):
    seen = []
    assert run_numbered(lambda n: seen.append(n) or n * n, count, workers) == [n * n for n in range(count)]
    assert Counter(seen) == Counter(range(count))


def test_threads_work_at_the_same_time():
    # Neither gets past the barrier alone.
    barrier = threading.Barrier(2)
    assert run_numbered(lambda n: barrier.wait(timeout=30) >= 0, 2, 2) == [True, True]


def test_one_worker_stays_in_the_thread_that_called():
    assert run_numbered(lambda n: threading.get_ident(), 3, 1) == [threading.get_ident()] * 3


@pytest.mark.parametrize("workers", [1, 3])
def test_a_piece_that_fails_is_an_error_of_the_whole(workers):
    with pytest.raises(ZeroDivisionError):
        run_numbered(lambda n: 1 // (n - 4), 9, workers)
