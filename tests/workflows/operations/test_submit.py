import subprocess
import sys

import pytest
from fireworks import FWorker

from workflows.campaign.campaign_file import open_campaign
from workflows.launchpad.queries import fireworks_of
from workflows.operations.submit import submit

pytestmark = pytest.mark.mongod

PATIENCE_S = 900


def test_submitting_again_adds_nothing(launchpad, campaign):
    file = open_campaign(str(campaign()))
    first = submit(file, launchpad)
    before = launchpad.fireworks.count_documents({})
    again = submit(file, launchpad)
    assert (first.added, again.added) == (2, 0)
    assert launchpad.fireworks.count_documents({}) == before


def test_changed_settings_are_a_revision_of_their_own(launchpad, campaign):
    first = submit(open_campaign(str(campaign())), launchpad)
    changed = submit(open_campaign(str(campaign(seed=7))), launchpad)
    assert changed.added == 2
    assert changed.earlier_revisions == (first.results.entry.revision,)


def test_where_and_how_it_runs_is_no_new_revision(launchpad, campaign):
    submit(open_campaign(str(campaign())), launchpad)
    again = submit(open_campaign(str(campaign(execution={"workers": 7}, description="x"))), launchpad)
    assert again.added == 0


def test_what_an_engine_lacks_here_is_said_and_the_campaign_is_entered(launchpad, campaign, tmp_path):
    (tmp_path / "mine.yaml").write_text(
        "engine: ase\ncalculator: mace.calculators.mace_mp\npackage: no-such-package\nmp2020_corrections: true\n"
    )
    file = open_campaign(str(campaign(engine={"preset": str(tmp_path / "mine.yaml")})))
    done = submit(file, launchpad)
    assert done.added == 2
    assert [line.split(" (")[0] for line in done.missing_here] == [
        "the engine cannot start on this machine: the package no-such-package is not installed"
    ]


@pytest.mark.slow
def test_two_shells_at_once_add_everything_once(launchpad, launchpad_file, campaign, environment):
    path = campaign(database={"mode": "launchpad", "launchpad_file": str(launchpad_file)})
    command = [sys.executable, "-m", "workflows.cli.main", "submit", str(path)]
    shells = [subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    # On a machine with other work every import takes its time, and each shell waits for the one before.
    said = [shell.communicate(timeout=PATIENCE_S)[0] for shell in shells]
    assert [shell.returncode for shell in shells] == [0, 0, 0]
    assert sorted(int(text.split("; ")[1].split()[0]) for text in said) == [0, 0, 2]
    keys = [row["spec"]["key"] for row in launchpad.fireworks.find({}, {"spec.key": 1})]
    assert len(keys) == len(set(keys))
    nodes = [node for row in launchpad.workflows.find({}, {"nodes": 1}) for node in row["nodes"]]
    assert sorted(nodes) == sorted(row["fw_id"] for row in launchpad.fireworks.find({}, {"fw_id": 1}))
    assert launchpad.workflows.count_documents({"locked": {"$exists": True}}) == 0


def test_names_and_metadata_are_for_people(launchpad, submitted):
    names = {row["name"] for row in launchpad.fireworks.find({}, {"name": 1})}
    assert {"Ewald screen Na3SbS4-W0.5-vac", "hull Na3SbS4-W0.5-vac", "relax reference Na2S"} <= names
    workflow = launchpad.workflows.find_one({"metadata.composition": "Na3SbS4-W0.5-vac"})
    assert workflow["name"] == "toy: Na3SbS4-W0.5-vac"
    assert workflow["metadata"]["campaign"] == "toy"


def test_specs_are_small_and_hold_no_secrets(launchpad, submitted):
    import bson

    for row in launchpad.fireworks.find():
        assert len(bson.encode(row)) < 3000
        assert "mongodb" not in str(row)


def test_a_killed_submission_leaves_nothing_that_runs(launchpad, campaign, monkeypatch):
    class KillError(Exception):
        pass

    def killed(*_):
        raise KillError

    file = open_campaign(str(campaign()))
    monkeypatch.setattr(type(launchpad.workflows), "insert_one", killed)
    with pytest.raises(KillError):
        submit(file, launchpad)
    monkeypatch.undo()
    assert launchpad.fireworks.count_documents({"state": "READY"}) == 0
    assert submit(file, launchpad).added == 2


def test_what_waits_already_gets_what_the_file_says_of_queues_now(launchpad, campaign):
    composition = "Na3SbS4-W0.5-vac"
    first = {"resources": {"toy": {"cores": 4, "at_most": 2}}, "priorities": {composition: 3}}
    entry = submit(open_campaign(str(campaign(execution=first))), launchpad).results.entry

    def spec_of(stage):
        return launchpad.fireworks.find_one(fireworks_of(entry, stage=stage), {"spec": 1})["spec"]

    reference = spec_of("reference")
    assert reference["_queueadapter"] == {"nodes": 1, "ntasks": 4, "cpus_per_task": 1}
    assert (reference["limits"], reference["_priority"]) == (["toy"], 90)
    assert (spec_of("ewald")["_priority"], spec_of("hull")["_priority"]) == (43, 83)
    second = {"resources": {"reference": {"walltime_h": 2, "priority": 11}, "ewald": {"queue": "short"}}}
    assert submit(open_campaign(str(campaign(execution=second))), launchpad).results.entry.revision == entry.revision
    reference = spec_of("reference")
    assert reference["_queueadapter"] == {"walltime": "02:00:00"}
    assert ("limits" in reference, reference["_priority"]) == (False, 11)
    assert (spec_of("ewald")["_priority"], spec_of("ewald")["_queueadapter"]) == (40, {"queue": "short"})
    submit(open_campaign(str(campaign())), launchpad)
    assert "_queueadapter" not in spec_of("reference")
    assert spec_of("reference")["_priority"] == 90


@pytest.mark.parametrize("state", ["RESERVED", "RUNNING"])
def test_what_is_taken_already_counts_against_a_limit_that_is_new(launchpad, campaign, state):
    entry = submit(open_campaign(str(campaign())), launchpad).results.entry
    works = list(launchpad.fireworks.find(fireworks_of(entry, "READY", stage="reference")).limit(2))
    taken = {"fw_id": {"$in": [work["fw_id"] for work in works]}}
    launchpad.fireworks.update_many(taken, {"$set": {"state": state}})
    before = works[0]["spec"]["_priority"]
    limit = {"resources": {"reference": {"at_most": 2, "priority": 11}}}
    submit(open_campaign(str(campaign(execution=limit))), launchpad)
    query = {"spec.stage": "reference"}
    assert not launchpad.run_exists(FWorker(query=query))
    # What is taken is as urgent as it was: it was sent with that.
    assert {work["spec"]["_priority"] for work in launchpad.fireworks.find(taken)} == {before}
    submit(open_campaign(str(campaign(execution={"resources": {"reference": {"at_most": 3}}}))), launchpad)
    assert launchpad.run_exists(FWorker(query=query))
    submit(open_campaign(str(campaign())), launchpad)
    assert not any("limits" in work["spec"] for work in launchpad.fireworks.find(taken))
