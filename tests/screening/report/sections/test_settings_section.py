import pytest

from screening.report.sections.settings_section import times
from tests.campaign_record import make_record


def test_md_brought_from_another_database_is_counted_once():
    record = make_record()
    assert record.md
    brought = record.model_copy(update={"seconds_by_stage": record.seconds_by_stage | {"short_md_finished": 5000.0}})
    assert times(brought) == times(record)
    computed = sum(run.core_seconds for run in record.md)
    assert computed > 0
    assert sum(s for stage, s in times(brought).items() if stage.endswith("_segment")) == pytest.approx(computed)
