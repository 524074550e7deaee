from types import SimpleNamespace

import pytest

from workflows.builders.composition import composition_workflow, readable, relaxations, waiting_hull, workflow_key
from workflows.spec import StageSpec

ENTRY = SimpleNamespace(name="c", revision="r")


@pytest.mark.parametrize(("waits", "state"), [(True, "PAUSED"), (False, "WAITING")])
def test_the_hull_comes_after_the_screen_and_after_the_references(waits, state):
    workflow = composition_workflow(ENTRY, "x", "NaS", hull_waits=waits)
    by_stage = {fw.spec["stage"]: fw for fw in workflow.fws}
    assert workflow.links[by_stage["ewald"].fw_id] == [by_stage["hull"].fw_id]
    assert by_stage["hull"].state == state
    assert by_stage["hull"].spec["_allow_fizzled_parents"], "one failed relaxation must not stop the others"
    assert "_allow_fizzled_parents" not in by_stage["ewald"].spec


def test_a_hull_that_is_put_back_has_a_key_of_its_own_and_waits():
    first = StageSpec(campaign="c", revision="r", composition="x", stage="hull", subject="x")
    (second,) = waiting_hull(first).fws
    assert second.state == "PAUSED"
    assert second.spec["key"] != first.to_fw_spec()["key"]


def test_every_candidate_is_relaxed_apart():
    made = relaxations(ENTRY, "x", ["x_a1", "x_a2"])
    assert [[fw.spec["key"] for fw in workflow.fws] for workflow in made] == [["relax:x_a1"], ["relax:x_a2"]]
    assert relaxations(ENTRY, "x", []) == []


def test_revisions_share_no_workflow():
    assert workflow_key(ENTRY, "x") != workflow_key(SimpleNamespace(name="c", revision="s"), "x")


def test_only_the_last_underscore_is_for_the_arrangement():
    assert readable("a_b_a1") == "a_b a1"
    assert readable("Na2S") == "Na2S"
