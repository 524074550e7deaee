"""All campaigns of one database: indexes, registration, versions."""

import datetime as dt
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ewald.errors import UserError
from ewald.version import __version__
from screening.campaign.campaign import Campaign
from workflows.store.entry import CampaignEntry, OtherVersionError
from workflows.store.results import MARK_FIELDS, CampaignResults
from workflows.store.retry import retried
from workflows.store.tally import TALLY_FIELDS

if TYPE_CHECKING:
    from pymongo.collection import Collection
    from pymongo.database import Database

SCHEMA_VERSION = 1
INDEXES = 2
"""Counts up when an index is added, which earlier releases need not know of."""
KEY = ("campaign", "revision", "subject", "stage", "inputs_hash")


class Store:
    """Results and decisions of all campaigns in one database.

    Parameters
    ----------
    database
        A pymongo database; the same one that FireWorks uses.
    """

    def __init__(self, database: "Database[dict[str, Any]]") -> None:
        from pymongo import WriteConcern

        # Results count as written once the server's journal is on disk: a killed server loses none.
        safe = database.with_options(write_concern=WriteConcern(w=1, j=True))
        self._campaigns: Collection[dict[str, Any]] = safe["ionsieve_campaigns"]
        self._results: Collection[dict[str, Any]] = safe["ionsieve_results"]
        self._decisions: Collection[dict[str, Any]] = safe["ionsieve_decisions"]
        self._failures: Collection[dict[str, Any]] = safe["ionsieve_failures"]
        self._losses: Collection[dict[str, Any]] = safe["ionsieve_losses"]
        self._derived: Collection[dict[str, Any]] = safe["ionsieve_derived"]
        self._meta: Collection[dict[str, Any]] = safe["ionsieve_meta"]

    @retried
    def prepare(self) -> None:
        """Make the indexes, and check that the database was written by a version this one understands.

        Raises
        ------
        UserError
            When a later version of IonSieve wrote it.
        """
        document = self._meta.find_one({"_id": "schema"})
        found = document["version"] if document else None
        if found is not None and found > SCHEMA_VERSION:
            raise UserError(
                f"the database was written by a later IonSieve (schema {found}, this one knows {SCHEMA_VERSION})",
                fix="upgrade ionsieve",
            )
        if document is not None and document.get("indexes") == INDEXES:
            return
        self._campaigns.create_index([("name", 1), ("revision", 1)], unique=True)
        for collection in (self._results, self._decisions):
            collection.create_index([(field, 1) for field in KEY], unique=True)
            collection.create_index([("campaign", 1), ("revision", 1), ("stage", 1)])
        for fields in (TALLY_FIELDS, MARK_FIELDS):
            self._results.create_index([(field, 1) for field in fields])
        self._failures.create_index([("campaign", 1), ("revision", 1), ("key", 1)], unique=True)
        made = {"version": SCHEMA_VERSION, "indexes": INDEXES, "ionsieve": __version__}
        self._meta.update_one({"_id": "schema"}, {"$set": made}, upsert=True)

    @retried
    def register(self, entry: CampaignEntry) -> bool:
        """Enter a campaign; True when its settings are new here.

        Raises
        ------
        UserError
            When another folder already holds a campaign of that name in this database.
        """
        other = self._campaigns.find_one({"name": entry.name, "folder": {"$ne": str(entry.folder)}})
        if other is not None:
            raise UserError(
                f"this database already holds a campaign of that name, in {other['folder']}",
                field="name",
                value=entry.name,
                fix="give this one another name",
            )
        first = {"folder": str(entry.folder), "created_on": dt.datetime.now(dt.UTC), "stopped": False}
        # Equal revisions differ at most in how they are run and where their file is, and the last word on that counts.
        latest = {
            "campaign": entry.campaign.model_dump(mode="json"),
            "base_dir": str(entry.base_dir),
            "version": __version__,
        }
        done = self._campaigns.update_one(
            {"name": entry.name, "revision": entry.revision}, {"$setOnInsert": first, "$set": latest}, upsert=True
        )
        return done.upserted_id is not None

    @retried
    def require_version(self, name: str, revision: str) -> None:
        """Refuse to work on a campaign that was last submitted by another release of IonSieve.

        Releases that differ in the last number only may share a campaign; each result says which one made it.

        Raises
        ------
        OtherVersionError
            When the first two numbers of the versions differ.
        """
        document = self._campaigns.find_one({"name": name, "revision": revision}, {"version": 1}) or {}
        found = str(document.get("version", __version__))
        if release_of(found) != release_of(__version__):
            raise OtherVersionError(
                f"the campaign was submitted by IonSieve {found}, and this worker runs {__version__}",
                value=name,
                fix="use one version everywhere; to continue with this one, run ionsieve submit with it",
            )

    @retried
    def closed(self) -> list[tuple[str, str, str]]:
        """Return the campaigns whose work is to be left alone: stopped, or submitted by another release of IonSieve.

        Returns
        -------
        list
            Name, revision and reason of each.
        """
        ours = "^" + r"\.".join(map(str, release_of(__version__))) + r"\."
        others = {"version": {"$exists": True, "$not": re.compile(ours)}}
        fields = {"name": 1, "revision": 1, "version": 1, "stopped": 1}
        rows = self._campaigns.find({"$or": [others, {"stopped": True}]}, fields)
        return sorted((row["name"], row["revision"], _why_closed(row)) for row in rows)

    @retried
    def limits(self) -> list[tuple[str, str, str, int]]:
        """Return how many Fireworks of a stage or an engine may be taken at the same time, where that is limited.

        Campaigns that were stopped are left out: nothing of them is taken.

        Returns
        -------
        list
            Campaign, revision, stage or engine, and number.
        """
        asked = "campaign.execution.resources"
        query = {asked: {"$nin": [None, {}]}, "stopped": {"$ne": True}}
        rows = self._campaigns.find(query, {"name": 1, "revision": 1, asked: 1})
        return [
            (row["name"], row["revision"], name, resources["at_most"])
            for row in rows
            for name, resources in row["campaign"]["execution"]["resources"].items()
            if resources.get("at_most") is not None
        ]

    def is_closed(self, entry: CampaignEntry) -> bool:
        """Whether a revision's work is to be left alone."""
        return bool(self.why_closed(entry))

    def why_closed(self, entry: CampaignEntry) -> str:
        """Return why a revision's work is left alone; empty when it is not."""
        reasons = {(name, revision): reason for name, revision, reason in self.closed()}
        return reasons.get((entry.name, entry.revision), "")

    @retried
    def campaign(self, name: str, revision: str) -> CampaignEntry:
        """Return a registered campaign.

        Raises
        ------
        UserError
            When there is none of that name and revision, or a later release submitted it last.
        """
        document = self._campaigns.find_one({"name": name, "revision": revision})
        if document is None:
            raise UserError(f"the database holds no campaign {name} of revision {revision}", fix="ionsieve submit")
        version = str(document.get("version", __version__))
        if release_of(version) > release_of(__version__):
            raise OtherVersionError(
                f"the campaign was submitted by IonSieve {version}, a later release than this one, {__version__}",
                value=name,
                fix=f"use IonSieve {version}",
            )
        campaign = Campaign.model_validate(document["campaign"])
        return CampaignEntry(campaign, revision, Path(document["folder"]), Path(document["base_dir"]))

    @retried
    def revisions(self, name: str) -> tuple[str, ...]:
        """Return the revisions of a campaign, oldest first."""
        found = self._campaigns.find({"name": name}, {"revision": 1}).sort("created_on", 1)
        return tuple(document["revision"] for document in found)

    @retried
    def about_revisions(self, name: str) -> dict[str, dict[str, Any]]:
        """Return when each revision of a campaign was submitted, by which version, and whether it is stopped."""
        fields = {"revision": 1, "created_on": 1, "version": 1, "stopped": 1}
        found = self._campaigns.find({"name": name}, fields).sort("created_on", 1)
        return {document["revision"]: document for document in found}

    @retried
    def stop(self, entry: CampaignEntry, *, stopped: bool) -> None:
        """Have workers leave a revision's work alone, or take it up again."""
        self._campaigns.update_one(_scope(entry, "name"), {"$set": {"stopped": stopped}})

    @retried
    def relocate(self, entry: CampaignEntry) -> None:
        """Enter another place of a revision's files."""
        place = {"folder": str(entry.folder), "base_dir": str(entry.base_dir)}
        self._campaigns.update_one(_scope(entry, "name"), {"$set": place})

    @retried
    def count_results(self, entry: CampaignEntry) -> int:
        """Return how many results a revision has."""
        return int(self._results.count_documents(_scope(entry)))

    @retried
    def inputs_hashes(self, entry: CampaignEntry) -> tuple[frozenset[str], frozenset[str]]:
        """Return the hashes of the inputs of a revision's results, and those of the campaign's other revisions."""
        others = {"campaign": entry.name, "revision": {"$ne": entry.revision}}
        return tuple(frozenset(self._results.distinct("inputs_hash", query)) for query in (_scope(entry), others))  # type: ignore[return-value]

    @retried
    def remove(self, entry: CampaignEntry) -> int:
        """Delete everything of a revision; returns the number of documents."""
        owned = (self._results, self._decisions, self._failures, self._losses, self._derived)
        deleted = sum(collection.delete_many(_scope(entry)).deleted_count for collection in owned)
        return deleted + self._campaigns.delete_many(_scope(entry, "name")).deleted_count

    def results(self, entry: CampaignEntry) -> CampaignResults:
        """Return the results of one campaign revision."""
        return CampaignResults(
            entry, self._results, self._decisions, self._failures, losses=self._losses, derived=self._derived
        )


def release_of(version: str) -> tuple[int, ...]:
    """Return the numbers of a version that name its release.

    Examples
    --------
    >>> release_of("0.10.2") > release_of("0.9.0")
    True
    """
    return tuple(int(number) for number in version.split(".")[:2])


def _scope(entry: CampaignEntry, name: str = "campaign") -> dict[str, Any]:
    """Return the query for the documents of a revision; `name` is the field that holds the campaign's name."""
    return {name: entry.name, "revision": entry.revision}


def _why_closed(document: dict[str, Any]) -> str:
    if document.get("stopped"):
        return "is stopped (to continue: ionsieve resume)"
    return (
        f"was submitted by IonSieve {document['version']}, and this is {__version__} (to continue with this version: "
        "ionsieve submit)"
    )
