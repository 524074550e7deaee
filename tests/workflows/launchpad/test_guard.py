"""A document in the database cannot make an IonSieve process run or import anything else."""

import pytest
from fireworks import Firework, FWorker, ScriptTask, Workflow
from fireworks.core.rocket_launcher import launch_rocket

from workflows.launchpad.guard import ALLOWED_TASKS, RefusedTaskError
from workflows.launchpad.patches import install

pytestmark = pytest.mark.mongod


def test_every_allowed_task_exists():
    install()
    from fireworks.utilities.fw_serializers import load_object

    for name in sorted(ALLOWED_TASKS):
        assert load_object({"_fw_name": name}).fw_name == name


@pytest.mark.parametrize(
    "name", ["ScriptTask", "PyTask", "{{os.system}}", "{{workflows.launchpad.lock.OwnedLock}}", 3, None]
)
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
    from workflows.campaign.folders import stage_folder

    with pytest.raises(UserError):
        stage_folder(submitted.entry.folder, "relax", name, inputs_hash="0")
