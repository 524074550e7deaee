"""Failed work is repeated at a person's request: that of a stage, that of a reason, and nothing else."""

import pytest
from fireworks import FWorker
from fireworks.core.rocket_launcher import launch_rocket

from ewald.errors import UserError
from screening.relaxation.relaxation import RelaxedStructure
from workflows.recovery.rerun import rerun_failed
from workflows.store import Failure

pytestmark = pytest.mark.mongod


@pytest.fixture
def failed(launchpad, submitted, tmp_path):
    """The toy campaign with three relaxations of references given up, each for another reason."""
    kinds = ("walltime", "scf-not-converged", "out-of-memory")
    rows = launchpad.fireworks.find({"spec.stage": "reference"}, {"spec.subject": 1}).sort("fw_id", 1)
    names = [row["spec"]["subject"] for row in rows][:3]
    for name, kind in zip(names, kinds, strict=True):
        key = f"reference:{name}"
        launchpad.checkout_fw(FWorker(query={"spec.key": key}), str(tmp_path))
        launchpad.mark_fizzled(launchpad.launches.find_one({"state": "RUNNING"})["launch_id"])
        submitted.fail(Failure(key, name, "reference", kind, f"{kind}: as it was", 3))
    return submitted, names


def state(launchpad, name):
    return launchpad.fireworks.find_one({"spec.key": f"reference:{name}"})["state"]


@pytest.mark.parametrize(("reason", "which"), [("walltime", 0), ("timeout", 0), ("TimeOut", 0), ("SCF", 1), ("oom", 2)])
def test_only_what_failed_for_that_reason(launchpad, failed, reason, which):
    results, names = failed
    assert rerun_failed(launchpad, results, "reference", reason) == [f"reference:{names[which]}"]
    assert [state(launchpad, name) for name in names] == ["READY" if n == which else "FIZZLED" for n in range(3)]
    assert {failure.subject for failure in results.failures()} == set(names) - {names[which]}


def test_without_a_reason_all_that_failed(launchpad, failed):
    results, _ = failed
    assert len(rerun_failed(launchpad, results, "reference", None)) == 3
    assert results.failures() == ()
    assert rerun_failed(launchpad, results, "reference", None) == []


def test_another_stage_is_left_alone(launchpad, failed):
    results, names = failed
    assert rerun_failed(launchpad, results, "relax", None) == []
    assert state(launchpad, names[0]) == "FIZZLED"


def test_an_unknown_stage_is_one_line(launchpad, failed):
    with pytest.raises(UserError, match="one of reference, references_done, ewald"):
        rerun_failed(launchpad, failed[0], "relaxation", None)


def test_a_finished_outcome_is_set_aside_and_made_again(launchpad, submitted):
    """An engine would else return the outcome that its folder holds."""
    query = {"spec.key": "reference:Na2S"}
    launch_rocket(launchpad, FWorker(query=query), strm_lvl="ERROR")
    folder = submitted.entry.folder / "references" / "Na2S"
    assert (folder / "relaxed.json").is_file()
    submitted.fail(Failure("reference:Na2S", "Na2S", "reference", "crashed", "not trusted", 1))
    assert rerun_failed(launchpad, submitted, "reference", "trusted") == ["reference:Na2S"]
    assert submitted.get(RelaxedStructure, "reference", "Na2S") is None
    assert not folder.exists()
    assert (folder.parent / "Na2S.before-1" / "relaxed.json").is_file()
    launch_rocket(launchpad, FWorker(query=query), strm_lvl="ERROR")
    assert submitted.get(RelaxedStructure, "reference", "Na2S") is not None


def test_losses_are_counted_anew(launchpad, submitted, tmp_path):
    assert [submitted.count_loss("reference:Na2S") for _ in range(3)] == [1, 2, 3]
    launchpad.checkout_fw(FWorker(query={"spec.key": "reference:Na2S"}), str(tmp_path))
    launchpad.mark_fizzled(launchpad.launches.find_one({"state": "RUNNING"})["launch_id"])
    assert rerun_failed(launchpad, submitted, "reference", "lost") == ["reference:Na2S"]
    assert submitted.count_loss("reference:Na2S") == 1
