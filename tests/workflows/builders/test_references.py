from types import SimpleNamespace

import pytest

from workflows.builders.references import references_workflow

ENTRY = SimpleNamespace(name="c", revision="r")


@pytest.mark.parametrize("names", [[], ["el_S"], ["el_S", "Na2S"]])
def test_hulls_are_released_after_every_phase_and_also_after_one_that_failed(names):
    workflow = references_workflow(ENTRY, names)
    (last,) = [fw for fw in workflow.fws if fw.spec["stage"] == "references_done"]
    parents = workflow.links.parent_links.get(last.fw_id, [])
    assert {workflow.id_fw[parent].spec["subject"] for parent in parents} == set(names)
    assert last.spec["_allow_fizzled_parents"]
    assert not any(fw.spec.get("_allow_fizzled_parents") for fw in workflow.fws if fw is not last)
