"""One candidate has one verdict per stage, whichever output is read."""

import csv
import json
import re
import sqlite3
from contextlib import closing

import pytest

from screening.decision import Stage, Verdict
from screening.record.explain import explain_candidate
from screening.record.export import export_record
from screening.record.history import CANDIDATE_STAGES
from screening.record.record_file import read_record
from screening.report.page import report_page
from screening.transport.arrhenius import judged_conductivity
from screening.transport.conductivity import Estimate
from screening.transport.verdict import judge
from tests.campaign_record import make_record
from workflows.shipped import finished_campaign

COLUMN = {Stage.RELAX: "relaxed", Stage.HULL: "hull", Stage.SHORT_MD: "short_md", Stage.LONG_MD: "long_md"}
MD_STAGES = (Stage.SHORT_MD, Stage.LONG_MD)


def with_an_undecided_last_run():
    """Return the made-up record with a candidate that passed, though its last run alone would not tell."""
    record = make_record()
    passed = next(d for d in record.decisions if d.stage is Stage.LONG_MD and d.verdict is Verdict.PASS)
    last = max((r for r in record.md if (r.candidate_id, r.stage) == (passed.subject, passed.stage)), key=_temperature)
    near_the_threshold = Estimate(mean=1.0, low95=0.5, high95=2.0)
    transport = last.transport.model_copy(update={"sigma_mS_cm": near_the_threshold})
    rule = record.campaign.verdict.model_copy(update={"temperature_K": None})
    assert judge(judged_conductivity([transport], rule), rule) is Verdict.UNDECIDED
    runs = tuple(run.model_copy(update={"transport": transport}) if run is last else run for run in record.md)
    return record.model_copy(update={"md": runs})


def _temperature(run):
    return run.temperature_K


def in_the_ledger(folder):
    lines = [json.loads(line) for line in (folder / "ledger.jsonl").read_text().splitlines()]
    return {(line["subject"], line["stage"]): line["verdict"] for line in lines}


def in_rows(rows):
    return {(row["candidate"], stage): row[name] for row in rows for stage, name in COLUMN.items() if row[name]}


def in_the_database(folder):
    with closing(sqlite3.connect(folder / "diffusivity.sqlite")) as connection:
        rows = connection.execute("SELECT DISTINCT candidate, stage, verdict FROM diffusivity").fetchall()
    assert len(rows) == len({(candidate, stage) for candidate, stage, _ in rows})
    return {(candidate, stage): verdict for candidate, stage, verdict in rows}


def in_the_report(page, candidates):
    """Read the table of decisions of every candidate's section."""
    found = {}
    stages = {stage.heading: stage for stage in CANDIDATE_STAGES}
    sections = dict(re.findall(r"<summary><strong>([^<]+)</strong>(.*?)(?=<summary><strong>|$)", page, re.DOTALL))
    for candidate in candidates:
        badges = re.findall(r'<tr><td[^>]*>([^<]+)</td><td[^>]*><span class="badge (\w+)">', sections[candidate])
        found |= {(candidate, stages[title]): verdict for title, verdict in badges if title in stages}
    return found


def in_the_survivors_table(page):
    table = page[page.index('id="survivors"') :]
    found = {}
    for row in re.findall(r"<tr[^>]*>(.*?)</tr>", table[: table.index("</table>")], re.DOTALL):
        name, badges = re.search(r">([^<>]+)</a>", row), re.findall(r'class="badge (\w+)"', row)
        if name is not None and badges:
            found |= {(name[1], stage): v for stage, v in zip(MD_STAGES, badges, strict=True) if v != "none"}
    return found


def in_the_story(record, candidate):
    text = explain_candidate(record, candidate)
    return {
        (candidate, stage): verdict.lower()
        for verdict, stage in re.findall(r"^  => (\w+):.*?^     stage (\w+),", text, re.DOTALL | re.MULTILINE)
        if stage in CANDIDATE_STAGES
    }


@pytest.mark.parametrize(
    "record",
    [with_an_undecided_last_run(), read_record(finished_campaign())],
    ids=["a last run that alone is undecided", "the shipped campaign"],
)
def test_every_output_says_the_same_verdict(record, tmp_path):
    export_record(record, tmp_path, ("csv", "json", "ledger", "sqlite"))
    candidates = [candidate.id for candidate in record.candidates]
    decided = {
        (subject, stage): verdict
        for (subject, stage), verdict in in_the_ledger(tmp_path).items()
        if subject in candidates and stage in CANDIDATE_STAGES
    }
    of_md = {key: verdict for key, verdict in decided.items() if key[1] in MD_STAGES}
    assert of_md
    assert in_rows(csv.DictReader((tmp_path / "candidates.csv").open())) == decided
    assert in_rows(json.loads((tmp_path / "candidates.json").read_text())["candidates"]) == decided
    page = report_page(record)
    assert in_the_report(page, candidates) == decided
    assert in_the_survivors_table(page) == of_md
    stories = {}
    for candidate in candidates:
        stories |= in_the_story(record, candidate)
    assert stories == decided
    assert in_the_database(tmp_path) == of_md
