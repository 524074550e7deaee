"""The ranking in a terminal."""

import io
import re

from rich.console import Console

from screening.decision import Stage, Verdict
from screening.record.ranking import best_first
from screening.report.sections.survivors import survivors_table
from screening.report.terminal import ranked_table
from tests.campaign_record import make_record

RECORD = make_record()


def test_ranked_table_prints_the_best_first():
    console = Console(width=200, record=True, file=open("/dev/null", "w"))  # noqa: PTH123, SIM115
    console.print(ranked_table(RECORD, most=5))
    text = console.export_text()
    assert "demonstration" in text
    assert text.index("✓ pass") > 0
    assert len(re.findall(r"_a\d", text)) == 5


def test_a_candidate_with_an_undecided_hull_is_listed():
    subject = next(d.subject for d in RECORD.decisions if d.stage is Stage.HULL and d.verdict is Verdict.FAIL)
    changed = tuple(
        d.model_copy(update={"verdict": Verdict.UNDECIDED}) if (d.subject, d.stage) == (subject, Stage.HULL) else d
        for d in RECORD.decisions
    )
    without_md = tuple(run for run in RECORD.md if run.candidate_id != subject)
    record = RECORD.model_copy(update={"decisions": changed, "md": without_md})
    console = Console(width=200, record=True, file=io.StringIO())
    console.print(ranked_table(record, most=None))
    assert subject in console.export_text()
    assert subject in str(survivors_table(record))


def test_a_lower_bound_of_the_hull_energy_is_marked():
    hull = next(hull for hull in RECORD.hulls if hull.candidate_id == best_first(RECORD)[0].id)
    bound = hull.model_copy(update={"missing_systems": ("Na-S-Sb",), "missing_compounds": ("NaSbS2",)})
    record = RECORD.model_copy(update={"hulls": tuple(bound if h is hull else h for h in RECORD.hulls)})
    console = Console(width=200, record=True, file=io.StringIO())
    console.print(ranked_table(record, most=1))
    assert f"\u2265 {bound.hull_energy_meV_per_atom:.0f}" in console.export_text()
    assert "lower bound: no reference of NaSbS2" in str(survivors_table(record))


def test_the_conductivity_printed_is_the_one_judged():
    first = next(history for history in best_first(RECORD) if history.judged() is not None)
    judged = first.judged()
    changed = judged.model_copy(update={"temperature_K": 311.0, "value": 77.0, "low95": 70.0, "high95": 88.0})
    decisions = tuple(changed if decision is judged else decision for decision in RECORD.decisions)
    console = Console(width=200, record=True, file=io.StringIO())
    console.print(ranked_table(RECORD.model_copy(update={"decisions": decisions}), most=None))
    line = next(text for text in console.export_text().splitlines() if first.id in text)
    assert "311" in line
    assert "77 (70 to 88)" in line
