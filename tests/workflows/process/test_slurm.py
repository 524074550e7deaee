"""Asking SLURM about jobs, with stand-ins for its commands; tests/external asks a real one."""

import pytest

from workflows.process import slurm
from workflows.process.slurm import Queue, Submitter, ask_queue

ME = Submitter("me", "here")
INVALID = 'echo "slurm_load_jobs error: Invalid job id specified" >&2; exit 1'


@pytest.fixture
def program(tmp_path, monkeypatch):
    """Put programs in the place of SLURM's commands."""
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin")
    monkeypatch.delenv("SLURM_CLUSTER_NAME", raising=False)
    monkeypatch.setattr(slurm, "TIMEOUT_S", 2.0)

    def write(name, text):
        path = tmp_path / name
        path.write_text(f"#!/bin/sh\n{text}\n")
        path.chmod(0o755)

    return write


def test_numbers_of_all_jobs_and_the_name_of_the_cluster(program, tmp_path):
    program("squeue", f'echo "$@" > {tmp_path}/asked; echo 12; echo " 345 "')
    program("scontrol", 'echo "Configuration data"; echo "ClusterName             = big"')
    found = ask_queue()
    assert found.jobs == {12, 345}
    assert found.asker.cluster == "big"
    assert (tmp_path / "asked").read_text().split() == ["--all", "--noheader", "--format", "%A"]


@pytest.mark.parametrize(
    "text", ['echo 12; echo "slurm_load_jobs error: Unable to contact slurm controller" >&2; exit 1', "exec sleep 30"]
)
def test_no_answer_is_not_taken_for_an_empty_queue(program, text):
    program("squeue", text)
    assert ask_queue() is None


def test_without_slurm_nobody_is_asked(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert ask_queue() is None


def test_a_listed_job_lives(program):
    assert Queue(frozenset({7}), ME).ended(7, ME) is False


@pytest.mark.parametrize(
    ("text", "ended"),
    [
        ("echo JobId=7 JobName=x JobState=RUNNING Reason=None", False),
        ("echo JobId=7 JobName=x JobState=COMPLETED Reason=None", True),
        ("echo JobId=7 JobName=x JobState=NODE_FAIL", True),
        (INVALID, True),
        ('echo "Unable to contact slurm controller" >&2; exit 1', None),
        ("true", None),
        ("exec sleep 30", None),
    ],
)
def test_a_job_that_the_list_leaves_out_is_asked_for_by_its_number(program, text, ended):
    program("scontrol", text)
    assert Queue(frozenset({8}), ME).ended(7, ME) is ended


@pytest.mark.parametrize("submitter", [Submitter("other", "here"), Submitter("me", "elsewhere")])
def test_jobs_of_other_users_and_clusters_may_be_hidden(program, submitter):
    """`PrivateData=jobs` answers with an empty list, and another cluster with the jobs that it has."""
    program("scontrol", INVALID)
    assert Queue(frozenset(), ME).ended(7, submitter) is None
    assert Queue(frozenset({8}), ME).ended(7, submitter) is None


def test_an_empty_list_proves_nothing_about_a_job_of_unknown_origin(program):
    program("scontrol", INVALID)
    assert Queue(frozenset(), ME).ended(7, Submitter()) is None
    assert Queue(frozenset({8}), ME).ended(7, Submitter()) is True


def test_root_sees_all_jobs(program):
    program("scontrol", INVALID)
    assert Queue(frozenset({8}), Submitter("root", "here")).ended(7, Submitter("other", "here")) is True
