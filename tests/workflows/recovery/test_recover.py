"""What recovery must never do; the states that it fixes are in test_states.py."""

import pytest

from tests.workflows.recovery.lost_work import DEAD, states, take
from workflows.process.owner import myself
from workflows.recovery.recover import recover

pytestmark = pytest.mark.mongod


def test_nothing_is_found_in_a_campaign_that_is_well(launchpad, submitted):
    before = states(launchpad)
    assert recover(launchpad, submitted, grace_s=0).fixed == 0
    assert states(launchpad) == before


def test_the_work_of_a_living_process_is_never_taken(launchpad, submitted):
    take(launchpad, submitted, myself(), key="reference:Na2S")
    assert recover(launchpad, submitted, grace_s=0).fixed == 0
    assert states(launchpad)["reference:Na2S"] == "RUNNING"


@pytest.mark.parametrize("count", [True, False])
def test_only_losses_that_nobody_wanted_count(launchpad, submitted, count):
    for _ in range(submitted.entry.campaign.execution.max_reruns + 1):
        take(launchpad, submitted, DEAD, key="reference:Na2S")
        found = recover(launchpad, submitted, grace_s=0, count_losses=count)
    assert bool(found.given_up) == count
    assert states(launchpad)["reference:Na2S"] == ("READY" if not count else "FIZZLED")


def test_another_revisions_lost_work_is_left_to_it(launchpad, submitted):
    take(launchpad, submitted, DEAD, key="reference:Na2S")
    launchpad.fireworks.update_many({}, {"$set": {"spec.revision": "another"}})
    launchpad.workflows.update_many({}, {"$set": {"metadata.revision": "another"}})
    assert recover(launchpad, submitted, grace_s=0).fixed == 0
    assert states(launchpad)["reference:Na2S"] == "RUNNING"


def test_recovery_twice_is_recovery_once(launchpad, submitted):
    take(launchpad, submitted, DEAD, key="reference:Na2S")
    assert recover(launchpad, submitted, grace_s=0).fixed > 0
    after = states(launchpad)
    assert recover(launchpad, submitted, grace_s=0).fixed == 0
    assert states(launchpad) == after
