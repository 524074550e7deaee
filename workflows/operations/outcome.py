"""The outcome of a campaign: its record in one file, and the report page."""

from dataclasses import dataclass
from pathlib import Path

from screening.record.record import CampaignRecord
from screening.record.record_file import RECORD_NAME, write_record
from workflows.operations.record_builder import build_record
from workflows.store.results import CampaignResults


@dataclass(frozen=True)
class Outcome:
    """What was written at the end of a run.

    Attributes
    ----------
    record
        The whole campaign.
    record_file, report
        Where `record.json` and the page were written.
    """

    record: CampaignRecord
    record_file: Path
    report: Path


def write_outcome(results: CampaignResults) -> Outcome:
    """Write `record.json` and the report from what the database holds now.

    Parameters
    ----------
    results
        Results of the campaign in the database.
    """
    from screening.report.page import write_report
    from workflows.md.mechanisms import campaign_mechanisms

    record = build_record(results)
    file = write_record(record, results.entry.folder / RECORD_NAME)
    folder, out = results.entry.folder, results.entry.folder / "report"
    return Outcome(record, file, write_report(record, out, campaign_mechanisms(record, folder, out)))
