"""Where commands that read a campaign find its record: the live database, a folder, or record.json."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ewald.errors import UserError
from screening.record.record import CampaignRecord
from screening.record.record_file import COMPRESSED, RECORD_NAME, read_record
from workflows.shipped import FINISHED, finished_campaign

if TYPE_CHECKING:
    from fireworks import LaunchPad

    from workflows.campaign.campaign_file import CampaignFile
    from workflows.store.results import CampaignResults

"""The name under which commands find the finished campaign that is shipped."""

_READ_TIMEOUT_S = 10.0


@dataclass(frozen=True)
class RecordSource:
    """A record and its folders.

    Attributes
    ----------
    record
        The whole campaign.
    folder
        That of its files, to which paths in the record are relative.
    outputs
        That in which commands write when they are not told where.
    """

    record: CampaignRecord
    folder: Path
    outputs: Path


def open_record(source: str, *, composition: str = "") -> RecordSource:
    """Find and read a campaign's record.

    Parameters
    ----------
    source
        A campaign folder or a record.json, which are read as they are; or a campaign file (or a shipped campaign's
        name), whose database is asked while it runs and whose record.json is read when it does not; the private
        database of a campaign that has no record yet is started for the question. `finished_campaign` and
        `finished_sulfides` are those that are shipped, unless there is a folder of this name here; outputs go to that
        folder.
    composition
        A living record may be of this composition alone, with all decisions; see
        :func:`~workflows.operations.record_builder.build_record`.

    Raises
    ------
    UserError
        When there is no record yet, or the campaign file cannot be understood.
    """
    path = Path(source).expanduser()
    if source in FINISHED and not (path / RECORD_NAME).exists():
        folder = finished_campaign(source)
        return RecordSource(read_record(folder), folder, path)
    if path.is_dir():
        return RecordSource(read_record(path), path, path)
    if path.suffix in {".json", COMPRESSED}:
        return RecordSource(read_record(path), path.parent, path.parent)
    from workflows.campaign.campaign_file import open_campaign

    file = open_campaign(source)
    living = _living_record(file, composition)
    record = living if living is not None else read_record(file.folder / RECORD_NAME)
    return RecordSource(record, file.folder, file.folder)


def _open_results(file: "CampaignFile") -> "tuple[LaunchPad, CampaignResults]":
    """Open the database of a campaign, which has to run, and its results.

    Raises
    ------
    UserError
        When the database cannot be reached, or does not know the campaign.
    """
    from workflows.launchpad.connection import open_launchpad
    from workflows.store.store import Store

    launchpad = open_launchpad(file.campaign.database, file.folder, start=False, timeout_s=_READ_TIMEOUT_S)
    store = Store(launchpad.db)
    return launchpad, store.results(store.campaign(file.campaign.name, file.campaign.revision()))


def _living_record(file: "CampaignFile", composition: str) -> CampaignRecord | None:
    from workflows.operations.record_builder import build_record

    finished = (file.folder / RECORD_NAME).is_file()
    if file.campaign.database.mode == "private" and not (file.folder / "database").is_dir():
        if finished:
            return None
        raise UserError(
            f"this campaign was not run from the present folder: there is no {file.folder / 'database'}",
            file=file.path,
            fix="ionsieve run, or cd to where it was run, or name the folder of its record.json",
        )
    try:
        launchpad, results = _open_results(file)
    except UserError:
        # Only a finished campaign can be read without its database.
        if finished:
            return None
        if file.campaign.database.mode != "private":
            raise
        from workflows.operations.session import session

        with session(str(file.path)) as opened:
            return build_record(opened.results(), composition=composition)
    record = build_record(results, composition=composition)
    launchpad.connection.close()
    return record
