import pytest

from workflows.launchpad.queries import fireworks_of, workflows_of
from workflows.loop.choose import advance, place
from workflows.loop.situation import situation
from workflows.operations.status import campaign_status
from workflows.store.tally import Tallies, Tally
from workflows.workers.worker import work

pytestmark = pytest.mark.mongod


def begun(launchpad, results):
    rows = launchpad.workflows.find(workflows_of(results.entry), {"metadata.composition": 1})
    return {row["metadata"]["composition"] for row in rows} - {"references"}


def test_only_a_batch_is_submitted_and_asking_again_adds_none(launchpad, choosing):
    results = choosing(batch=2)
    assert len(begun(launchpad, results)) == 2
    assert advance(results, launchpad) == 0
    assert begun(launchpad, choosing(batch=2)) == begun(launchpad, results)


def test_what_is_worth_most_has_the_highest_priority_and_deciding_comes_first(launchpad, choosing):
    results = choosing(batch=3)
    order = [outlook.id for outlook in situation(results).order]
    from workflows.builders.composition import relaxations

    for name in order:
        screen = launchpad.fireworks.find_one(fireworks_of(results.entry, stage="ewald", composition=name))
        made = relaxations(results.entry, name, [f"{name}_a1"])[0]
        launchpad.append_wf(made, [screen["fw_id"]])
    advance(results, launchpad)
    rows = {row["spec"]["composition"]: row["spec"]["_priority"]
            for row in launchpad.fireworks.find(fireworks_of(results.entry, stage="relax"))}  # fmt: skip
    assert [rows[name] for name in order] == sorted(rows.values(), reverse=True)
    lights = launchpad.fireworks.find(fireworks_of(results.entry, stage={"$in": ["ewald", "hull"]}))
    assert min(row["spec"]["_priority"] for row in lights) > max(rows.values())


def test_all_is_entered_at_once_when_the_strategy_is_taken_back(launchpad, choosing, campaign):
    from tests.toy_campaign import THREE
    from workflows.campaign.campaign_file import open_campaign
    from workflows.operations.submit import submit

    first = choosing()
    again = submit(open_campaign(str(campaign(**THREE))), launchpad).results
    assert again.entry.revision == first.entry.revision
    assert len(begun(launchpad, again)) == 3


def test_new_work_gets_its_place_and_is_held_when_the_budget_is_spent(launchpad, choosing, monkeypatch):
    from workflows.builders.composition import relaxations

    results = choosing(batch=2, budget_core_hours=1.0)
    (worst, best) = [outlook.id for outlook in situation(results).order][1::-1]
    monkeypatch.setattr(results, "subjects", lambda stage: frozenset({best, worst}))

    def made(name):
        return relaxations(results.entry, name, [f"{name}_a1"])[0].fws[0]

    first, second = relaxations(results.entry, best, ["x_a1"]), relaxations(results.entry, worst, ["y_a1"])
    place([*first, *second], results)
    assert first[0].fws[0].spec["_priority"] > second[0].fws[0].spec["_priority"]
    assert first[0].fws[0].state == made(best).state != "PAUSED"
    spent = Tally(stage="relax", version="", results=1, timed=1, seconds=1.0, core_seconds=4000.0)
    monkeypatch.setattr(results, "tallies", lambda: Tallies((spent,)))
    place(first, results)
    assert (first[0].fws[0].state, first[0].fws[0].spec["held"]) == ("PAUSED", True)


def test_a_stage_keeps_the_priority_that_the_campaign_file_gives_it(launchpad, campaign):
    from tests.toy_campaign import THREE
    from workflows.builders.composition import relaxations
    from workflows.builders.resources import equip
    from workflows.campaign.campaign_file import open_campaign
    from workflows.operations.submit import submit

    own = {"resources": {"relax": {"priority": 3}}}
    file = campaign(strategy={"method": "ptr", "batch": 2, "prior": False}, **THREE, execution=own)
    results = submit(open_campaign(str(file)), launchpad).results
    name = situation(results).order[0].id
    screen = launchpad.fireworks.find_one(fireworks_of(results.entry, stage="ewald", composition=name))
    new = [equip(workflow, results.entry.campaign) for workflow in relaxations(results.entry, name, [f"{name}_a1"])]
    place(new, results)
    assert new[0].fws[0].spec["_priority"] == 3
    launchpad.append_wf(new[0], [screen["fw_id"]])
    advance(results, launchpad)
    row = launchpad.fireworks.find_one(fireworks_of(results.entry, stage="relax"))
    assert row["spec"]["_priority"] == 3


@pytest.mark.slow
def test_a_campaign_begins_the_next_as_results_arrive_until_all_are_done(launchpad, choosing):
    results = choosing()
    first = begun(launchpad, results)
    assert len(first) == 1
    work(launchpad, results)
    assert len(begun(launchpad, results)) == 3
    assert len(results.subjects("ewald")) == 3
    assert not campaign_status(launchpad, results).failures
    assert not situation(results).not_begun


@pytest.mark.slow
def test_a_spent_budget_ends_the_campaign_and_a_larger_one_goes_on(launchpad, choosing):
    results = choosing(budget_core_hours=1e-9)
    work(launchpad, results)
    left = situation(results)
    assert len(left.not_begun) == 2
    assert "budget" in left.over
    assert any("conductors are expected" in line for line in left.lines())
    held = launchpad.fireworks.count_documents(fireworks_of(results.entry, "PAUSED", held=True))
    assert held > 0
    assert launchpad.fireworks.count_documents(fireworks_of(results.entry, "READY")) == 0
    more = choosing(budget_core_hours=1000.0)
    assert launchpad.fireworks.count_documents(fireworks_of(results.entry, "PAUSED", held=True)) == 0
    work(launchpad, more)
    assert not situation(more).not_begun
