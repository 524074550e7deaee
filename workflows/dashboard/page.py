"""The campaign's page as HTML: progress by stage, funnel, ranking, failures, workflows."""

from collections import defaultdict
from urllib.parse import quote

from ewald.numbers import MISSING, duration
from screening.campaign.campaign import Campaign
from screening.record.funnel import count_funnel
from screening.record.history import CandidateHistory
from screening.record.prior_check import predictions_of, prior_sentence
from screening.record.ranking import best_first, what_to_make
from screening.record.record import CampaignRecord
from screening.report.demonstration import demonstration_banner
from screening.report.drawing.sankey import draw_funnel
from screening.report.html.markup import Content, Markup, join, tag
from screening.report.html.table import Cell, plain_table, sortable_table
from screening.report.page import asset, scripts
from screening.report.sections.candidate_section import candidate_section
from screening.report.sections.survivors import survivors_table
from workflows.dashboard.campaign_view import Reading, WorkflowLine
from workflows.loop.situation import Situation
from workflows.operations.jobs import JOB_COLUMNS, JobStatus
from workflows.operations.progress import QUEUE
from workflows.operations.status import StageStatus
from workflows.spec import stage_words
from workflows.store.entry import Failure

_GROUPS = ("running", "done", "failed", "put aside")
_MOST_JOBS = 100
_MOST_RANKED = 50
"""Candidates in the ranking: an activation energy takes milliseconds to fit, and nobody scrolls through a thousand."""
_MOST_FAILURES = 12
"""Subjects listed per reason."""


def campaign_page(name: str, content: Markup) -> str:
    """Return the whole page around its living part."""
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("link", rel="icon", href="data:,"),
        tag("title", f"{name}: IonSieve dashboard"),
        tag("style", Markup(asset("report.css"))),
    )
    top = tag(
        "nav",
        tag("a", "Campaign", href="/campaign/"),
        tag("a", "Report", href="/campaign/report"),
        tag("a", "FireWorks", href="/"),
        tag("a", "FireWorks by workflow", href="/wf/"),
        tag("a", "FireWorks charts", href="/report/"),
        tag("span", "", id="age", class_="note"),
    )
    body = tag(
        "body",
        tag("header", tag("h1", name), top),
        tag("main", content, id="live"),
        tag("script", Markup(scripts())),
        tag("script", "", src="/campaign/static/live.js"),
    )
    return f"<!DOCTYPE html>\n{tag('html', head, body, lang='en')}\n"


def live_part(reading: Reading) -> Markup:
    """Return the part of the page that is replaced as work goes on."""
    lines = {line.composition: line for line in reading.workflows}
    return join(
        demonstration_banner(reading.record),
        tag("section", tag("h2", "Progress"), _progress(reading), id="progress"),
        tag("section", tag("h2", "Jobs"), _jobs(reading.status.jobs), id="jobs"),
        _choice(reading.choice, reading.record),
        tag("section", tag("h2", "Funnel"), _funnel(reading.record), id="funnel"),
        tag("section", tag("h2", "Ranking"), _ranking(reading.record), id="ranking"),
        tag("section", tag("h2", "Failures"), _failures(reading.status.failures, lines), id="failures"),
        tag("section", tag("h2", "Workflows"), _workflows(reading.workflows), id="workflows"),
    )


def _choice(choice: Situation | None, record: CampaignRecord) -> Markup:
    """Return what is computed next and why, and how predictions did; nothing where there is neither."""
    predicted = prior_sentence(predictions_of(record), record.decisions)
    lines = [*(choice.lines() if choice else ()), *([predicted] if predicted else [])]
    if not lines:
        return Markup("")
    return tag(
        "section", tag("h2", "What is computed next"), tag("ul", (tag("li", line) for line in lines)), id="strategy"
    )


def candidate_page(history: CandidateHistory, campaign: Campaign) -> Markup:
    """Return one candidate's section, open."""
    return Markup(candidate_section(history, campaign).replace("<details ", '<details open="" ', 1))


def _funnel(record: CampaignRecord) -> Markup:
    return tag("figure", draw_funnel(count_funnel(record)), class_="wide")


def _ranking(record: CampaignRecord) -> Markup:
    every = tag("p", tag("a", "The report", href="/campaign/report"), " lists every candidate, the rejected ones too.")
    ranking = best_first(record)
    table = survivors_table(record, link=_candidate, most=_MOST_RANKED, ranking=ranking)
    return join(tag("p", what_to_make(record, ranking)), table, every)


def _candidate(name: str) -> Markup:
    return tag("a", name, href=f"/campaign/candidate/{quote(name)}")


def _progress(reading: Reading) -> Markup:
    status = reading.status
    now = f"{status.now[:1].upper()}{status.now[1:]}"
    left = f", about {duration(status.left_s)} of work left" if status.left_s is not None else ", no estimate yet"
    sentence = f"{now}. {duration(status.spent_s)} of work done{left if status.active else ''}."
    # States that no Firework is in are left out: the table has to fit a phone.
    queue = [state for state in QUEUE if any(stage.queue.get(state) for stage in status.stages)]
    groups = [group for group in _GROUPS if group == "done" or any(stage.states.get(group) for stage in status.stages)]
    rows = [
        [
            stage_words(stage.name),
            _bar(stage),
            *(str(stage.queue.get(state, 0)) for state in queue),
            *(str(stage.states.get(group, 0)) for group in groups),
            _left(stage),
        ]
        for stage in status.stages
    ]
    columns = ("stage", "progress", *(state.lower() for state in queue), *groups, "left")
    last = tag("p", f"Last verdict: {status.last_verdict}.") if status.last_verdict else None
    return join(tag("p", sentence, id="now"), last, plain_table(columns, rows))


def _jobs(jobs: tuple[JobStatus, ...]) -> Markup:
    if not jobs:
        return tag("p", "Nothing is running, and no queue job is reserved.")
    rows = [[*job.cells, job.words] for job in jobs[:_MOST_JOBS]]
    more = len(jobs) - _MOST_JOBS
    table = plain_table((*JOB_COLUMNS, "state"), rows)
    return join(table, tag("p", f"and {more} more") if more > 0 else "")


def _bar(stage: StageStatus) -> Markup:
    share = stage.done / stage.expected if stage.expected else 0.0
    return tag(
        "span",
        tag("progress", value=f"{share:.3f}", max=1),
        f" {stage.done} of {stage.expected}",
        style="white-space: nowrap",
    )


def _left(stage: StageStatus) -> Content:
    if stage.mean_s is None:
        return MISSING
    return tag("span", duration(stage.mean_s * stage.left), style="white-space: nowrap")


def _failures(failures: tuple[Failure, ...], lines: dict[str, WorkflowLine]) -> Markup:
    if not failures:
        return tag("p", "Nothing failed.")
    groups: defaultdict[tuple[str, str], list[Failure]] = defaultdict(list)
    for failure in failures:
        groups[failure.stage, failure.kind].append(failure)
    return plain_table(
        ("stage", "kind", "how many", "first reason", "who"),
        (
            [
                stage_words(stage), kind, str(len(members)), members[0].reason,
                join(*(join(_workflow_of(member.subject, lines), " ") for member in members[:_MOST_FAILURES])),
            ]
            for (stage, kind), members in groups.items()
        ),
    )  # fmt: skip


def _workflow_of(subject: str, lines: dict[str, WorkflowLine]) -> Markup:
    for composition in (subject, subject.rpartition("_a")[0]):
        if composition in lines:
            return tag("a", subject, href=f"/wf/{lines[composition].wf_id}")
    return tag("span", subject)


def _workflows(lines: tuple[WorkflowLine, ...]) -> Markup:
    return sortable_table(
        "workflow-table",
        ("workflow", "name", "state", "Fireworks", "failed"),
        (
            [
                Cell(tag("a", f"/wf/{line.wf_id}", href=f"/wf/{line.wf_id}"), line.wf_id),
                line.name,
                line.state,
                Cell(str(line.fireworks), line.fireworks),
                Cell(str(line.failed), line.failed),
            ]
            for line in lines
        ),
        filters=(2,),
    )
