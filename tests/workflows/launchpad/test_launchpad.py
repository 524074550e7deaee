"""A database that goes away, or holds nonsense, makes no run fail that did not."""

import pytest
from fireworks import FWorker
from fireworks.core.rocket_launcher import launch_rocket

from tests.workflows.recovery.lost_work import states
from workflows.launchpad.queries import fireworks_of
from workflows.process.owner import myself
from workflows.recovery.launches import release_own

pytestmark = pytest.mark.mongod


@pytest.mark.parametrize("moment", ["in the task", "at its end"])
def test_a_run_that_lost_the_database_has_not_failed(launchpad, submitted, monkeypatch, moment):
    """FireWorks would note it as failed once the database is back, and the hulls would go on without it."""
    from fireworks.core.launchpad import LaunchPad
    from fireworks.core.rocket_launcher import launch_rocket
    from pymongo.errors import AutoReconnect

    from workflows.firetasks.reference import ReferenceTask

    def away(*_, **__):
        raise AutoReconnect("connection closed")

    def complete(self, launch_id, action=None, state="COMPLETED"):
        return away() if state == "COMPLETED" else original(self, launch_id, action, state)

    original = LaunchPad.complete_launch
    if moment == "in the task":
        monkeypatch.setattr(ReferenceTask, "run_task", away)
    else:
        monkeypatch.setattr(LaunchPad, "complete_launch", complete)
    worker = FWorker(name=myself().name, query={"spec.key": "reference:Na2S"})
    with pytest.raises(AutoReconnect):
        launch_rocket(launchpad, worker, strm_lvl="CRITICAL")
    assert states(launchpad)["reference:Na2S"] == "RUNNING"
    monkeypatch.undo()
    release_own(launchpad, submitted, myself())
    assert states(launchpad)["reference:Na2S"] == "READY"
    assert launch_rocket(launchpad, worker, strm_lvl="CRITICAL")
    assert states(launchpad)["reference:Na2S"] == "COMPLETED"


@pytest.mark.parametrize("moment", ["check-out", "end"])
def test_a_database_that_goes_away_while_states_are_written_fails_nothing(launchpad, submitted, monkeypatch, moment):
    """A storm found it: FireWorks waits for the database and then notes the Firework as failed; its hull goes on."""
    from fireworks.core.rocket_launcher import launch_rocket
    from pymongo.errors import AutoReconnect

    from workflows.launchpad import CampaignLaunchPad

    def away_once(self, workflow, updated):
        writes.append(updated)
        if len(writes) == (1 if moment == "check-out" else 2):
            raise AutoReconnect("connection closed")
        original(self, workflow, updated)

    writes, original = [], CampaignLaunchPad._update_wf
    monkeypatch.setattr(CampaignLaunchPad, "_update_wf", away_once)
    key = "ewald:Na3SbS4-W0.5-vac"
    worker = FWorker(name=myself().name, query={"spec.key": key})
    with pytest.raises(AutoReconnect):
        launch_rocket(launchpad, worker, strm_lvl="CRITICAL")
    assert len(writes) == (1 if moment == "check-out" else 2)
    assert states(launchpad)[key] == "RUNNING"
    assert launchpad.workflows.count_documents({"locked": {"$exists": True}}) == 0
    release_own(launchpad, submitted, myself())
    assert states(launchpad)[key] == "READY"
    assert launch_rocket(launchpad, worker, strm_lvl="CRITICAL")
    assert states(launchpad)[key] == "COMPLETED"
    assert states(launchpad)["hull:Na3SbS4-W0.5-vac"] == "PAUSED"


def test_documents_that_make_no_sense_are_noted_as_failed(launchpad, submitted, monkeypatch):
    from workflows.launchpad import CampaignLaunchPad

    def senseless(*_):
        raise ValueError("no such Firework")

    fw_id = launchpad.fireworks.find_one({"spec.key": "ewald:Na3SbS4-W0.5-vac"})["fw_id"]
    monkeypatch.setattr(CampaignLaunchPad, "_update_wf", senseless)
    with pytest.raises(RuntimeError, match="no such Firework"):
        launchpad._refresh_wf(fw_id)
    assert states(launchpad)["ewald:Na3SbS4-W0.5-vac"] == "FIZZLED"
    assert launchpad.workflows.find_one({"nodes": fw_id})["fw_states"][str(fw_id)] == "FIZZLED"


@pytest.mark.parametrize("change", [{"version": "99.0.0"}, {"stopped": True}])
def test_what_is_reserved_for_a_job_of_a_campaign_that_was_closed_meanwhile_is_given_back(launchpad, submitted, change):
    """The job starts weeks later, maybe with the former release; it must neither run the work nor fail it."""
    fworker = FWorker(query=fireworks_of(submitted.entry, stage="ewald"))
    firework, launch_id = launchpad.reserve_fw(fworker, "/tmp")  # noqa: S108
    launchpad.set_reservation_id(launch_id, 4242)
    campaigns, name = launchpad.db["ionsieve_campaigns"], {"name": submitted.entry.name}
    campaigns.update_one(name, {"$set": change})
    assert launch_rocket(launchpad, FWorker(), fw_id=firework.fw_id, strm_lvl="ERROR") is False
    assert launchpad.fireworks.find_one({"fw_id": firework.fw_id})["state"] == "READY"
    launchpad.db["ionsieve_campaigns"].update_one(
        {"name": submitted.entry.name}, {"$set": {"version": "0.1.0", "stopped": False}}
    )
    assert launch_rocket(launchpad, fworker, strm_lvl="ERROR")
    assert launchpad.fireworks.find_one({"fw_id": firework.fw_id})["state"] == "COMPLETED"
