"""A campaign's folder that was moved: the database and the submitted settings follow it."""

from pathlib import Path
from typing import TYPE_CHECKING

from workflows.campaign.campaign_file import CampaignFile
from workflows.campaign.submitted_settings import check_settings, settings_path, write_settings
from workflows.store.store import Store

if TYPE_CHECKING:
    from workflows.store.entry import CampaignEntry


def follow_moved_folder(store: Store, file: CampaignFile) -> Path | None:
    """Enter the present folder of a campaign in the database, when its folder was moved to there.

    It was moved when the settings that each revision was submitted with are in the new place, and no longer in the old
    one; jobs that still run may have made that folder again. A folder that is only copied stays where it was.

    Parameters
    ----------
    store
        The campaigns of the database.
    file
        The campaign file, whose `work_dir` names the new place.

    Returns
    -------
    pathlib.Path or None
        The old place.

    Raises
    ------
    UserError
        When the settings in the new place are not those that were submitted.
    """
    entries = [store.campaign(file.campaign.name, revision) for revision in store.revisions(file.campaign.name)]
    moved = [entry for entry in entries if entry.folder != file.folder]
    if not moved or any(settings_path(entry).exists() for entry in moved):
        return None
    here = [(entry, _moved_to(entry, file)) for entry in moved]
    if not all(settings_path(new).is_file() for _, new in here):
        return None
    for old, new in here:
        # The files say the old place: they are compared as they are, and then written for the new one.
        check_settings(old, settings_path(new))
        store.relocate(new)
        write_settings(new)
    return moved[0].folder


def _moved_to(entry: "CampaignEntry", file: CampaignFile) -> "CampaignEntry":
    from dataclasses import replace

    return replace(entry, folder=file.folder, base_dir=file.base_dir)
