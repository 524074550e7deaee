"""No hull runs before the reference phases are relaxed, whatever happens."""

import time

import pytest
from fireworks import FWorker

from ewald.errors import UserError
from tests.workflows.recovery.lost_work import DEAD, fizzle, states, take
from workflows.firetasks.references_done import ReferencesDoneTask
from workflows.firetasks.stage_task import StageContext
from workflows.process.owner import myself
from workflows.recovery.hull_barrier import references_done
from workflows.recovery.recover import recover
from workflows.spec import StageSpec

pytestmark = pytest.mark.mongod


def test_the_gate_left_half_open_is_opened(launchpad, submitted):
    from workflows.recovery.hull_barrier import mark_references_done

    assert states(launchpad)["hull:Na3SbS4-W0.5-vac"] == "PAUSED"
    mark_references_done(submitted)
    assert recover(launchpad, submitted).released == 1
    assert states(launchpad)["hull:Na3SbS4-W0.5-vac"] == "WAITING"


def test_a_lost_run_does_not_open_the_gate_of_the_hull(launchpad, submitted):
    take(launchpad, submitted, DEAD)
    recover(launchpad, submitted, grace_s=0)
    assert states(launchpad)["hull:Na3SbS4-W0.5-vac"] == "PAUSED"


def test_a_reference_that_failed_without_a_reason_keeps_the_gate_shut(launchpad, submitted):
    spec = StageSpec.from_fw_spec(launchpad.fireworks.find_one({"spec.stage": "references_done"})["spec"])
    context = StageContext(spec, submitted.entry, submitted, launchpad, time.monotonic())
    fizzle(launchpad, submitted)
    with pytest.raises(UserError, match="failed outside its stage"):
        ReferencesDoneTask().run_stage(context)
    assert not references_done(submitted)
    recover(launchpad, submitted, grace_s=0)
    ReferencesDoneTask().run_stage(context)
    assert references_done(submitted)


def test_a_hull_that_was_started_too_early_waits_again(launchpad, submitted):
    """As after `lpad rerun_fws` or `lpad resume_fws`, which know nothing of the gate."""
    from fireworks.core.rocket_launcher import launch_rocket

    from workflows.recovery.hull_barrier import mark_references_done

    key = "hull:Na3SbS4-W0.5-vac"
    row = launchpad.fireworks.find_one({"spec.key": key})
    screen = launchpad.fireworks.find_one({"spec.key": "ewald:Na3SbS4-W0.5-vac"})["fw_id"]
    launchpad.fireworks.update_one({"fw_id": screen}, {"$set": {"state": "COMPLETED"}})
    launchpad.workflows.update_one({"nodes": screen}, {"$set": {f"fw_states.{screen}": "COMPLETED"}})
    launchpad.fireworks.update_one({"fw_id": row["fw_id"]}, {"$set": {"state": "READY"}})
    launch_rocket(launchpad, FWorker(name=myself().name, query={"spec.key": key}), strm_lvl="CRITICAL")
    assert states(launchpad)[f"{key}+1"] == "PAUSED"
    assert submitted.failures() == ()
    mark_references_done(submitted)
    assert recover(launchpad, submitted, grace_s=0).released == 1
    assert states(launchpad)[f"{key}+1"] in {"WAITING", "READY"}
