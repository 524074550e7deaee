"""The campaign argument of every command: a file's path, or the name of a shipped campaign."""

from dataclasses import dataclass
from pathlib import Path

from screening.campaign import Campaign, load_campaign
from workflows.folders import campaign_folder
from workflows.shipped import config_names, config_path


@dataclass(frozen=True)
class CampaignFile:
    """A campaign file that was read.

    Attributes
    ----------
    path
        Where it stands.
    campaign
        What it says.
    """

    path: Path
    campaign: Campaign

    @property
    def base_dir(self) -> Path:
        """Folder against which relative paths in the file are taken."""
        return self.path.parent

    @property
    def folder(self) -> Path:
        """Folder of the campaign's results."""
        return campaign_folder(self.campaign)


def open_campaign(argument: str) -> CampaignFile:
    """Read a campaign by path, or a shipped one by name.

    Raises
    ------
    CampaignError
        When there is no such file, or it cannot be meant.
    """
    path = Path(argument).expanduser()
    if not path.exists() and path.name == argument and argument in config_names("campaigns"):
        path = config_path("campaigns", argument)
    return CampaignFile(path.absolute(), load_campaign(path.absolute() if path.exists() else path))
