"""A finished segment is believed only when record, trajectory and run fit together."""

import numpy as np
import pytest

from ewald.errors import CheckpointError
from screening.trajectory.segment_file import FrameList, record_path, segment_path, state_path
from workflows.engines.checkpoint import write_arrays
from workflows.engines.segment_record import finish_segment, finished_segment, previous_state, run_key


@pytest.fixture
def key(job, rocksalt):
    return run_key(rocksalt, job, "energy")


@pytest.fixture
def finished(job, key):
    job.folder.mkdir(parents=True)
    frames = FrameList(np.eye(3) * 5, np.array([11, 16]), 600.0, 2.0)
    for step in range(0, 41, 4):
        frames.add(step, np.zeros((2, 3)), 600.0, -1.0, -1.0)
    return finish_segment(job, key, frames, {}, core_seconds=2.0, warnings=["w"])


def test_the_key_is_that_of_the_whole_run(job, rocksalt, key):
    same = job.model_copy(update={"index": 3, "steps": 7, "walltime_s": 9.0, "folder": job.folder / "x"})
    assert run_key(rocksalt, same, "energy") == key
    for changes in ({"temperature_K": 700.0}, {"timestep_fs": 1.0}, {"seed": 4}, {"thermostat": "langevin"}):
        assert run_key(rocksalt, job.model_copy(update=changes), "energy") != key
    assert run_key(rocksalt, job, "another") != key
    assert run_key(rocksalt, job, "energy", {"H": 2.0}) != key


def test_a_whole_segment_is_returned(job, key, finished):
    assert finished_segment(job, key) == finished
    assert finished.complete
    assert (finished.frames, finished.steps) == (11, 40)


def test_nothing_there_is_none(job, key):
    assert finished_segment(job, key) is None


def test_another_run_is_refused(job, finished):
    with pytest.raises(CheckpointError, match="another structure"):
        finished_segment(job, "other")


def test_another_length_is_refused(job, key, finished):
    with pytest.raises(CheckpointError, match="40 steps, not 41"):
        finished_segment(job.model_copy(update={"steps": 41}), key)


@pytest.mark.parametrize("damage", ["gone", "changed"])
def test_a_trajectory_that_changed_is_refused(job, key, finished, damage):
    path = segment_path(job.folder, 0)
    path.unlink() if damage == "gone" else path.write_bytes(path.read_bytes() + b"x")
    with pytest.raises(CheckpointError, match="missing or was changed"):
        finished_segment(job, key)


def test_a_damaged_record_is_refused(job, key, finished):
    path = record_path(job.folder, 0)
    path.write_text(path.read_text()[:-9])
    with pytest.raises(CheckpointError, match="damaged record"):
        finished_segment(job, key)


def test_the_state_before_must_be_there_and_of_the_same_run(job, key, tmp_path):
    second = job.model_copy(update={"index": 1})
    second.folder.mkdir(parents=True)
    with pytest.raises(CheckpointError, match="not finished"):
        previous_state(second, key)
    write_arrays(state_path(second.folder, 0), {"key": np.array(key), "x": np.arange(3)})
    assert previous_state(second, key)["x"].tolist() == [0, 1, 2]
    with pytest.raises(CheckpointError, match="another structure"):
        previous_state(second, "other")
