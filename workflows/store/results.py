"""Results, decisions and failures of one campaign revision."""

import contextlib
import datetime as dt
import socket
from collections.abc import Iterable
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import bson
from bson import ObjectId
from bson.codec_options import CodecOptions
from bson.raw_bson import RawBSONDocument

from ewald.errors import CheckpointError
from ewald.version import __version__
from screening.decision import CANDIDATE_STAGES, Decision, Stage
from screening.value import Value, structure_fields
from workflows.store.entry import BroughtResult, CampaignEntry, Failure, StoredResult
from workflows.store.retry import retried
from workflows.store.tally import Tallies, tallies, tally_pipeline

if TYPE_CHECKING:
    from pymongo.collection import Collection

V = TypeVar("V", bound=Value)

PREDICTED = "expected_log10_mS_cm"
"""Name of the numbers kept by :meth:`CampaignResults.keep` that were predicted before anything was computed."""

MARK_FIELDS = (
    *("campaign", "revision", "stage", "superseded", "subject", "inputs_hash"),
    *("document.energy_eV", "document.converged"),
)
"""Index that holds all that :meth:`CampaignResults.marks` reads, so that no result is touched."""


class Results(Protocol):
    """What the stages read and write of a campaign, whether the database is within reach or not.

    :class:`CampaignResults` asks the database; :class:`~workflows.offline.journal.OfflineResults` knows what came with
    the job, and writes to a file.
    """

    @property
    def entry(self) -> CampaignEntry:
        """The campaign."""
        ...

    def put(self, stage: str, subject: str, inputs_hash: str, value: Value, *, seconds: float = 0.0) -> None:
        """Write a result; the first one written under its key stays.

        Parameters
        ----------
        stage, subject, inputs_hash
            The key: what was done, to what, and the hash of everything that the result depends on.
        value
            The result.
        seconds
            How long it took.
        """
        ...

    def replace(self, stage: str, subject: str, inputs_hash: str, value: Value) -> None:
        """Change a result whose files were damaged and made again; its time and place stay those of the first."""
        ...

    def get(self, model: type[V], stage: str, subject: str, inputs_hash: str | None = None) -> V | None:
        """Return a result: the one with these inputs, else the current one; None when there is none.

        Parameters
        ----------
        model
            What it has to be.
        stage, subject, inputs_hash
            Its key.

        Raises
        ------
        ValidationError
            When what is stored is something else.
        """
        ...

    def decide(self, decision: Decision) -> None:
        """Write a line of the ledger; a decision on other inputs supersedes the earlier one."""
        ...

    def fail(self, failure: Failure) -> None:
        """Note that work failed; the latest reason stays."""
        ...

    def clear_failure(self, key: str) -> None:
        """Forget a failure, after the work succeeded or before it is tried again."""
        ...


def required(results: Results, model: type[V], stage: str, subject: str) -> V:
    """Return the current result of an earlier stage.

    Parameters
    ----------
    results
        Of the campaign.
    model
        What it has to be.
    stage, subject
        What was done, to what.

    Raises
    ------
    CheckpointError
        When there is none.
    """
    found = results.get(model, stage, subject)
    if found is None:
        raise CheckpointError(
            "has no result", value=f"{stage} of {subject}", fix="ionsieve rerun, with the stage that makes it"
        )
    return found


class CampaignResults:
    """Results, decisions and failures of one campaign revision, in the database."""

    def __init__(
        self,
        entry: CampaignEntry,
        results: "Collection[dict[str, Any]]",
        decisions: "Collection[dict[str, Any]]",
        failures: "Collection[dict[str, Any]]",
        *,
        losses: "Collection[dict[str, Any]]",
        derived: "Collection[dict[str, Any]]",
    ) -> None:
        self.entry = entry
        self._results = results
        self._decisions = decisions
        self._failures = failures
        self._losses = losses
        self._derived = derived
        self._scope = {"campaign": entry.name, "revision": entry.revision}

    def put(
        self,
        stage: str,
        subject: str,
        inputs_hash: str,
        value: Value,
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
        content = {"document": value.to_document(), "seconds": seconds}
        content |= {"host": host or socket.gethostname(), "version": version}
        _write(self._results, key, content)

    @retried
    def bring(self, brought: BroughtResult) -> bool:
        """Enter a result of another database as history, current once a stage asks for its inputs.

        Returns
        -------
        bool
            Whether it is new here.
        """
        content = brought.to_document()
        key = self._scope | {name: content.pop(name) for name in ("subject", "stage", "inputs_hash")}
        new = content | {"superseded": True, "created_on": _now()}
        return self._results.update_one(key, {"$setOnInsert": new}, upsert=True).upserted_id is not None

    @retried
    def to_bring(self, stages: Iterable[str], *, history: bool = True) -> tuple[BroughtResult, ...]:
        """Return the results of some stages as they are to be brought to another database, by stage and subject.

        Parameters
        ----------
        stages
            Names of stages.
        history
            Also those that are not current, such as what was brought here and no stage asked for yet.
        """
        query = self._scope | {"stage": {"$in": list(stages)}} | ({} if history else {"superseded": False})
        rows = self._results.find(query)
        fields = BroughtResult.model_fields
        found = [BroughtResult.from_document({name: row[name] for name in fields}) for row in rows]
        return tuple(sorted(found, key=lambda item: (item.stage, item.subject)))

    @retried
    def replace(self, stage: str, subject: str, inputs_hash: str, value: Value) -> None:
        """Change a result whose files were damaged and made again; its time and place stay those of the first."""
        key = self._scope | {"subject": subject, "stage": stage, "inputs_hash": inputs_hash}
        self._results.update_one(key, {"$set": {"document": value.to_document()}})

    @retried
    def get(self, model: type[V], stage: str, subject: str, inputs_hash: str | None = None) -> V | None:
        """Return a result: the one with these inputs, else the current one; None when there is none."""
        query: dict[str, Any] = self._scope | {"subject": subject, "stage": stage}
        query |= {"superseded": False} if inputs_hash is None else {"inputs_hash": inputs_hash}
        found = self._results.find_one(query, {"document": 1})
        return None if found is None else model.from_document(found["document"])

    @retried
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

    @retried
    def tallies(self) -> Tallies:
        """Return how many results each stage has, who made them, and what they took."""
        return tallies(self._results.aggregate(tally_pipeline(self._scope)))

    @retried
    def all(
        self, model: type[V], stage: str, *, prefix: str = "", structures: bool = True, **fields: str
    ) -> dict[str, V]:
        """Return the current results of one stage by subject, in the order of the subjects' names.

        Parameters
        ----------
        model
            What they have to be.
        prefix
            Only of subjects whose name begins so; the database finds them without looking at the others.
        structures
            Fetch structures with the rest, of which they are most of the bytes; else each is fetched when something of
            it is asked for.
        fields
            Only results that hold these values.
        """
        query: dict[str, Any] = self._scope | {"stage": stage, "superseded": False}
        query |= {f"document.{name}": value for name, value in fields.items()}
        if prefix:
            query["subject"] = {"$gte": prefix, "$lt": prefix + "\U0010ffff"}
        later = structure_fields(model)
        if later and structures:
            raw = self._results.with_options(CodecOptions(document_class=RawBSONDocument))
            found = raw.find(query, {"subject": 1, "document": 1})
            documents = {row["subject"]: _deferred(later, row["document"]) for row in found}
        else:
            rows = self._results.find(query, {f"document.{name}": 0 for name in later} or {"subject": 1, "document": 1})
            documents = {
                row["subject"]: row["document"] | {name: partial(self._field, row["_id"], name) for name in later}
                for row in rows
            }
        return {subject: model.model_validate(documents[subject]) for subject in sorted(documents)}

    @retried
    def _field(self, result: ObjectId, name: str) -> Any:
        """Return one field of a result."""
        found = self._results.find_one({"_id": result}, {f"document.{name}": 1})
        if found is None:
            raise CheckpointError("was deleted while it was read", value=f"result {result}", fix="repeat the command")
        return found["document"][name]

    @retried
    def subjects(self, stage: str) -> frozenset[str]:
        """Return the subjects that have a current result of a stage."""
        return frozenset(self._results.distinct("subject", self._scope | {"stage": stage, "superseded": False}))

    @retried
    def marks(self, *stages: str) -> list[str]:
        """Return what tells the current results of some stages from all others: equal lists mean equal results."""
        fields = dict.fromkeys(MARK_FIELDS, 1) | {"_id": 0}
        rows = self._results.find(self._scope | {"stage": {"$in": stages}, "superseded": False}, fields)
        return sorted(f"{row['stage']} {row['subject']} {row['inputs_hash']} {row['document']}" for row in rows)

    @retried
    def kept(self, name: str, key: str) -> dict[str, float] | None:
        """Return numbers derived from the results, if they were kept under the same key."""
        row = self._derived.find_one(self._scope | {"name": name, "key": key})
        return None if row is None else dict(zip(row["subjects"], row["values"], strict=True))

    def keep(self, name: str, key: str, numbers: dict[str, float]) -> None:
        """Keep numbers derived from the results in place of those of an earlier key, if this user may write."""
        from pymongo.errors import PyMongoError

        content = {"key": key, "subjects": list(numbers), "values": list(numbers.values())}
        identity = f"{self.entry.name}/{self.entry.revision}/{name}"
        with contextlib.suppress(PyMongoError):
            self._derived.replace_one({"_id": identity}, self._scope | {"name": name} | content, upsert=True)

    @retried
    def verdict_counts(self) -> list[tuple[str, str, int]]:
        """Return how many current decisions each stage has, by verdict.

        Those that stopped only because another arrangement goes on count as `stood for`, not as `fail`.
        """
        verdict = {"$cond": [{"$ifNull": ["$document.stood_for_by", False]}, "stood for", "$document.verdict"]}
        pipeline: list[dict[str, Any]] = [
            {"$match": self._scope | {"superseded": False}},
            {"$group": {"_id": {"stage": "$stage", "verdict": verdict}, "count": {"$sum": 1}}},
        ]
        rows = self._decisions.aggregate(pipeline)
        return [(row["_id"]["stage"], row["_id"]["verdict"], row["count"]) for row in rows]

    @retried
    def forget(self, stage: str, subjects: Iterable[str]) -> int:
        """Delete the results and decisions of some subjects, so that the stage is done again."""
        query = self._scope | {"stage": stage, "subject": {"$in": list(subjects)}}
        self._decisions.delete_many(query)
        return self._results.delete_many(query).deleted_count

    @retried
    def withdraw(self, subject: str, stages: Iterable[str]) -> bool:
        """Mark what some stages decided and measured as superseded: the candidate no longer goes on to them.

        Parameters
        ----------
        subject
            The candidate.
        stages
            Stages of MD.

        Returns
        -------
        bool
            Whether there was anything, now or when this was done before.
        """
        query = self._scope | {"stage": {"$in": list(stages)}}
        decided = query | {"subject": subject}
        self._decisions.update_many(decided | {"superseded": False}, {"$set": {"superseded": True}})
        measured = query | {"subject": {"$gte": f"{subject}@", "$lt": f"{subject}@\U0010ffff"}}
        self._results.update_many(measured | {"superseded": False}, {"$set": {"superseded": True}})
        segments = measured | {"stage": {"$in": [f"{stage}_segment" for stage in stages]}}
        return any(
            found is not None
            for found in (self._decisions.find_one(decided, {"_id": 1}), self._results.find_one(segments, {"_id": 1}))
        )

    def decide(self, decision: Decision) -> None:
        """Write a line of the ledger; a decision on other inputs supersedes the earlier one."""
        key = self._scope | {
            "subject": decision.subject,
            "stage": str(decision.stage),
            "inputs_hash": decision.inputs_hash,
        }
        _write(self._decisions, key, {"document": decision.to_document()})

    @retried
    def decisions(self) -> tuple[Decision, ...]:
        """Return the ledger: current decisions, by stage and subject."""
        order = {str(stage): rank for rank, stage in enumerate(Stage)}
        rows = self._decisions.find(self._scope | {"superseded": False})
        found = [Decision.from_document(row["document"]) for row in rows]
        return tuple(sorted(found, key=lambda item: (order[str(item.stage)], item.subject)))

    @retried
    def latest_decision(self) -> Decision | None:
        """Return the decision on a candidate that was entered last, or None."""
        wanted = self._scope | {"superseded": False, "stage": {"$in": [str(stage) for stage in CANDIDATE_STAGES]}}
        row = self._decisions.find_one(wanted, sort=[("_id", -1)])
        return None if row is None else Decision.from_document(row["document"])

    @retried
    def decision(self, stage: str, subject: str) -> Decision | None:
        """Return the current decision on a subject at a stage."""
        row = self._decisions.find_one(self._scope | {"stage": stage, "subject": subject, "superseded": False})
        return None if row is None else Decision.from_document(row["document"])

    @retried
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

    @retried
    def clear_failure(self, key: str) -> None:
        """Forget a failure, after the work succeeded or before it is tried again."""
        self._failures.delete_many(self._scope | {"key": key})

    @retried
    def count_loss(self, key: str) -> int:
        """Count that a process died while it did this work; returns how often that happened so far."""
        from pymongo import ReturnDocument

        row = self._losses.find_one_and_update(
            self._scope | {"key": key}, {"$inc": {"times": 1}}, upsert=True, return_document=ReturnDocument.AFTER
        )
        return int(row["times"]) if row else 0

    @retried
    def forget_losses(self, keys: Iterable[str]) -> None:
        """Start counting anew, when a person asks for the work to be done again."""
        self._losses.delete_many(self._scope | {"key": {"$in": list(keys)}})

    @retried
    def failures(self, **fields: str) -> tuple[Failure, ...]:
        """Return the failures of this revision; only those with the values of `stage` and `subject` that are given."""
        rows = self._failures.find(self._scope | fields).sort([("stage", 1), ("key", 1)])
        return tuple(
            Failure(row["key"], row["subject"], row["stage"], row["kind"], row["reason"], row["attempts"])
            for row in rows
        )


@retried
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


def _deferred(later: frozenset[str], document: RawBSONDocument) -> dict[str, Any]:
    """Return a result's document, some fields undecoded until they are asked for: structures are most of its bytes."""
    return {
        name: partial(bson.decode, value.raw) if name in later else _decoded(value) for name, value in document.items()
    }


def _decoded(value: Any) -> Any:
    if isinstance(value, RawBSONDocument):
        return bson.decode(value.raw)
    return [_decoded(item) for item in value] if isinstance(value, list) else value


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)
