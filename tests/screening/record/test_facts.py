"""The facts of a candidate: the terminal and the report print the same ones."""

import re

import pytest

from screening.decision import Stage
from screening.record.explain import explain_candidate
from screening.record.facts import Fact, candidate_facts
from screening.record.history import histories
from screening.report.html.markup import text
from screening.report.sections.candidate_section import candidate_section
from tests.campaign_record import make_record

RECORD = make_record()
DOSSIERS = histories(RECORD)


def facts_of(history):
    return [fact for stage in candidate_facts(history).values() for fact in stage]


@pytest.mark.parametrize("name", DOSSIERS)
def test_terminal_and_report_print_every_fact(name):
    story = explain_candidate(RECORD, name)
    section = re.sub("</?sub>", "", str(candidate_section(DOSSIERS[name]))).replace("→", text("->"))
    for fact in facts_of(DOSSIERS[name]):
        assert f"  {fact}\n" in story
        assert f"<dt>{text(fact.label)}</dt>" in section
        assert text(fact.value) in section
        assert text(fact.note) in section


def test_stages_without_results_have_no_facts():
    for history in DOSSIERS.values():
        found = candidate_facts(history)
        assert (Stage.RELAX in found) == (history.relaxed is not None)
        assert (Stage.HULL in found) == (history.hull is not None)
        assert (Stage.LONG_MD in found) == (len({run.temperature_K for run in history.md}) > 1)


def test_labels_are_unique():
    for history in DOSSIERS.values():
        labels = [fact.label for fact in facts_of(history)]
        assert len(labels) == len(set(labels))


def test_the_decomposition_of_a_stable_phase_costs_energy():
    history = next(d for d in DOSSIERS.values() if d.hull is not None and d.hull.reaction)
    stable = history.hull.model_copy(update={"hull_energy_meV_per_atom": -12.0})
    facts = facts_of(type(history)(history.candidate, hull=stable))
    assert Fact("Decomposition", stable.reaction, "would cost energy") in facts
    assert Fact("Hull", "stable, 12 meV/atom below the hull of its competitors") in facts


def test_a_failed_check_is_a_fact():
    relaxed = next(d.relaxed for d in DOSSIERS.values() if d.relaxed is not None)
    check = relaxed.checks[0].model_copy(
        update={"passed": False, "reason": "forces too large", "measured": 0.5, "limit": 0.03}
    )
    history = next(d for d in DOSSIERS.values() if d.relaxed is relaxed)
    broken = relaxed.model_copy(update={"checks": (check,)})
    fact = facts_of(type(history)(history.candidate, relaxed=broken))[-1]
    assert str(fact) == f"Check {check.name} FAILED: forces too large (measured 0.5, limit 0.03)"
