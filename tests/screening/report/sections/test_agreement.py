"""Short against long MD and the recall of the filters, each against a plain recount."""

import pytest

from ewald.numbers import estimate
from screening.decision import Stage, Verdict
from screening.record.audit import filter_recall, short_against_long
from screening.report.sections.agreement import agreement_section, recall_section
from tests.campaign_record import make_record

RECORD = make_record()


def test_agreement_counts_every_candidate_with_both_verdicts_once():
    found = short_against_long(RECORD)
    long = {d.subject: d for d in RECORD.decisions if d.stage is Stage.LONG_MD}
    short = {d.subject: d for d in RECORD.decisions if d.stage is Stage.SHORT_MD}
    assert sum(found.confusion.values()) == found.candidates == len(long)
    for pair, number in found.confusion.items():
        assert number == sum(f"{short[s].verdict}/{long[s].verdict}" == pair for s in long)
    assert {name: (a, b) for name, a, b in found.pairs} == {s: (short[s].value, long[s].value) for s in long}


def audited_record():
    """The record with its first passes of each filter turned into rejected ones that were followed."""
    turned = {}
    for stage in (Stage.HULL, Stage.SHORT_MD):
        turned[stage] = next(d for d in RECORD.decisions if d.stage is stage and d.verdict is Verdict.PASS)
    decisions = tuple(
        d.model_copy(update={"verdict": Verdict.FAIL, "audited": True}) if d in turned.values() else d
        for d in RECORD.decisions
    )
    return RECORD.model_copy(update={"decisions": decisions})


def test_false_negatives_come_from_audited_candidates():
    found = short_against_long(audited_record())
    passed = sum(n for pair, n in found.confusion.items() if pair.endswith("/pass"))
    assert found.false_negative_rate == pytest.approx(found.confusion.get("fail/pass", 0) / passed)
    assert "False-negative rate of short MD among them" in agreement_section(audited_record())
    assert "false negatives are unknown" in agreement_section(RECORD)


def test_the_report_tells_the_recall_of_every_filter():
    followed = audited_record()
    section = recall_section(followed)
    for line in filter_recall(followed):
        row = next(part for part in section.split("<tr>") if f"<td>{line.stage.heading}</td>" in part)
        assert f'<td class="num">{line.rejected}</td><td class="num">{line.audited}</td>' in row
        assert (estimate(line.recall) if line.recall else "unknown") in row
    assert {Stage.HULL, Stage.SHORT_MD} <= {line.stage for line in filter_recall(followed) if line.audited}
