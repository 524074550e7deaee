import pytest

from workflows.builders.composition import composition_workflow, workflow_key
from workflows.launchpad.adding import add_missing

pytestmark = pytest.mark.mongod


def test_a_workflow_is_added_once(launchpad, submitted):
    entry = submitted.entry
    wanted = {
        workflow_key(entry, name): composition_workflow(entry, name, "Na3SbS4", hull_waits=True)
        for name in ("Na3SbS4-W0.5-vac", "another")
    }
    assert add_missing(launchpad, wanted, entry.campaign) == (1, 1)
    assert add_missing(launchpad, wanted, entry.campaign) == (0, 2)
