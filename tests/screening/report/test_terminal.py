"""The ranking in a terminal."""

import io
import re

from rich.console import Console

from screening.decision import Stage, Verdict
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
