"""The table of stages: each has a Firetask, and what people are told of it."""

import pytest

from screening.decision import CANDIDATE_STAGES, Stage
from workflows.builders.firework import firework
from workflows.firetasks.stage_task import StageTask
from workflows.launchpad.guard import ALLOWED_TASKS
from workflows.spec import MD_STAGES, STAGES, StageSpec


@pytest.mark.parametrize("stage", STAGES)
def test_every_stage_has_a_firetask_that_may_run(stage):
    spec = StageSpec(campaign="c", revision="r", composition="x", stage=stage, subject="x_a1", part=3)
    made = firework(spec, "name", allow_failed_parents=True)
    (task,) = made.tasks
    assert isinstance(task, StageTask)
    assert task.fw_name == STAGES[stage].task_name
    assert task.fw_name in ALLOWED_TASKS
    assert (made.spec["_category"], made.spec["_priority"]) == (STAGES[stage].category, STAGES[stage].priority)
    assert made.spec["_allow_fizzled_parents"]
    assert StageSpec.from_fw_spec(made.spec) == spec
    assert STAGES[stage].words


def test_md_stages_are_those_that_the_funnel_knows():
    assert MD_STAGES == (Stage.SHORT_MD, Stage.LONG_MD, Stage.CHECK_MD)


def test_stages_of_the_funnel_are_stages_of_fireworks():
    assert [stage for stage in STAGES if stage in set(Stage)] == [stage for stage in Stage if stage != "enumerate"]
    assert CANDIDATE_STAGES == (Stage.RELAX, Stage.HULL, Stage.SHORT_MD, Stage.LONG_MD)


@pytest.mark.parametrize("stage", Stage)
def test_a_stage_of_the_funnel_is_its_name_and_has_words(stage):
    assert Stage(stage.value) is stage
    assert str(stage) == stage.value == stage
    assert stage.heading.lower() == stage.words.lower()
    assert bool(stage.passed) == bool(stage.verdict)
