import time

import pytest

from screening.report.html.markup import Markup
from workflows.dashboard import campaign_view
from workflows.dashboard.campaign_view import CampaignView

pytestmark = pytest.mark.mongod


@pytest.fixture
def view(launchpad, submitted):
    return CampaignView(launchpad, submitted)


def test_several_open_pages_cost_one_reading_until_it_is_old(view, monkeypatch):
    first = view.read()
    view._cost_s = 0.0
    now = first.taken
    monkeypatch.setattr(campaign_view.time, "monotonic", lambda: now + campaign_view.FRESH_S)
    assert view.read() is first
    monkeypatch.setattr(campaign_view.time, "monotonic", lambda: now + campaign_view.FRESH_S + 0.1)
    assert view.read() is not first


def test_a_reading_that_failed_is_not_kept(view, monkeypatch):
    monkeypatch.setattr(campaign_view, "campaign_status", lambda *_, **__: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        view.read()
    monkeypatch.undo()
    assert view.read().workflows


def test_workflows_are_in_order_with_their_failures_and_others_are_not_shown(view, launchpad):
    row = launchpad.workflows.find_one({"metadata.composition": "references"})
    node = str(row["nodes"][0])
    launchpad.workflows.update_one({"_id": row["_id"]}, {"$set": {f"fw_states.{node}": "FIZZLED"}})
    row.pop("_id")
    launchpad.workflows.insert_one(row | {"metadata": row["metadata"] | {"revision": "another", "key": "another"}})
    lines = view.read().workflows
    assert [line.wf_id for line in lines] == sorted(line.wf_id for line in lines)
    assert len(lines) == 2
    assert {line.composition: line.failed for line in lines} == {"references": 1, "Na3SbS4-W0.5-vac": 0}


def test_a_page_is_drawn_once_for_each_reading(launchpad, submitted):
    drawn = []

    def draw(reading):
        drawn.append(reading.taken)
        return Markup("page")

    view = CampaignView(launchpad, submitted)
    assert [view.draw(draw), view.draw(draw)] == ["page", "page"]
    assert drawn == [view.read().taken]


def test_a_reading_that_costs_much_is_shown_for_longer(launchpad, submitted, monkeypatch):
    view = CampaignView(launchpad, submitted)
    first = view.read()
    view._cost_s = 1.0
    now = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: now + 49)
    assert view.read() is first
    monkeypatch.setattr(time, "monotonic", lambda: now + 51)
    assert view.read() is not first
