"""What a campaign has found out, in MongoDB: campaigns, results and the ledger of decisions.

Every result has one key: campaign, revision, subject, stage, hash of its inputs. The first one written under a key
stays, so a stage may be run twice without harm; one with other inputs supersedes it and the old one is kept as
history. Bulk data stay in files; documents hold their paths, sizes and checksums.
"""

import datetime as dt
import socket
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ewald.errors import UserError
from ewald.version import __version__
from screening.campaign import Campaign
from screening.decision import Decision
from screening.value import Value
from workflows.database.patience import patient
from workflows.spec import MD_STAGES

if TYPE_CHECKING:
    from pymongo.collection import Collection
    from pymongo.database import Database

SCHEMA_VERSION = 1
KEY = ("campaign", "revision", "subject", "stage", "inputs_hash")
#: Core seconds of a result, in the database's own terms. A look's result repeats those of its segments.
CORE_SECONDS = {
    "$cond": [
        {"$in": ["$stage", list(MD_STAGES)]},
        "$seconds",
        {"$ifNull": ["$document.core_seconds", "$seconds"]},
    ]
}


class OtherVersionError(UserError):
    """Work was taken by a process of another release of IonSieve."""

    reason = "other-version"


@dataclass(frozen=True)
class CampaignEntry:
    """A campaign as the database knows it: what to compute, and where its files are."""

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
    """Work that was given up, with the reason that grouping and `ionsieve rerun --reason` go by."""

    key: str
    subject: str
    stage: str
    kind: str
    reason: str
    attempts: int


class StoredResult(Value):
    """A result with its key, to be carried to where the database cannot be asked."""

    stage: str
    subject: str
    inputs_hash: str
    current: bool
    document: dict[str, Any]


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
        self._meta: Collection[dict[str, Any]] = safe["ionsieve_meta"]

    @patient
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
                mend="upgrade ionsieve",
            )
        if found == SCHEMA_VERSION:
            return
        self._campaigns.create_index([("name", 1), ("revision", 1)], unique=True)
        for collection in (self._results, self._decisions):
            collection.create_index([(field, 1) for field in KEY], unique=True)
            collection.create_index([("campaign", 1), ("revision", 1), ("stage", 1)])
        self._failures.create_index([("campaign", 1), ("revision", 1), ("key", 1)], unique=True)
        self._meta.update_one(
            {"_id": "schema"}, {"$set": {"version": SCHEMA_VERSION, "ionsieve": __version__}}, upsert=True
        )

    @patient
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
                mend="give this one another name",
            )
        first = {"folder": str(entry.folder), "created_on": _now()}
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

    @patient
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
        if found.split(".")[:2] != __version__.split(".")[:2]:
            raise OtherVersionError(
                f"the campaign was submitted by IonSieve {found}, and this worker is {__version__}",
                value=name,
                mend="use one version everywhere; to go on with this one, ionsieve submit with it",
            )

    @patient
    def campaign(self, name: str, revision: str) -> CampaignEntry:
        """Return a registered campaign.

        Raises
        ------
        UserError
            When there is none of that name and revision.
        """
        document = self._campaigns.find_one({"name": name, "revision": revision})
        if document is None:
            raise UserError(f"the database holds no campaign {name} of revision {revision}", mend="ionsieve submit")
        campaign = Campaign.model_validate(document["campaign"])
        return CampaignEntry(campaign, revision, Path(document["folder"]), Path(document["base_dir"]))

    @patient
    def revisions(self, name: str) -> tuple[str, ...]:
        """Return the revisions of a campaign, oldest first."""
        found = self._campaigns.find({"name": name}, {"revision": 1}).sort("created_on", 1)
        return tuple(document["revision"] for document in found)

    def results(self, entry: CampaignEntry) -> "CampaignResults":
        """Return the results of one campaign revision."""
        return CampaignResults(entry, self._results, self._decisions, self._failures, self._losses)


class CampaignResults:
    """Results, decisions and failures of one campaign revision."""

    def __init__(
        self,
        entry: CampaignEntry,
        results: "Collection[dict[str, Any]]",
        decisions: "Collection[dict[str, Any]]",
        failures: "Collection[dict[str, Any]]",
        losses: "Collection[dict[str, Any]]",
    ) -> None:
        self.entry = entry
        self._results = results
        self._decisions = decisions
        self._failures = failures
        self._losses = losses
        self._scope = {"campaign": entry.name, "revision": entry.revision}

    def put(
        self,
        stage: str,
        subject: str,
        inputs_hash: str,
        document: dict[str, Any],
        *,
        seconds: float = 0.0,
        host: str | None = None,
        version: str = __version__,
    ) -> None:
        """Write a result; the first one written under its key stays.

        Parameters
        ----------
        seconds, host, version
            How long it took, where, and which IonSieve made it; this machine and this version when left out.
        """
        key = self._scope | {"subject": subject, "stage": stage, "inputs_hash": inputs_hash}
        content = {"document": document, "seconds": seconds, "host": host or socket.gethostname(), "version": version}
        _write(self._results, key, content)

    @patient
    def replace(self, stage: str, subject: str, inputs_hash: str, document: dict[str, Any]) -> None:
        """Change a result whose files were damaged and made again; its time and place stay those of the first."""
        key = self._scope | {"subject": subject, "stage": stage, "inputs_hash": inputs_hash}
        self._results.update_one(key, {"$set": {"document": document}})

    @patient
    def get(self, stage: str, subject: str, inputs_hash: str | None = None) -> dict[str, Any] | None:
        """Return a result's document: the one with these inputs, else the current one; None when there is none."""
        query: dict[str, Any] = self._scope | {"subject": subject, "stage": stage}
        query |= {"superseded": False} if inputs_hash is None else {"inputs_hash": inputs_hash}
        found = self._results.find_one(query, {"document": 1})
        return None if found is None else found["document"]

    @patient
    def stored(self, wanted: Iterable[tuple[str, str]]) -> tuple[StoredResult, ...]:
        """Return all results of some stages and subjects, superseded ones included."""
        choices = [{"stage": stage, "subject": subject} for stage, subject in wanted]
        return tuple(
            StoredResult(
                stage=row["stage"],
                subject=row["subject"],
                inputs_hash=row["inputs_hash"],
                current=not row["superseded"],
                document=row["document"],
            )
            for row in self._results.find(self._scope | {"$or": choices})
        )

    @patient
    def versions(self) -> dict[str, int]:
        """Return how many results each version of IonSieve made."""
        pipeline: list[dict[str, Any]] = [
            {"$match": self._scope},
            {"$group": {"_id": "$version", "count": {"$sum": 1}}},
            {"$sort": {"_id": 1}},
        ]
        return {row["_id"]: row["count"] for row in self._results.aggregate(pipeline)}

    @patient
    def all(self, stage: str, *, prefix: str = "", **fields: str) -> dict[str, dict[str, Any]]:
        """Return the current documents of one stage by subject, in the order of the subjects' names.

        Parameters
        ----------
        prefix
            Only of subjects whose name begins so; the database finds them without looking at the others.
        fields
            Only documents that hold these values.
        """
        query: dict[str, Any] = self._scope | {"stage": stage, "superseded": False}
        query |= {f"document.{name}": value for name, value in fields.items()}
        if prefix:
            query["subject"] = {"$gte": prefix, "$lt": prefix + "\U0010ffff"}
        found = self._results.find(query, {"subject": 1, "document": 1})
        return {row["subject"]: row["document"] for row in sorted(found, key=lambda row: row["subject"])}

    @patient
    def count(self, stage: str) -> int:
        """Return the number of subjects that have a current result of a stage."""
        return self._results.count_documents(self._scope | {"stage": stage, "superseded": False})

    def seconds_by_stage(self) -> dict[str, float]:
        """Return the time spent by stage."""
        return self._times("$sum", "$seconds")

    def mean_seconds(self) -> dict[str, float]:
        """Return the mean time of one result by stage, of the stages that have one."""
        return self._times("$avg", "$seconds")

    def core_seconds_by_stage(self) -> dict[str, float]:
        """Return the core seconds spent by stage, as the engines report them; else the time of one core."""
        return self._times("$sum", CORE_SECONDS)

    def mean_core_seconds(self) -> dict[str, float]:
        """Return the mean core seconds of one result by stage."""
        return self._times("$avg", CORE_SECONDS)

    @patient
    def _times(self, how: str, what: object) -> dict[str, float]:
        pipeline: list[dict[str, Any]] = [
            {"$match": self._scope | {"seconds": {"$gt": 0}}},
            {"$group": {"_id": "$stage", "time": {how: what}}},
        ]
        return {row["_id"]: row["time"] for row in self._results.aggregate(pipeline) if row["time"]}

    @patient
    def verdict_counts(self) -> list[tuple[str, str, int]]:
        """Return how many current decisions each stage has, by verdict.

        Those that stopped only because another candidate stands for them count as `stood for`, not as `fail`.
        """
        verdict = {"$cond": [{"$ifNull": ["$document.stood_for_by", False]}, "stood for", "$document.verdict"]}
        pipeline: list[dict[str, Any]] = [
            {"$match": self._scope | {"superseded": False}},
            {"$group": {"_id": {"stage": "$stage", "verdict": verdict}, "count": {"$sum": 1}}},
        ]
        rows = self._decisions.aggregate(pipeline)
        return [(row["_id"]["stage"], row["_id"]["verdict"], row["count"]) for row in rows]

    @patient
    def forget(self, stage: str, subjects: Iterable[str]) -> int:
        """Delete the results and decisions of some subjects, so that the stage is done again."""
        query = self._scope | {"stage": stage, "subject": {"$in": list(subjects)}}
        self._decisions.delete_many(query)
        return self._results.delete_many(query).deleted_count

    def decide(self, decision: Decision) -> None:
        """Write a line of the ledger; a decision on other inputs supersedes the earlier one."""
        key = self._scope | {
            "subject": decision.subject,
            "stage": str(decision.stage),
            "inputs_hash": decision.inputs_hash,
        }
        _write(self._decisions, key, {"document": decision.to_document()})

    @patient
    def decisions(self) -> tuple[Decision, ...]:
        """Return the ledger: current decisions, by stage and subject."""
        from screening.decision import Stage

        order = {str(stage): rank for rank, stage in enumerate(Stage)}
        rows = self._decisions.find(self._scope | {"superseded": False})
        found = [Decision.from_document(row["document"]) for row in rows]
        return tuple(sorted(found, key=lambda item: (order[str(item.stage)], item.subject)))

    @patient
    def decision(self, stage: str, subject: str) -> Decision | None:
        """Return the current decision on a subject at a stage."""
        row = self._decisions.find_one(self._scope | {"stage": stage, "subject": subject, "superseded": False})
        return None if row is None else Decision.from_document(row["document"])

    @patient
    def fail(self, failure: Failure) -> None:
        """Note that work failed; the latest reason stays."""
        content = {
            "subject": failure.subject,
            "stage": failure.stage,
            "kind": failure.kind,
            "reason": failure.reason,
            "attempts": failure.attempts,
            "at": _now(),
        }
        self._failures.update_one(self._scope | {"key": failure.key}, {"$set": content}, upsert=True)

    @patient
    def clear_failure(self, key: str) -> None:
        """Forget a failure, after the work succeeded or before it is tried again."""
        self._failures.delete_many(self._scope | {"key": key})

    @patient
    def count_loss(self, key: str) -> int:
        """Count that a process died while it did this work; returns how often that happened so far."""
        from pymongo import ReturnDocument

        row = self._losses.find_one_and_update(
            self._scope | {"key": key}, {"$inc": {"times": 1}}, upsert=True, return_document=ReturnDocument.AFTER
        )
        return int(row["times"]) if row else 0

    @patient
    def forget_losses(self, keys: Iterable[str]) -> None:
        """Start counting anew, when a person asks for the work to be done again."""
        self._losses.delete_many(self._scope | {"key": {"$in": list(keys)}})

    @patient
    def failures(self, **fields: str) -> tuple[Failure, ...]:
        """Return the failures of this revision; only those with the values of `stage` and `subject` that are given."""
        rows = self._failures.find(self._scope | fields).sort([("stage", 1), ("key", 1)])
        return tuple(
            Failure(row["key"], row["subject"], row["stage"], row["kind"], row["reason"], row["attempts"])
            for row in rows
        )


@patient
def _write(collection: "Collection[dict[str, Any]]", key: dict[str, Any], content: dict[str, Any]) -> None:
    """Insert under a unique key unless it is there, then mark entries with other inputs as superseded."""
    from pymongo.errors import DuplicateKeyError

    try:
        collection.update_one(
            key, {"$setOnInsert": content | {"created_on": _now()}, "$set": {"superseded": False}}, upsert=True
        )
    except DuplicateKeyError:
        # Two workers wrote the same key at the same moment; the other one was first, which is as good.
        collection.update_one(key, {"$set": {"superseded": False}})
    others = {field: value for field, value in key.items() if field != "inputs_hash"}
    collection.update_many(
        others | {"inputs_hash": {"$ne": key["inputs_hash"]}, "superseded": False}, {"$set": {"superseded": True}}
    )


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)
