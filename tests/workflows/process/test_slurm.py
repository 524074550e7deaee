"""Asking SLURM about jobs, with stand-ins for squeue; tests/external asks a real one."""

import pytest

from workflows.process import slurm


@pytest.fixture
def squeue(tmp_path, monkeypatch):
    """Put a program called squeue in the place of all others."""
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin")
    monkeypatch.setattr(slurm, "TIMEOUT_S", 2.0)

    def write(text):
        program = tmp_path / "squeue"
        program.write_text(f"#!/bin/sh\n{text}\n")
        program.chmod(0o755)

    return write


def test_numbers_of_all_jobs(squeue, tmp_path):
    squeue(f'echo "$@" > {tmp_path}/asked; echo 12; echo " 345 "')
    assert slurm.living_jobs() == {12, 345}
    assert (tmp_path / "asked").read_text().split() == ["--all", "--noheader", "--format", "%A"]


def test_an_empty_queue_is_an_answer(squeue):
    squeue("true")
    assert slurm.living_jobs() == frozenset()


@pytest.mark.parametrize(
    "text", ['echo 12; echo "slurm_load_jobs error: Unable to contact slurm controller" >&2; exit 1', "exec sleep 30"]
)
def test_no_answer_is_not_taken_for_an_empty_queue(squeue, text):
    squeue(text)
    assert slurm.living_jobs() is None


def test_without_slurm_nobody_is_asked(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert slurm.living_jobs() is None
