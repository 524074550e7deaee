"""The settings that a campaign was submitted with, kept in its folder where only their owner can change them.

The database says what a worker shall do, and whoever can write to the database could have it run any program as an
engine. So a worker compares the campaign's settings with this file, which `ionsieve submit` writes, before it does
anything for the campaign.
"""

import json
import os
from pathlib import Path
from typing import Any

from ewald.errors import UserError
from ewald.files.atomic import write_atomic
from screening.campaign.campaign import Campaign
from workflows.store.entry import CampaignEntry

FOLDER = "submitted"
#: Says where and by how many workers a campaign runs, never what; but for the launcher of MPI ranks, a program.
NOT_COMPARED = {"database", "execution", "work_dir", "description"}


def settings_path(entry: CampaignEntry) -> Path:
    """Return the file of a campaign's revision."""
    return entry.folder / FOLDER / f"{entry.revision}.json"


def write_settings(entry: CampaignEntry) -> Path:
    """Keep the settings of a campaign that is being submitted."""
    return write_atomic(settings_path(entry), json.dumps(_submitted(entry), indent=1, sort_keys=True) + "\n")


def check_settings(entry: CampaignEntry, path: Path | None = None) -> None:
    """Refuse a campaign whose settings in the database are not those that a trusted user submitted.

    Parameters
    ----------
    entry
        The campaign as the database has it.
    path
        File of its submitted settings; that in its folder when left out.

    Raises
    ------
    UserError
        When the file is missing, is another user's, or says something else.
    """
    from workflows.settings import MachineSettings

    path = path or settings_path(entry)
    try:
        with path.open("rb") as stream:
            state = os.fstat(stream.fileno())
            content = json.loads(stream.read())
    except FileNotFoundError:
        raise UserError("this campaign was not submitted from here", file=path, fix="ionsieve submit") from None
    except (OSError, ValueError) as error:
        raise UserError(f"cannot be read: {error}", file=path, fix="ionsieve submit writes it again") from None
    if state.st_uid not in MachineSettings().user_ids() or state.st_mode & 0o002:
        raise UserError(
            "this campaign was submitted by another user",
            file=path,
            fix="if you trust that user, add the name to IONSIEVE_TRUSTED_USERS where the worker runs",
        )
    if not _same(content, _submitted(entry)):
        raise UserError(
            "the campaign's settings in the database are not those that were submitted",
            file=path,
            fix="find out who changed them; ionsieve submit with the right file starts again",
        )


def _same(content: Any, expected: dict[str, Any]) -> bool:
    """Whether a file says what is expected; keys that its release did not know yet have their defaults."""
    try:
        campaign = Campaign.model_validate(content["campaign"])
    except (ValueError, KeyError, TypeError):
        return False
    found: dict[str, Any] = json.loads(json.dumps(content | {"campaign": _compared(campaign)}))
    return found == json.loads(json.dumps(expected))


def _compared(campaign: Campaign) -> dict[str, Any]:
    return campaign.model_dump(mode="json", exclude=NOT_COMPARED)


def _submitted(entry: CampaignEntry) -> dict[str, Any]:
    return {
        "campaign": _compared(entry.campaign),
        "mpi_launcher": list(entry.campaign.execution.mpi_launcher),
        "folder": str(entry.folder),
        "base_dir": str(entry.base_dir),
    }
