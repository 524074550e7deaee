"""Work stops before the queue ends its job, on a signal, and at its own limit."""

import signal
import time

import pytest

from workflows.process.job_time import time_is_up
from workflows.process.stop import StopRequest


@pytest.fixture(autouse=True)
def outside_of_queues(monkeypatch):
    for name in ("IONSIEVE_JOB_END", "SLURM_JOB_END_TIME", "IONSIEVE_STOP_EARLY_S"):
        monkeypatch.delenv(name, raising=False)


def ends_in(seconds):
    return str(int(time.time() + seconds))


def test_the_end_of_the_job_is_a_walltime(monkeypatch):
    monkeypatch.setenv("SLURM_JOB_END_TIME", ends_in(30))
    assert time_is_up()
    with StopRequest(1000) as stop:
        assert stop.reason == "walltime"


def test_the_earlier_limit_counts(monkeypatch):
    monkeypatch.setenv("SLURM_JOB_END_TIME", ends_in(1000))
    with StopRequest(0) as stop:
        assert stop.reason == "walltime"
    with StopRequest(None) as stop:
        assert stop.reason is None
    assert not time_is_up()


@pytest.mark.parametrize("number", StopRequest.SIGNALS)
def test_signals_of_queues_and_people(number):
    before = signal.getsignal(number)
    with StopRequest() as stop:
        signal.raise_signal(number)
        assert stop.reason == "signal"
    assert signal.getsignal(number) is before
