"""The end of a run: record and report, from what the database holds now."""

import pytest

from screening.record.record_file import RECORD_NAME, read_record
from workflows.operations.outcome import write_outcome
from workflows.operations.record_builder import build_record

pytestmark = pytest.mark.mongod


def test_record_and_report_are_written_and_agree_with_the_database(submitted):
    outcome = write_outcome(submitted)
    folder = submitted.entry.folder
    assert outcome.record_file == folder / RECORD_NAME
    assert read_record(folder) == outcome.record == build_record(submitted)
    assert outcome.report.is_relative_to(folder / "report")
    assert "toy" in outcome.report.read_text(encoding="utf-8")


def test_writing_again_replaces_both(submitted):
    first = write_outcome(submitted)
    before = first.record_file.read_bytes()
    first.report.write_text("old")
    again = write_outcome(submitted)
    assert again.record_file.read_bytes() == before
    assert again.report.read_text(encoding="utf-8") != "old"
