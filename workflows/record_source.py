"""Where commands that read a campaign find its record: a folder, a file, or the campaign's name."""

from dataclasses import dataclass
from pathlib import Path

from screening.campaign import Campaign, load_campaign
from screening.record import CampaignRecord
from screening.record_file import RECORD_NAME, read_record


@dataclass(frozen=True)
class RecordSource:
    """A record with the folder it belongs to."""

    record: CampaignRecord
    folder: Path


def open_record(source: str) -> RecordSource:
    """Find and read a campaign's record.

    Parameters
    ----------
    source
        A campaign folder, a record.json, or a campaign file.

    Raises
    ------
    RecordError
        When there is no record yet.
    CampaignError
        When the campaign file cannot be understood.
    """
    path = Path(source).expanduser()
    if path.is_dir():
        return RecordSource(read_record(path), path)
    if path.suffix == ".json":
        return RecordSource(read_record(path), path.parent)
    folder = _folder(load_campaign(path))
    return RecordSource(read_record(folder / RECORD_NAME), folder)


def _folder(campaign: Campaign) -> Path:
    return Path(campaign.work_dir).expanduser() / campaign.name
