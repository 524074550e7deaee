"""MPI, database, queue."""

import shutil
from pathlib import Path

import pytest

from workflows.doctor.finding import State
from workflows.doctor.services import machine, mpi, own_database, private_database, queue


def script(folder: Path, name: str, text: str) -> None:
    file = folder / name
    file.write_text(f"#!/bin/sh\n{text}\n")
    file.chmod(0o755)


@pytest.mark.mpi
def test_two_ranks_meet():
    pytest.importorskip("mpi4py", reason="mpi4py is not installed (IonSieve's extra mpi)")
    assert shutil.which("mpiexec")
    found = mpi()
    assert (found.state, "two ranks meet" in found.detail) == (State.OK, True)


@pytest.mark.mpi
def test_a_launcher_of_another_mpi_is_told(tmp_path, monkeypatch):
    pytest.importorskip("mpi4py", reason="mpi4py is not installed (IonSieve's extra mpi)")
    script(tmp_path, "mpiexec", 'shift 2; "$@"; "$@"')
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    found = mpi()
    assert (found.state, "do not see each other" in found.detail) == (State.NOT_SET_UP, True)


def test_a_queue_that_does_not_answer_is_no_queue(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert queue().state is State.MISSING
    script(tmp_path, "sbatch", "exit 0")
    script(tmp_path, "squeue", "exit 1")
    assert queue().state is State.NOT_SET_UP
    script(tmp_path, "squeue", "exit 0")
    script(tmp_path, "scontrol", "echo 'ClusterName = fast'")
    found = queue()
    assert (found.state, "fast" in found.detail) == (State.OK, True)


def test_a_server_program_that_does_not_start_is_told(tmp_path, monkeypatch):
    script(tmp_path, "mongod", "exit 1")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert private_database().state is State.NOT_SET_UP
    script(tmp_path, "mongod", "echo 'db version v7.0.1'")
    assert "v7.0.1" in private_database().detail


@pytest.mark.mongod
def test_the_server_of_fireworks_own_file_is_tried(launchpad_file, tmp_path, monkeypatch):
    monkeypatch.setattr("fireworks.fw_config.LAUNCHPAD_LOC", str(launchpad_file))
    assert [found.state for found in own_database()] == [State.OK]
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text("name: x\n")
    monkeypatch.setattr("fireworks.fw_config.LAUNCHPAD_LOC", str(wrong))
    assert [found.state for found in own_database()] == [State.NOT_SET_UP]


def test_the_machine_is_counted():
    assert "cores" in machine().detail


def test_an_mpi4py_without_a_library_is_told_apart_from_none(monkeypatch):
    monkeypatch.setattr("workflows.doctor.services._run", lambda _: None)
    monkeypatch.setattr("workflows.doctor.services.find_spec", lambda _: None)
    assert (mpi().state, "extra mpi" in mpi().fix) == (State.MISSING, True)
    monkeypatch.setattr("workflows.doctor.services.find_spec", lambda name: name)
    assert (mpi().state, "LD_LIBRARY_PATH" in mpi().fix) == (State.NOT_SET_UP, True)
