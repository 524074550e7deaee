"""Where a campaign stands, from what the database holds."""

import pytest

from screening.decision import CANDIDATE_STAGES
from tests.campaign_record import make_record
from tests.workflows.store.document import Document
from workflows.operations.status import STATE_GROUPS, campaign_status, count_completed, last_verdict
from workflows.store import Failure

pytestmark = pytest.mark.mongod

EWALD = {"spec.stage": "ewald"}


def stage(status, name):
    return next((stage for stage in status.stages if stage.name == name), None)


def test_a_new_campaign_knows_what_is_coming(launchpad, submitted):
    found = campaign_status(launchpad, submitted)
    assert stage(found, "ewald").states == {"waiting": 1}
    # One composition not screened yet, of which two arrangements are kept.
    assert stage(found, "relax").expected == 2
    assert stage(found, "relax").done == 0
    assert (found.spent_s, found.left_s, found.core_left_s) == (0, None, None)
    assert found.active == sum(stage.states.get("waiting", 0) for stage in found.stages)
    assert count_completed(launchpad, submitted) == 0


@pytest.mark.parametrize(
    ("state", "group"), [(state, group) for group, states in STATE_GROUPS.items() for state in states]
)
def test_every_state_of_fireworks_has_its_column(launchpad, submitted, state, group):
    launchpad.fireworks.update_many(EWALD, {"$set": {"state": state}})
    assert stage(campaign_status(launchpad, submitted), "ewald").states == {group: 1}


def test_another_revision_is_not_counted(launchpad, submitted):
    launchpad.fireworks.update_many(EWALD, {"$set": {"spec.revision": "other"}})
    assert stage(campaign_status(launchpad, submitted), "ewald") is None


def test_time_and_core_hours_are_added_up_and_foretold(launchpad, submitted):
    submitted.put("relax", "a", "h", Document(core_seconds=160.0), seconds=10)
    submitted.put("relax", "b", "h", Document(core_seconds=320.0), seconds=30)
    submitted.put("ewald", "c", "h", Document(), seconds=5)
    found = campaign_status(launchpad, submitted)
    assert found.spent_s == 45
    assert found.core_spent_s == 485
    ahead = stage(found, "relax").expected
    assert ahead == 2
    assert found.left_s == 20 * ahead + 5
    assert found.core_left_s == 240 * ahead + 5


def test_a_look_does_not_count_its_segments_again(launchpad, submitted):
    submitted.put("short_md_segment", "a@600K#0000", "h", Document(core_seconds=50.0), seconds=60)
    submitted.put("short_md", "a@600K", "h", Document(core_seconds=50.0), seconds=2)
    assert campaign_status(launchpad, submitted).core_spent_s == 52


def test_long_segments_are_foretold_from_short_ones(launchpad, submitted):
    submitted.put("short_md_segment", "a@600K#0000", "h", Document(core_seconds=40.0), seconds=20)
    times = {found.name: found.mean_s for found in campaign_status(launchpad, submitted).stages}
    assert times["long_md"] == 20  # as many steps as a short one


def test_failures_are_grouped_and_versions_counted(launchpad, submitted):
    for name, kind in (("a", "walltime"), ("b", "walltime"), ("c", "crashed")):
        submitted.fail(Failure(f"relax:{name}", name, "relax", kind, "why", 3))
    submitted.put("relax", "d", "h", Document(), seconds=1, version="0.0.9")
    found = campaign_status(launchpad, submitted)
    groups = {group: [failure.subject for failure in failed] for group, failed in found.failures_by_reason().items()}
    assert groups == {("relax", "walltime"): ["a", "b"], ("relax", "crashed"): ["c"]}
    assert found.versions["0.0.9"] == 1


def test_the_last_verdict_is_that_of_the_decision_entered_last(launchpad, submitted):
    assert campaign_status(launchpad, submitted).last_verdict == ""
    on_candidates = [decision for decision in make_record().decisions if decision.stage in CANDIDATE_STAGES]
    for place, decision in enumerate(on_candidates[-2:]):
        submitted.decide(decision.model_copy(update={"subject": f"x_a{place}"}))
    said = campaign_status(launchpad, submitted).last_verdict
    assert said.startswith("x_a1, ")
    assert said == last_verdict(submitted.latest_decision())


def test_a_candidate_that_another_stands_for_is_not_said_to_have_failed():
    decision = make_record().decisions[-1]
    another = decision.model_copy(
        update={"verdict": "fail", "reason": "stable; x_a1 is lower", "superseded_by": "x_a1"}
    )
    said = last_verdict(another)
    assert said.endswith(": stable; x_a1 continues instead")
    assert "fail" not in said
