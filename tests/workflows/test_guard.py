"""A document in the database cannot make an IonSieve process run or import anything else."""

import pytest
from fireworks import Firework, FWorker, ScriptTask, Workflow
from fireworks.core.launchpad import LockedWorkflowError
from fireworks.core.rocket_launcher import launch_rocket
from pymongo.errors import AutoReconnect

from workflows.guard import ALLOWED_TASKS, OwnedLock, RefusedTaskError, install, lock_is_stale, with_default_mode

pytestmark = pytest.mark.mongod


def test_every_allowed_task_exists():
    install()
    from fireworks.utilities.fw_serializers import load_object

    for name in sorted(ALLOWED_TASKS):
        assert load_object({"_fw_name": name}).fw_name == name


@pytest.mark.parametrize("name", ["ScriptTask", "PyTask", "{{os.system}}", "{{workflows.guard.OwnedLock}}", 3, None])
def test_other_classes_are_refused(name):
    install()
    from fireworks.utilities.fw_serializers import load_object

    with pytest.raises(RefusedTaskError):
        load_object({"_fw_name": name})


def test_monty_documents_are_not_brought_to_life():
    install()
    from fireworks.utilities.fw_serializers import _recursive_load

    document = {"@module": "subprocess", "@class": "Popen", "args": ["true"]}
    assert _recursive_load(document) == document


def add_foreign(launchpad, results, tmp_path, **spec):
    """Put a Firework into the campaign as an intruder would, by FireWorks' own class."""
    from fireworks.core.launchpad import LaunchPad

    scope = {"campaign": results.entry.name, "revision": results.entry.revision, "key": "x", "_priority": 999}
    task = ScriptTask.from_str(f"touch {tmp_path / 'was-here'}")
    plain = LaunchPad(launchpad.host, uri_mode=True, name=launchpad.name, strm_lvl="ERROR")
    plain.add_wf(Workflow([Firework(task, spec=scope | spec)], metadata={"campaign": "toy"}))
    plain.connection.close()


def test_a_foreign_task_is_refused_with_its_reason(launchpad, submitted, tmp_path):
    add_foreign(launchpad, submitted, tmp_path)
    launch_rocket(launchpad, FWorker(query={"spec.key": "x"}), strm_lvl="CRITICAL")
    row = launchpad.fireworks.find_one({"spec.key": "x"})
    assert row["state"] == "DEFUSED"
    assert "only IonSieve's own Firetasks may run here" in row["spec"]["_exception_details"]["_stacktrace"]
    assert not (tmp_path / "was-here").exists()


@pytest.mark.parametrize("key", ["_launch_dir", "_files_in", "_background_tasks", "_recovery", "_dupefinder"])
def test_specs_that_steer_fireworks_are_refused(launchpad, submitted, tmp_path, key):
    launchpad.fireworks.update_one({"spec.key": "reference:Na2S"}, {"$set": {f"spec.{key}": "/etc"}})
    launch_rocket(launchpad, FWorker(query={"spec.key": "reference:Na2S"}), strm_lvl="CRITICAL")
    row = launchpad.fireworks.find_one({"spec.key": "reference:Na2S"})
    assert row["state"] == "DEFUSED"
    assert key in row["spec"]["_exception_details"]["_stacktrace"]


@pytest.mark.parametrize("name", ["../../etc", "/etc", "a/b", ".hidden", ""])
def test_names_in_specs_cannot_leave_the_campaigns_folder(launchpad, submitted, name):
    from ewald.errors import UserError
    from workflows.folders import stage_folder

    with pytest.raises(UserError):
        stage_folder(submitted.entry.folder, "relax", name, inputs_hash="0")


class LosesTheAnswer:
    """A collection whose server goes away after it did what it was asked, and before it said so."""

    def __init__(self, collection):
        self.collection = collection
        self.lost = 0

    def __getattr__(self, name):
        return getattr(self.collection, name)

    def find_one_and_update(self, *arguments):
        self.collection.find_one_and_update(*arguments)
        self.lost += 1
        raise AutoReconnect("gone before the answer")


@pytest.mark.parametrize("comes_back", [True, False])
def test_a_lock_whose_answer_was_lost_holds_nobody_up(launchpad, submitted, monkeypatch, comes_back):
    fw_id = launchpad.fireworks.find_one({"spec.key": "reference:Na2S"})["fw_id"]
    with monkeypatch.context() as away:
        away.setattr(launchpad, "workflows", LosesTheAnswer(launchpad.workflows))
        if not comes_back:
            away.setattr(OwnedLock, "_give_back", lambda _self: None)
        with pytest.raises(AutoReconnect), OwnedLock(launchpad, fw_id):
            pytest.fail("a lock that nobody confirmed is not held")
    held = launchpad.workflows.find_one({"nodes": fw_id}).get("locked")
    assert (held is None) == comes_back
    with OwnedLock(launchpad, fw_id, expire_secs=0.0):
        mine = launchpad.workflows.find_one({"nodes": fw_id})["locked"]
        assert not lock_is_stale(mine)
        with pytest.raises(LockedWorkflowError), OwnedLock(launchpad, fw_id, expire_secs=0.0):
            pytest.fail("one lock for one owner at a time")
        assert launchpad.workflows.find_one({"nodes": fw_id})["locked"] == mine
    assert "locked" not in launchpad.workflows.find_one({"nodes": fw_id})


def test_zopen_gets_the_mode_that_offline_runs_leave_out(tmp_path):
    from monty.io import zopen

    mended = with_default_mode(zopen)
    with mended(tmp_path / "f.json", "wt") as stream:
        stream.write("{}")
    with mended(tmp_path / "f.json") as stream:
        assert stream.read() == "{}"
    with mended(tmp_path / "f.json", "rb") as stream:
        assert stream.read() == b"{}"
