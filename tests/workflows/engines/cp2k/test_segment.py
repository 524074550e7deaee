"""MD segments with CP2K, against a stand-in that writes the files of a run: whole, cut short, or failed."""

import re

import numpy as np
import pytest

from screening.trajectory.segment_file import partial_path, segment_path
from workflows.engines.checkpoint import read_arrays
from workflows.engines.cp2k import inputs, outputs
from workflows.engines.cp2k.launch import Launcher
from workflows.engines.cp2k.segment import Cp2kSegment
from workflows.engines.errors import EngineError, FailureReason

RESTART = " &MOTION\n   &MD\n     STEP_START_VAL  {0}\n   &END MD\n &END MOTION\n &FORCE_EVAL\n &END FORCE_EVAL\n"


class StandIn:
    """Writes what CP2K would; `most` steps a run, then it `ends`: by itself, stopped, or with an unconverged SCF."""

    def __init__(self):
        self.most, self.ends, self.temperature_K, self.lost_frames = 10**6, "itself", "600.0", 0
        self.runs = []

    def __call__(self, text, folder):
        first = outputs.restart_step(folder / inputs.RESTART_FILE) or 0
        done = min(int(re.search(r"STEPS (\d+)", text)[1]), self.most)
        self.runs.append((first, done, float(re.search(r"ALPHA (\S+)", text)[1])))
        last = first + done
        with (folder / "run-pos-1.xyz").open("w") as xyz, (folder / "run-1.ener").open("w") as ener:
            for step in range(first, last + 1 - self.lost_frames):
                xyz.write(f"8\n i = {step}, time = 1.0, E = -1.0\n" + f" X {step} 0.0 0.0\n" * 8)
                ener.write(f" {step} 0.0 0.1 {self.temperature_K} -1.0 -0.9 1.0\n")
        (folder / "run-1.restart").write_text(RESTART.format(last))
        said = "SCF run NOT converged\n" if self.ends == "scf" else ""
        (folder / "run.out").write_text(f"{said}PROGRAM ENDED AT\n")
        if self.ends == "stopped":
            raise EngineError(FailureReason.STOPPED, "stopped")


@pytest.fixture
def cp2k(monkeypatch):
    stand_in = StandIn()

    def started(launcher, text, folder, stop):
        stand_in(text, folder)

    monkeypatch.setattr(Launcher, "run", started)
    return stand_in


@pytest.fixture
def run(cp2k, settings, rocksalt):
    return lambda job: Cp2kSegment(rocksalt, job, settings, "energy").go()


def whole_steps(job, index=0):
    arrays = read_arrays(segment_path(job.folder, index))
    # The ions' place tells the step at which the frame was taken.
    assert arrays["positions_A"][:, 0, 0].tolist() == arrays["step"].tolist()
    return arrays["step"].tolist()


def test_segments_join_without_a_frame_twice_or_none(run, cp2k, job):
    assert run(job).complete
    assert run(job.model_copy(update={"index": 1})).complete
    assert whole_steps(job) + whole_steps(job, 1) == list(range(0, 81, 4))
    assert [(first, done) for first, done, _ in cp2k.runs] == [(0, 40), (40, 40)]
    run(job)
    assert len(cp2k.runs) == 2


@pytest.mark.parametrize("after", [1, 7, 39])
def test_a_stopped_segment_goes_on_from_its_restart_file(run, cp2k, job, after):
    cp2k.most, cp2k.ends = after, "stopped"
    stopped = run(job)
    assert (stopped.complete, stopped.ended, stopped.steps) == (False, "signal", after)
    assert partial_path(job.folder, 0).exists()
    cp2k.most, cp2k.ends = 10**6, "itself"
    assert run(job).complete
    assert whole_steps(job) == list(range(0, 41, 4))
    assert [(first, done) for first, done, _ in cp2k.runs] == [(0, after), (after, 40 - after)]
    assert not partial_path(job.folder, 0).exists()


def test_an_attempt_whose_frames_are_lost_is_not_counted(run, cp2k, job):
    cp2k.most, cp2k.ends, cp2k.lost_frames = 8, "stopped", 1
    assert run(job).steps == 0
    cp2k.most, cp2k.ends, cp2k.lost_frames = 10**6, "itself", 0
    assert run(job).complete
    assert whole_steps(job) == list(range(0, 41, 4))


def test_a_run_that_ends_at_its_walltime_is_no_error_and_any_other_early_end_is(run, cp2k, job):
    cp2k.most = 12
    timed = run(job.model_copy(update={"walltime_s": 1e6}))
    assert (timed.ended, timed.steps) == ("walltime", 12)
    with pytest.raises(EngineError) as caught:
        run(job)
    assert caught.value.reason is FailureReason.TRUNCATED


def test_an_unconverged_scf_is_met_with_gentler_mixing_and_given_up_in_the_end(run, cp2k, job):
    cp2k.ends = "scf"
    with pytest.raises(EngineError) as caught:
        run(job)
    assert caught.value.reason is FailureReason.SCF
    mixing = [alpha for _, _, alpha in cp2k.runs]
    assert len(mixing) == len(inputs.RECOVERY)
    assert (np.diff(mixing) < 0).all()


@pytest.mark.parametrize(
    ("temperature_K", "reason"),
    [("7000.1", FailureReason.EXPLODED), ("NaN", FailureReason.NOT_A_NUMBER), ("6999.9", None)],
)
def test_temperatures_that_cannot_be(run, cp2k, job, temperature_K, reason):
    cp2k.temperature_K = temperature_K
    if reason is None:
        assert run(job).complete
        return
    with pytest.raises(EngineError) as caught:
        run(job)
    assert caught.value.reason is reason
