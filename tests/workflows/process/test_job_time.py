"""When the job of the queue ends."""

import time

import pytest

from ewald.errors import UserError
from workflows.process.job_time import refuse_ended_job, seconds_left


@pytest.fixture(autouse=True)
def outside_of_queues(monkeypatch):
    for name in ("IONSIEVE_JOB_END", "SLURM_JOB_END_TIME", "IONSIEVE_STOP_EARLY_S"):
        monkeypatch.delenv(name, raising=False)


def ends_in(seconds):
    return str(int(time.time() + seconds))


@pytest.mark.parametrize("name", ["IONSIEVE_JOB_END", "SLURM_JOB_END_TIME"])
def test_the_queue_says_when_the_job_ends(name):
    assert seconds_left({name: ends_in(1000)}) == pytest.approx(940, abs=2)
    assert seconds_left({name: ends_in(1000), "IONSIEVE_STOP_EARLY_S": "300"}) == pytest.approx(700, abs=2)
    assert seconds_left({name: "soon"}) is None


def test_ours_goes_before_that_of_the_queue():
    both = {"IONSIEVE_JOB_END": ends_in(100), "SLURM_JOB_END_TIME": ends_in(1000), "IONSIEVE_STOP_EARLY_S": "0"}
    assert seconds_left(both) == pytest.approx(100, abs=2)


def test_a_job_that_ended_before_it_began_is_refused():
    refuse_ended_job({})
    refuse_ended_job({"IONSIEVE_JOB_END": str(int(time.time()) + 5)})
    with pytest.raises(UserError, match="IONSIEVE_JOB_END"):
        refuse_ended_job({"IONSIEVE_JOB_END": str(int(time.time()) - 5)})
