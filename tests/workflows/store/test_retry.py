"""A database that is away is waited for, and nothing else is."""

import pytest
from pymongo.errors import AutoReconnect

from workflows.store import retry
from workflows.store.retry import retried


@pytest.fixture
def clock(monkeypatch):
    """Time that goes by only while somebody sleeps; returns the pauses."""
    pauses = []
    monkeypatch.setattr(retry.time, "monotonic", lambda: float(sum(pauses)))
    monkeypatch.setattr(retry.time, "sleep", pauses.append)
    return pauses


def failing(times, error=AutoReconnect):
    left = [error("away")] * times

    @retried
    def work(value, *, more):
        if left:
            raise left.pop()
        return value, more

    return work


def test_the_operation_is_repeated_with_growing_pauses(clock):
    assert failing(8)(1, more=2) == (1, 2)
    assert clock == sorted(clock)
    assert (clock[0], clock[-1]) == (0.1, 5.0)


def test_in_the_end_it_is_an_error(clock):
    with pytest.raises(AutoReconnect):
        failing(10**6)(1, more=2)
    assert retry._RETRY_FOR_S < sum(clock) <= retry._RETRY_FOR_S + 5.0


def test_other_errors_are_passed_on_at_once(clock):
    with pytest.raises(ValueError, match="away"):
        failing(1, ValueError)(1, more=2)
    assert clock == []
