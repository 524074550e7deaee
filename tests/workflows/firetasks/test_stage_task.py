"""What every stage does with failures, with jobs that end too early and with workers of another release."""

import time

import pytest
from fireworks import FWorker
from fireworks.core.rocket_launcher import launch_rocket

from ewald.errors import DependencyError, UserError
from screening.relaxation.relaxation import RelaxedStructure
from workflows.engines.ase.run import AseEngine
from workflows.engines.errors import EngineError, FailureReason
from workflows.firetasks import disk_space, stage_task
from workflows.firetasks.stage_task import StageTask, kind_of, reason_of, worth_repeating

pytestmark = pytest.mark.mongod

KEY = "reference:Na2S"


@pytest.fixture
def engine(monkeypatch):
    """Have relaxations raise an error; returns how to say which, and the list of calls."""
    calls = []

    def raising(error):
        def relax(self, *arguments, **options):
            calls.append(options["name"])
            raise error

        monkeypatch.setattr(AseEngine, "relax", relax)

    raising.calls = calls
    return raising


def run(launchpad, key=KEY):
    launch_rocket(launchpad, FWorker(query={"spec.key": key}), strm_lvl="CRITICAL")
    row = launchpad.fireworks.find_one({"spec.key": key}, {"state": 1})
    return row and row["state"]


def test_a_failure_is_tried_again_then_given_up_with_its_reason(launchpad, submitted, engine):
    engine(EngineError(FailureReason.SCF, "the electronic steps did not converge"))
    assert run(launchpad) == "FIZZLED"
    assert len(engine.calls) == 1 + submitted.entry.campaign.execution.max_reruns
    (failure,) = submitted.failures()
    assert (failure.kind, failure.attempts) == ("scf-not-converged", 3)
    assert launchpad.fireworks.find_one({"spec.key": "references_done:references"})["state"] == "WAITING"


def test_a_missing_program_is_not_tried_again(launchpad, submitted, engine):
    engine(DependencyError("executable not found", value="cp2k.psmp", fix="install it"))
    assert run(launchpad) == "FIZZLED"
    assert len(engine.calls) == 1
    assert [failure.kind for failure in submitted.failures()] == ["input"]


@pytest.mark.parametrize(
    "error", [OSError(28, "No space left on device"), EngineError(FailureReason.DISK_FULL, "no room")]
)
def test_a_disk_that_is_full_to_the_end_of_the_job_is_left_to_the_next(
    launchpad, submitted, engine, error, monkeypatch
):
    looks = iter([False, True])
    monkeypatch.setattr(disk_space, "time_is_up", lambda: next(looks, True))
    monkeypatch.setattr(stage_task, "time_is_up", lambda: True)
    engine(error)
    assert run(launchpad) == "COMPLETED"
    assert len(engine.calls) == 2
    assert submitted.failures() == ()
    assert launchpad.fireworks.find_one({"spec.key": f"{KEY}+1"})["state"] == "READY"


def test_a_job_that_was_told_to_end_leaves_the_rest_to_the_next(launchpad, submitted, engine, monkeypatch):
    engine(EngineError(FailureReason.STOPPED, "CP2K was stopped"))
    assert run(launchpad) == "COMPLETED"
    assert launchpad.stop_asked
    assert not launchpad.run_exists(FWorker())  # this process takes nothing more
    assert submitted.failures() == ()
    assert launchpad.fireworks.find_one({"spec.key": f"{KEY}+1"})["state"] == "READY"
    monkeypatch.undo()
    assert run(launchpad, f"{KEY}+1") == "COMPLETED"
    assert submitted.get(RelaxedStructure, "reference", "Na2S") is not None


def test_the_end_of_the_queues_job_is_nobodys_failure_but_an_own_limit_is(launchpad, submitted, engine, monkeypatch):
    engine(EngineError(FailureReason.WALLTIME, "relax_walltime_s is over"))
    assert run(launchpad) == "FIZZLED"
    assert [failure.kind for failure in submitted.failures()] == ["walltime"]
    other = launchpad.fireworks.find_one({"spec.stage": "reference", "state": "READY"})["spec"]["key"]
    end = int(time.time()) + 1000
    monkeypatch.setenv("IONSIEVE_JOB_END", str(end))
    monkeypatch.setattr(stage_task, "time_is_up", lambda: True)
    assert run(launchpad, other) == "COMPLETED"
    assert len(submitted.failures()) == 1


def test_work_that_never_ends_is_given_up(launchpad, submitted, engine, monkeypatch):
    monkeypatch.setattr(stage_task, "MAX_CONTINUATIONS", 0)
    engine(EngineError(FailureReason.STOPPED, "CP2K was stopped"))
    assert run(launchpad) == "FIZZLED"
    assert [failure.kind for failure in submitted.failures()] == ["stopped"]


@pytest.mark.parametrize("stop", [KeyboardInterrupt(), SystemExit(1)])
def test_a_persons_stop_is_neither_an_outcome_nor_a_failure(launchpad, submitted, engine, monkeypatch, stop):
    """Ctrl-C on a worker; FireWorks makes an exit of it."""
    engine(stop)
    assert run(launchpad) == "COMPLETED"
    assert launchpad.stop_asked
    assert submitted.failures() == ()
    assert launchpad.fireworks.find_one({"spec.key": f"{KEY}+1"})["state"] == "READY"
    assert launchpad.fireworks.find_one({"spec.key": "references_done:references"})["state"] == "WAITING"
    monkeypatch.undo()
    launchpad.stop_asked = False
    assert run(launchpad, f"{KEY}+1") == "COMPLETED"


def test_a_stop_outside_the_stage_leaves_the_run_to_recovery(launchpad, submitted, monkeypatch):
    def stopped(self, spec, results, check):
        raise KeyboardInterrupt

    monkeypatch.setattr(StageTask, "_run_attempts", stopped)
    with pytest.raises(KeyboardInterrupt):
        run(launchpad)
    assert launchpad.fireworks.find_one({"spec.key": KEY})["state"] == "RUNNING"


@pytest.mark.parametrize("version", ["0.0.9", "99.1.0"])
def test_a_worker_of_another_release_leaves_the_work_alone(launchpad, submitted, version, engine, capsys):
    launchpad.db["ionsieve_campaigns"].update_many({}, {"$set": {"version": version}})
    launchpad._told_of.clear()
    assert run(launchpad) == "READY"
    assert not launchpad.run_exists(FWorker())
    assert submitted.failures() == ()
    assert engine.calls == []
    assert capsys.readouterr().err.count(f"submitted by IonSieve {version}") == 1


def test_a_patch_of_the_same_release_is_not(launchpad, submitted):
    from ewald.version import __version__

    patched = ".".join([*__version__.split(".")[:2], "999"])
    launchpad.db["ionsieve_campaigns"].update_many({}, {"$set": {"version": patched}})
    assert run(launchpad) == "COMPLETED"


def test_submitting_with_this_version_takes_the_campaign_over(launchpad, submitted, campaign):
    from workflows.campaign.campaign_file import open_campaign
    from workflows.operations.submit import submit

    launchpad.db["ionsieve_campaigns"].update_many({}, {"$set": {"version": "0.0.9"}})
    submit(open_campaign(str(campaign())), launchpad)
    assert run(launchpad) == "COMPLETED"


def test_reasons_are_one_line_of_bounded_length():
    assert reason_of(ValueError("two\nlines " + 600 * "x"))[:10] == "two lines "
    assert len(reason_of(ValueError(600 * "x"))) == 500
    assert reason_of(ValueError()) == "ValueError"
    assert kind_of(MemoryError()) == "out-of-memory"
    assert kind_of(UserError("wrong")) == "input"
    assert kind_of(EngineError(FailureReason.SCF, "x")) == "scf-not-converged"
    # Python's own errors have a `reason` too, in words that differ from file to file.
    assert kind_of(UnicodeDecodeError("utf-8", b"x", 0, 1, "invalid start byte")) == "UnicodeDecodeError"
    assert worth_repeating(MemoryError())
