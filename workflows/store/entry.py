"""What the store hands out: a registered campaign, a failure, a result with its key."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ewald.errors import UserError
from screening.campaign.campaign import Campaign
from screening.value import Value


class OtherVersionError(UserError):
    """Work was taken by a worker of another release of IonSieve."""

    reason = "other-version"


@dataclass(frozen=True)
class CampaignEntry:
    """A campaign as the database knows it: what to compute, and where its files are.

    Attributes
    ----------
    campaign, revision
        Its settings, and the hash of those that change results.
    folder
        Of its results.
    base_dir
        Of the campaign file: paths in it are relative to this folder.
    """

    campaign: Campaign
    revision: str
    folder: Path
    base_dir: Path

    @property
    def name(self) -> str:
        """The campaign's name."""
        return self.campaign.name


@dataclass(frozen=True)
class Failure:
    """Work that was given up.

    Attributes
    ----------
    key, subject, stage
        What was done, to which candidate or composition, at which stage.
    kind
        Short name of the cause, such as `walltime`; `status` groups by it, and `ionsieve rerun --reason` selects by it.
    reason
        One sentence on what happened.
    attempts
        How often it was tried.
    """

    key: str
    subject: str
    stage: str
    kind: str
    reason: str
    attempts: int


class StoredResult(Value):
    """A result with its key, to be carried to where the database cannot be asked.

    Attributes
    ----------
    stage, subject, inputs_hash
        Its key: what was done, to what, and the hash of everything that it depends on.
    current
        Whether no result on other inputs has superseded it.
    document
        The result.
    """

    stage: str
    subject: str
    inputs_hash: str
    current: bool
    document: dict[str, Any]


class BroughtResult(Value):
    """A result with its key and where it was made, to be brought to another database.

    Attributes
    ----------
    stage, subject, inputs_hash
        Its key: what was done, to what, and the hash of everything that it depends on.
    document
        The result.
    seconds, host, version
        How long it took, where, and which IonSieve made it.
    """

    stage: str
    subject: str
    inputs_hash: str
    document: dict[str, Any]
    seconds: float
    host: str
    version: str
