"""The revisions of a campaign: listed and compared, stopped, archived, removed."""

import datetime as dt
import json
import shutil
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ewald.errors import UserError
from screening.campaign.campaign import Campaign
from workflows.campaign.folders import MARK
from workflows.campaign.submitted_settings import NOT_COMPARED, settings_path
from workflows.launchpad.queries import fireworks_of, workflows_of
from workflows.operations.status import states_by_stage
from workflows.spec import STAGES
from workflows.store.entry import CampaignEntry
from workflows.store.store import Store

if TYPE_CHECKING:
    from fireworks import LaunchPad


@dataclass(frozen=True)
class RevisionStatus:
    """One revision of a campaign.

    Attributes
    ----------
    revision
        Hash of the settings that results depend on.
    present
        Whether the campaign file has these settings now.
    submitted_on, version
        When it was submitted first, and with which IonSieve last.
    stopped
        Whether workers leave its work alone.
    fireworks
        Number of Fireworks by group: waiting, running, done, failed, put aside.
    results
        Number of results.
    differs
        Settings in which it differs from the campaign file, with both values: `seed: 1 here, 7 there`.
    """

    revision: str
    present: bool
    submitted_on: dt.datetime
    version: str
    stopped: bool
    fireworks: dict[str, int]
    results: int
    differs: tuple[str, ...]

    @property
    def lives(self) -> bool:
        """Whether anything of it runs or will run."""
        return bool(self.fireworks.get("running")) or (not self.stopped and bool(self.fireworks.get("waiting")))


def revisions_of(launchpad: "LaunchPad", campaign: Campaign) -> tuple[RevisionStatus, ...]:
    """List the revisions of a campaign, oldest first."""
    store = Store(launchpad.db)
    found = []
    for revision, about in store.about_revisions(campaign.name).items():
        entry = store.campaign(campaign.name, revision)
        found.append(
            RevisionStatus(
                revision=revision,
                present=revision == campaign.revision(),
                submitted_on=about["created_on"],
                version=about["version"],
                stopped=bool(about.get("stopped")),
                fireworks=_fireworks(launchpad, entry),
                results=store.count_results(entry),
                differs=tuple(differences(campaign, entry.campaign)),
            )
        )
    return tuple(found)


def differences(here: Campaign, there: Campaign) -> Iterator[str]:
    """Yield the settings in which two campaigns differ, of those that results depend on."""
    mine, other = (flat(item.model_dump(mode="json", exclude=NOT_COMPARED)) for item in (here, there))
    for key in sorted(mine.keys() | other.keys()):
        if mine.get(key) != other.get(key):
            yield f"{key}: {mine.get(key, 'not set')} in the file, {other.get(key, 'not set')} there"


def flat(document: Any, prefix: str = "") -> dict[str, Any]:
    """Return a nested document as {path: value}; lists count as values.

    Examples
    --------
    >>> flat({"a": {"b": 1}, "c": [2]})
    {'a.b': 1, 'c': [2]}
    """
    if not isinstance(document, dict):
        return {prefix: document}
    found: dict[str, Any] = {}
    for key, value in document.items():
        found |= flat(value, f"{prefix}.{key}" if prefix else str(key))
    return found


def archive(launchpad: "LaunchPad", entry: CampaignEntry) -> int:
    """Set a revision's Fireworks to ARCHIVED for good; returns how many. Its results stay.

    Raises
    ------
    UserError
        While something of it runs.
    """
    _refuse_running(launchpad, entry)
    Store(launchpad.db).stop(entry, stopped=True)
    for workflow in launchpad.workflows.find(workflows_of(entry), {"nodes": 1}):
        states = {f"fw_states.{fw_id}": "ARCHIVED" for fw_id in workflow["nodes"]}
        launchpad.workflows.update_one({"_id": workflow["_id"]}, {"$set": {"state": "ARCHIVED", **states}})
    change = {"$set": {"state": "ARCHIVED", "updated_on": dt.datetime.now(dt.UTC)}}
    return int(launchpad.fireworks.update_many(fireworks_of(entry), change).modified_count)


def remove(launchpad: "LaunchPad", entry: CampaignEntry, *, files: bool) -> tuple[int, int]:
    """Delete a revision's documents, and with `files` the folders that no other revision has a result in.

    Parameters
    ----------
    launchpad
        The database.
    entry
        The revision.
    files
        Delete its files of relaxations and MD as well.

    Returns
    -------
    tuple
        Number of documents and of folders.

    Raises
    ------
    UserError
        While something of it runs.
    """
    _refuse_running(launchpad, entry)
    store = Store(launchpad.db)
    store.stop(entry, stopped=True)
    folders = list(_own_folders(store, entry)) if files else []
    numbers = [row["fw_id"] for row in launchpad.fireworks.find(fireworks_of(entry), {"fw_id": 1})]
    deleted = launchpad.workflows.delete_many(workflows_of(entry)).deleted_count
    deleted += launchpad.launches.delete_many({"fw_id": {"$in": numbers}}).deleted_count
    deleted += launchpad.fireworks.delete_many({"fw_id": {"$in": numbers}}).deleted_count
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)
    deleted += store.remove(entry)
    settings_path(entry).unlink(missing_ok=True)
    return deleted, len(folders)


def _fireworks(launchpad: "LaunchPad", entry: CampaignEntry) -> dict[str, int]:
    counts: Counter[str] = Counter()
    for states in states_by_stage(launchpad, entry).values():
        counts.update(states)
    return dict(counts)


def _refuse_running(launchpad: "LaunchPad", entry: CampaignEntry) -> None:
    running = launchpad.fireworks.count_documents(fireworks_of(entry, "RUNNING"))
    if running:
        raise UserError(
            f"{running} of its Fireworks run", value=entry.revision, fix="ionsieve stop, and wait for them to end"
        )


def _own_folders(store: Store, entry: CampaignEntry) -> Iterator[Path]:
    """Yield the folders of stages that hold results of this revision and of no other."""
    mine, others = store.inputs_hashes(entry)
    for stage in {kind.folder for kind in STAGES.values() if kind.folder} | {"md"}:
        for mark in (entry.folder / stage).rglob(MARK):
            try:
                content = json.loads(mark.read_text(encoding="utf-8"))
            except (OSError, ValueError):
                continue
            if content.get("inputs_hash") in mine - others:
                yield mark.parent
