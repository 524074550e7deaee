"""The campaign's page: what runs, what failed and where it leads."""

import re

import pytest

from tests.campaign_record import make_record
from tests.workflows.operations.test_progress import status
from workflows.dashboard.campaign_view import Reading, WorkflowLine
from workflows.dashboard.page import _MOST_FAILURES, _MOST_JOBS, campaign_page, live_part
from workflows.operations.jobs import JobStatus
from workflows.operations.status import StageStatus
from workflows.store import Failure

RECORD = make_record()
LINES = (WorkflowLine(7, "x <b>", "x", "RUNNING", 12, 2), WorkflowLine(9, "y", "y", "COMPLETED", 3, 0))


def page_of(**changes):
    return str(live_part(Reading(RECORD, status(**changes), LINES, 0.0)))


def section(page, name):
    return page.partition(f'id="{name}"')[2].partition("</section>")[0]


def test_progress_tells_what_is_left_and_never_makes_it_up():
    assert "about 10 min 0 s of work left" in section(page_of(), "progress")
    assert "no estimate yet" in section(page_of(left_s=None), "progress")
    assert "5 of 12" in section(page_of(), "progress")
    idle = status().stages[:0]
    assert "Nothing left to do" in section(page_of(stages=idle), "progress")


def test_running_is_said_only_where_something_runs():
    waiting = {"WAITING": 4, "PAUSED": 1, "READY": 2, "RESERVED": 3}
    stages = (StageStatus("relax", {"waiting": 10, "done": 2}, 12, 3.0, waiting),)
    text = section(page_of(stages=stages), "progress")
    assert "Nothing runs: 3 reserved for queue jobs, 2 ready, 1 paused, 4 waiting." in text
    cells = re.findall(r"<td[^>]*>([^<]*)</td>", text)
    assert cells[1:6] == ["4", "1", "2", "3", "2"]
    assert "put aside" not in text  # a state that no Firework is in has no column
    assert "running" not in text


def test_jobs_are_listed_with_number_host_and_reason():
    runs = JobStatus("relax:x_a1", "relax", "x_a1", "RUNNING", 17, "node<1>", 90.0, 12.0, "RUNNING", None)
    waits = JobStatus("relax:x_a2", "relax", "x_a2", "RESERVED", 18, None, 600.0, None, "PENDING", "Priority")
    text = section(page_of(jobs=(runs, waits)), "jobs")
    assert "node&lt;1&gt;" in text
    assert "reserved, its job is pending (Priority)" in text
    assert "and 5 more" in section(page_of(jobs=(waits,) * (_MOST_JOBS + 5)), "jobs")
    assert "Nothing is running" in section(page_of(), "jobs")


def test_failures_are_grouped_and_lead_to_their_workflow():
    text = section(page_of(), "failures")
    assert text.count("<tr") == 3  # the head, and two kinds
    assert 'href="/wf/7"' in text
    assert "x_a1" in text
    assert "Nothing failed." in section(page_of(failures=()), "failures")


def test_only_the_first_of_many_failures_are_named():
    many = tuple(Failure(f"relax:x_a{n}", f"x_a{n}", "relax", "walltime", "slow", 3) for n in range(_MOST_FAILURES + 5))
    text = section(page_of(failures=many), "failures")
    assert len(re.findall(r"x_a\d+", text)) == _MOST_FAILURES
    assert f"<td>{len(many)}</td>" in text


def test_a_subject_without_a_workflow_is_no_link():
    lost = (Failure("relax:gone_a1", "gone_a1", "relax", "walltime", "slow", 3),)
    assert "<span>gone_a1</span>" in section(page_of(failures=lost), "failures")


def test_names_are_escaped_and_every_workflow_is_linked():
    text = section(page_of(), "workflows")
    assert "x &lt;b&gt;" in text
    assert {"/wf/7", "/wf/9"} <= set(re.findall(r'href="([^"]+)"', text))
    assert "<script>x" not in campaign_page("<script>x", live_part(Reading(RECORD, status(), LINES, 0.0)))


@pytest.mark.parametrize("name", ["a b", "x/../y", 'q"'])
def test_candidates_are_linked_by_an_address_that_holds_their_name(name):
    from workflows.dashboard.page import _candidate

    assert re.search(r'href="/campaign/candidate/[\w%./-]+"', str(_candidate(name)))


def test_of_many_candidates_the_best_are_ranked_and_the_report_has_all(monkeypatch):
    every = section(page_of(), "ranking")
    assert "These are the best" not in every
    assert every.count("<tr") > 2
    monkeypatch.setattr("workflows.dashboard.page._MOST_RANKED", 1)
    first = section(page_of(), "ranking")
    assert first.count("<tr") == 2  # the head, and one
    assert f"These are the best 1 of {every.count('<tr') - 1}." in first
    assert 'href="/campaign/report"' in first
