"""The campaign argument of every command: a file's path, or the name of a shipped campaign."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ewald.errors import CampaignError, UserError
from screening.campaign.campaign import Campaign, load_campaign
from screening.campaign.execution import EngineChoice
from workflows.campaign.folders import campaign_folder
from workflows.shipped import config_names, config_path

if TYPE_CHECKING:
    from screening.plan.plan import Plan


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

    Parameters
    ----------
    argument
        Path of a campaign file, or the name of a shipped campaign.

    Raises
    ------
    CampaignError
        When there is no such file, it cannot be meant, or a file of its engine is missing.
    """
    path = Path(argument).expanduser()
    if not path.exists() and path.name == argument and argument in config_names("campaigns"):
        path = config_path("campaigns", argument)
    campaign = load_campaign(path.absolute() if path.exists() else path)
    return CampaignFile(path.absolute(), _sealed(campaign, path.absolute()))


def _sealed(campaign: Campaign, path: Path) -> Campaign:
    """Return the campaign with the checksums of its engine's own files, which are part of its revision."""
    from workflows.engines.cache import resolved
    from workflows.engines.engine_files import sealed

    def with_seal(choice: EngineChoice) -> EngineChoice:
        return choice.model_copy(update={"seal": sealed(resolved(choice, path.parent)).seal})

    try:
        return campaign.with_engines(with_seal)
    except CampaignError as error:
        if error.file:
            raise
        raise CampaignError(error.problem, file=path, field=error.field, value=error.value, fix=error.fix) from None


def plan_of(file: CampaignFile) -> "Plan":
    """Plan a campaign; errors name the campaign file.

    Parameters
    ----------
    file
        Campaign file as opened.

    Raises
    ------
    UserError
        For the first thing that cannot be meant.
    """
    from screening.plan.plan import build_plan

    try:
        return build_plan(file.campaign, file.base_dir)
    except UserError as error:
        if error.file is not None:
            raise
        raise type(error)(error.problem, file=file.path, field=error.field, value=error.value, fix=error.fix) from None
