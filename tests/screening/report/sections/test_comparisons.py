"""Surrogate, short against long, rejections, steps: each against a plain recount."""

import pytest
from scipy.stats import spearmanr

from ewald.numbers import estimate
from screening.decision import Stage, Verdict
from screening.record.audit import filter_recall, short_against_long
from screening.report.sections.agreement import agreement_section, recall_section
from screening.report.sections.rejections import group_rejections
from screening.report.sections.schedule import count_steps
from screening.report.sections.surrogate import measure_surrogate
from tests.campaign_record import make_record

RECORD = make_record()


def test_surrogate_rank_correlation_of_one_composition():
    found = measure_surrogate(RECORD)
    composition = next(iter(found.by_composition))
    relaxed = {r.id: r.energy_eV for r in RECORD.relaxed if r.converged}
    pairs = [
        (c.ewald_energy_eV, relaxed[c.id])
        for c in RECORD.candidates
        if c.composition_id == composition and c.id in relaxed
    ]
    expected = spearmanr([a for a, _ in pairs], [b for _, b in pairs]).statistic
    assert found.by_composition[composition] == pytest.approx(expected)
    assert sum(p.ewald_meV_per_atom for p in found.points) == pytest.approx(0, abs=1e-6)


def test_a_perfect_surrogate_has_correlation_one():
    relaxed = {r.id: r for r in RECORD.relaxed}
    perfect = RECORD.model_copy(
        update={
            "relaxed": tuple(
                relaxed[c.id].model_copy(update={"energy_eV": 2 * c.ewald_energy_eV, "converged": True})
                for c in RECORD.candidates
                if c.id in relaxed
            )
        }
    )
    found = measure_surrogate(perfect)
    assert found.mean == pytest.approx(1.0)
    assert found.lowest_found == len({p.composition for p in found.points})


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


def test_rejections_are_grouped_by_reason_without_its_numbers():
    groups = group_rejections(RECORD)
    assert sum(len(members) for members in groups.values()) == sum(d.verdict is Verdict.FAIL for d in RECORD.decisions)
    assert (Stage.HULL, "hull_energy", "… meV/atom above the hull") in groups


def test_steps_against_the_fixed_schedule():
    short, long = count_steps(RECORD)
    assert short.spent == sum(run.steps for run in RECORD.md if run.stage is Stage.SHORT_MD)
    assert short.fixed == short.runs * 1000  # 10 ps at 10 fs
    assert long.fixed == long.runs * 12500  # 25 ps at 2 fs
