import pytest

from workflows.builders.firework import firework
from workflows.launchpad.guard import ALLOWED_TASKS
from workflows.spec import STAGES, StageSpec


@pytest.mark.parametrize("stage", STAGES)
def test_the_task_of_every_stage_is_there_and_may_run(stage):
    spec = StageSpec(campaign="c", revision="r", composition="x", stage=stage, subject="x", temperature_K=300.0, part=0)
    (task,) = firework(spec, "x").to_dict()["spec"]["_tasks"]
    assert task["_fw_name"] == STAGES[stage].task_name
    assert task["_fw_name"] in ALLOWED_TASKS
    assert set(task) == {"_fw_name"}, "what to do stands in the spec alone"
