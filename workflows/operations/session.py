"""A command's connection to a campaign: its file, its database, its results."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ewald.errors import UserError
from workflows.campaign.campaign_file import CampaignFile, open_campaign
from workflows.database.launchpad_file import FILE_NAME, default_launchpad_file
from workflows.database.watchdog import ServerWatchdog
from workflows.engines.cache import choices_of
from workflows.engines.registry import read_settings
from workflows.launchpad.connection import open_launchpad, private_server
from workflows.operations.move import follow_moved_folder
from workflows.process.clean_end import CleanEnd
from workflows.store.entry import CampaignEntry
from workflows.store.results import CampaignResults
from workflows.store.store import Store

if TYPE_CHECKING:
    from fireworks import LaunchPad

    from workflows.database.server import PrivateServer


@dataclass(frozen=True)
class Session:
    """A campaign with its database.

    Attributes
    ----------
    file
        The campaign file.
    launchpad
        FireWorks' connection to the database.
    server
        The private server, when the campaign has one.
    started_server
        Whether this command started it.
    """

    file: CampaignFile
    launchpad: "LaunchPad"
    server: "PrivateServer | None"
    started_server: bool

    @property
    def launchpad_file(self) -> str:
        """The connection file that workers and FireWorks' commands read."""
        choice = self.file.campaign.database
        if choice.mode == "private":
            return str(self.file.folder / FILE_NAME)
        if choice.launchpad_file is not None:
            return choice.launchpad_file
        return str(default_launchpad_file())

    def entry(self, revision: str | None = None) -> CampaignEntry:
        """Return a revision of the campaign, by the first digits of its name; the present one when left out.

        Parameters
        ----------
        revision
            First digits of a revision.

        Raises
        ------
        UserError
            When there is none, or several.
        """
        store = Store(self.launchpad.db)
        name = self.file.campaign.name
        wanted = revision or self.file.campaign.revision()
        known = store.revisions(name)
        found = [item for item in known if item.startswith(wanted)]
        if len(found) != 1:
            raise UserError(
                "is no revision of this campaign" if not found else "is the beginning of several revisions",
                file=self.file.path,
                field="--revision",
                value=wanted,
                fix=f"one of {', '.join(known)}" if known else "ionsieve submit",
            )
        return store.campaign(name, found[0])

    def results(self) -> CampaignResults:
        """Return the results of the campaign's present revision.

        Raises
        ------
        UserError
            When it was not submitted.
        """
        store = Store(self.launchpad.db)
        store.prepare()
        campaign = self.file.campaign
        revision = campaign.revision()
        known = store.revisions(campaign.name)
        if revision not in known:
            others = f"; the database holds other settings of it (revisions {', '.join(known)})" if known else ""
            differ = "; ionsieve revisions lists what differs" if known else ""
            raise UserError(
                f"this campaign was not submitted{others}",
                file=self.file.path,
                fix=f"ionsieve submit, or ionsieve run{differ}",
            )
        return store.results(store.campaign(campaign.name, revision))


@contextmanager
def session(argument: str, *, keep_server: bool = False, new: bool = False) -> Iterator[Session]:
    """Open a campaign and its database, starting the private server where the campaign is configured for one.

    Parameters
    ----------
    argument
        The campaign argument of a command.
    keep_server
        Leave a server that was started here running when the work is done; else, and after an error, it is stopped,
        unless others use it by then.
    new
        The campaign may be entered now for the first time; else nothing is made where there is nothing yet.

    Raises
    ------
    UserError
        When the campaign was never submitted, its engine's preset is wrong, or its database cannot be reached.
    """
    file = open_campaign(argument)
    private = file.campaign.database.mode == "private"
    server = private_server(file.folder) if private else None
    if server is not None and not new and not server.folder.is_dir():
        raise UserError(
            f"this campaign was not submitted from the present folder: there is no {server.folder}",
            file=file.path,
            fix="ionsieve submit or ionsieve run, or cd to where it was submitted",
        )
    if new:
        from screening.transport.kinisi_estimator import require_estimator

        require_estimator(file.campaign.verdict.estimator, file=file.path)
        for choice in choices_of(file.campaign, file.base_dir).values():
            read_settings(choice)
        _make(file)
    started = server is not None and not server.status().running
    launchpad: LaunchPad | None = None
    done = False
    with CleanEnd() as end:
        try:
            with end.hold():
                launchpad = open_launchpad(file.campaign.database, file.folder)
            old = follow_moved_folder(Store(launchpad.db), file)
            if old is not None:
                again = "; what running jobs write there is computed again" if old.exists() else ""
                sys.stderr.write(f"the campaign's folder was moved here from {old}{again}\n")
            with ServerWatchdog(server):
                yield Session(file, launchpad, server, started)
            done = True
        finally:
            if launchpad is not None:
                launchpad.connection.close()
            if server is not None and started and not (keep_server and done):
                server.stop_if_unused()


def _make(file: CampaignFile) -> None:
    """Make the campaign's folder, or say why that cannot be."""
    try:
        file.folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(
            f"its folder cannot be created: {error.strerror}",
            file=file.path,
            field="work_dir",
            value=file.campaign.work_dir,
            fix="name a folder that you may write to",
        ) from None
