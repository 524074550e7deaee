"""MD segments of an ASE calculator: joined, killed and continued at will."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from pymatgen.core import Structure

from ewald.errors import CheckpointError
from screening.trajectory.segment_file import partial_path, segment_path, state_path
from workflows.engines.checkpoint import read_arrays
from workflows.engines.engine import MDSegmentJob
from workflows.engines.errors import EngineError, FailureReason

ROOT = Path(__file__).parents[4]


def positions(job: MDSegmentJob, segments: int) -> tuple[np.ndarray, np.ndarray]:
    files = [read_arrays(segment_path(job.folder, index)) for index in range(segments)]
    return np.concatenate([f["step"] for f in files]), np.concatenate([f["positions_A"] for f in files])


def whole_run(engine, structure: Structure, job: MDSegmentJob, segments: int) -> None:
    for index in range(segments):
        assert engine.run_segment(structure, job.model_copy(update={"index": index})).complete


def test_segments_join_without_double_or_missing_frames(toy_engine, rocksalt: Structure, job: MDSegmentJob):
    whole_run(toy_engine, rocksalt, job, 3)
    step, joined = positions(job, 3)
    assert step.tolist() == list(range(0, 121, 4))
    assert np.abs(np.diff(joined, axis=0)).max() < 0.5
    long = job.model_copy(update={"folder": job.folder.parent / "one", "steps": 120})
    toy_engine.run_segment(rocksalt, long)
    assert np.array_equal(joined, positions(long, 1)[1])


@pytest.mark.parametrize("thermostat", ["nose-hoover", "langevin"])
def test_walltime_stops_go_on_to_the_bit(toy_engine, rocksalt: Structure, job: MDSegmentJob, thermostat: str):
    job = job.model_copy(update={"thermostat": thermostat})
    stopped = job.model_copy(update={"folder": job.folder.parent / "stopped", "walltime_s": 0.01})
    whole_run(toy_engine, rocksalt, job, 1)
    results = []
    while not results or not results[-1].complete:
        results.append(toy_engine.run_segment(rocksalt, stopped))
        assert len(results) < 1000
    assert len(results) > 2
    assert {r.ended for r in results[:-1]} == {"walltime"}
    for one, other in zip(positions(job, 1), positions(stopped, 1), strict=True):
        assert np.array_equal(one, other)


def test_sigterm_ends_with_a_checkpoint_and_restores_the_handler(toy_engine, rocksalt: Structure, job: MDSegmentJob):
    before = signal.getsignal(signal.SIGTERM)
    long = job.model_copy(update={"steps": 200_000})
    threading.Timer(1.0, os.kill, (os.getpid(), signal.SIGTERM)).start()
    segment = toy_engine.run_segment(rocksalt, long)
    assert segment.ended == "signal"
    assert not segment.complete
    assert partial_path(job.folder, 0).exists()
    assert signal.getsignal(signal.SIGTERM) is before


KILLED = """
import sys
from pathlib import Path
from pymatgen.core import Structure
from screening.campaign.execution import EngineChoice
from workflows.engines.engine import MDSegmentJob
from workflows.engines.registry import load_engine
folder = Path(sys.argv[1])
engine = load_engine(EngineChoice(preset="toy", settings={"checkpoint_every_s": 0.0, "stability_steps": 0}))
structure = Structure.from_file(folder / "start.json")
for index in range(3):
    job = MDSegmentJob.model_validate_json((folder / "job.json").read_text()).model_copy(update={"index": index})
    print("start", flush=True)
    engine.run_segment(structure, job)
print("end", flush=True)
"""


@pytest.mark.chaos
def test_kill_9_at_any_moment_gives_the_same_trajectory(toy_engine, rocksalt: Structure, job: MDSegmentJob):
    job = job.model_copy(update={"steps": 400})
    whole_run(toy_engine, rocksalt, job, 3)
    killed = job.model_copy(update={"folder": job.folder.parent / "killed"})
    killed.folder.mkdir()
    rocksalt.to(str(killed.folder / "start.json"))
    (killed.folder / "job.json").write_text(killed.model_dump_json())
    random, kills = np.random.default_rng(5), 0
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    for attempt in range(40):
        command = [sys.executable, "-c", KILLED, str(killed.folder)]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)
        process.stdout.readline()
        if attempt < 6:
            time.sleep(random.uniform(0.05, 0.6))
            process.kill()
        process.communicate()
        kills += process.returncode == -signal.SIGKILL
        if process.returncode == 0:
            break
    assert kills >= 3
    for one, other in zip(positions(job, 3), positions(killed, 3), strict=True):
        assert np.array_equal(one, other)


def test_bit_flips_are_noticed(toy_engine, rocksalt: Structure, job: MDSegmentJob):
    whole_run(toy_engine, rocksalt, job, 1)
    sound = positions(job, 1)[1]
    state = state_path(job.folder, 0)
    _flip(state, "state_velocities")
    with pytest.raises(CheckpointError, match="damaged"):
        toy_engine.run_segment(rocksalt, job.model_copy(update={"index": 1}))
    _flip(segment_path(job.folder, 0), "total_eV")
    with pytest.raises(CheckpointError, match="missing or was changed"):
        toy_engine.run_segment(rocksalt, job)
    fresh = job.model_copy(update={"folder": job.folder.parent / "fresh"})
    toy_engine.run_segment(rocksalt, fresh.model_copy(update={"walltime_s": 0.005}))
    _flip(partial_path(fresh.folder, 0), "positions_A")
    segment = toy_engine.run_segment(rocksalt, fresh)
    # What happened to a file is for the log: the results are those of an undisturbed run, and so are their warnings.
    assert not any("damaged" in warning for warning in segment.warnings)
    assert np.array_equal(positions(fresh, 1)[1], sound)


def _flip(path: Path, name: str) -> None:
    content = bytearray(path.read_bytes())
    content[content.index(np.load(path)[name].tobytes()) + 3] ^= 0x10
    path.write_bytes(content)


def test_another_run_is_not_continued(toy_engine, rocksalt: Structure, job: MDSegmentJob):
    whole_run(toy_engine, rocksalt, job, 1)
    for change in ({"temperature_K": 700.0}, {"timestep_fs": 1.0}, {"seed": 4}):
        with pytest.raises(CheckpointError, match="other settings"):
            toy_engine.run_segment(rocksalt, job.model_copy(update={"index": 1, **change}))
    with pytest.raises(CheckpointError, match="not finished"):
        toy_engine.run_segment(rocksalt, job.model_copy(update={"index": 5}))


def test_explosion_is_an_error_that_names_the_step(toy_engine, rocksalt: Structure, job: MDSegmentJob):
    with pytest.raises(EngineError, match="use a time step below 60 fs") as caught:
        toy_engine.run_segment(rocksalt, job.model_copy(update={"timestep_fs": 60.0, "steps": 200}))
    assert caught.value.reason is FailureReason.EXPLODED


def test_full_disk_keeps_the_last_checkpoint(toy_engine, rocksalt: Structure, job: MDSegmentJob, monkeypatch):
    toy_engine.run_segment(rocksalt, job.model_copy(update={"walltime_s": 0.005}))
    before = partial_path(job.folder, 0).read_bytes()

    def full(_descriptor):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(EngineError) as caught:
            toy_engine.run_segment(rocksalt, job)
    assert caught.value.reason is FailureReason.DISK_FULL
    assert partial_path(job.folder, 0).read_bytes() == before
    assert not list(job.folder.glob("*.tmp"))
    assert toy_engine.run_segment(rocksalt, job).complete
