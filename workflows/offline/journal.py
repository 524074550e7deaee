"""What an offline stage would have written to the database, written to a file instead, and collected later.

One file with its checksum for each run, in the campaign's folder `offline/`. Collecting one twice changes nothing,
so that a kill between the database and the file is harmless.
"""

import contextlib
import datetime as dt
import socket
import uuid
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ConfigDict

from ewald.files.checked_json import read_checked, write_checked
from ewald.version import __version__
from screening.decision import Decision
from screening.value import Value, content_hash
from workflows.offline.inputs import OfflineInputs
from workflows.store.entry import CampaignEntry, Failure, StoredResult
from workflows.store.results import CampaignResults

FOLDER = "offline"
#: Subfolder of the files that were entered in the database.
COLLECTED = "home"

V = TypeVar("V", bound=Value)


class _Document(Value):
    """A result as the journal holds it; whoever reads it from the database validates it."""

    model_config = ConfigDict(extra="allow")


class OfflineResults:
    """Results of a campaign as a compute node without database knows them: those of the job and its own.

    It has what :class:`~workflows.store.results.Results` asks for.

    Parameters
    ----------
    inputs
        What came with the job.
    """

    def __init__(self, inputs: OfflineInputs) -> None:
        self.entry: CampaignEntry = inputs.entry
        self._known = list(inputs.results)
        self._written: list[dict[str, Any]] = []

    def put(
        self,
        stage: str,
        subject: str,
        inputs_hash: str,
        value: Value,
        *,
        seconds: float = 0.0,
    ) -> None:
        """Note a result; the first one noted under its key stays."""
        made = {"seconds": seconds, "host": socket.gethostname(), "version": __version__}
        first = self.get(_Document, stage, subject, inputs_hash) or value
        self._note("put", self._remember(stage, subject, inputs_hash, first) | made)

    def replace(self, stage: str, subject: str, inputs_hash: str, value: Value) -> None:
        """Note a result that was made again."""
        self._note("replace", self._remember(stage, subject, inputs_hash, value))

    def get(self, model: type[V], stage: str, subject: str, inputs_hash: str | None = None) -> V | None:
        """Return a result that came with the job or was found in it."""
        for row in reversed(self._known):
            fits = row.current if inputs_hash is None else row.inputs_hash == inputs_hash
            if (row.stage, row.subject) == (stage, subject) and fits:
                return model.from_document(row.document)
        return None

    def decide(self, decision: Decision) -> None:
        """Note a line of the ledger."""
        self._note("decide", {"decision": decision.to_document()})

    def fail(self, failure: Failure) -> None:
        """Note a failure."""
        self._note("fail", dict(vars(failure)))

    def clear_failure(self, key: str) -> None:
        """Note that a failure is over."""
        self._note("clear_failure", {"key": key})

    def write(self, key: str) -> Path:
        """Write down everything that was noted; returns the file."""
        folder = self.entry.folder / FOLDER
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{content_hash(key)}-{uuid.uuid4().hex[:8]}.json"
        now = dt.datetime.now(dt.UTC).isoformat()
        write_checked(path, {"key": key, "revision": self.entry.revision, "written_on": now, "entries": self._written})
        return path

    def _note(self, kind: str, content: dict[str, Any]) -> None:
        self._written.append({"kind": kind, "content": content})

    def _remember(self, stage: str, subject: str, inputs_hash: str, value: Value) -> dict[str, Any]:
        key = {"stage": stage, "subject": subject, "inputs_hash": inputs_hash, "document": value.to_document()}
        self._known.append(StoredResult.from_document(key | {"current": True}))
        return key


def collect_results(results: CampaignResults) -> int:
    """Enter in the database what offline runs of a campaign's revision wrote; returns how many runs that were.

    A damaged file stays where it is: the run that wrote it is then done again, see :func:`is_collected`.
    """
    found = []
    for path in (results.entry.folder / FOLDER).glob("*.json"):
        journal = read_checked(path)
        if journal is not None and journal["revision"] == results.entry.revision:
            found.append((journal["written_on"], path, journal))
    for _, path, journal in sorted(found, key=lambda item: (item[0], item[1])):
        for line in journal["entries"]:
            _enter(results, line["kind"], line["content"])
        collected = path.parent / COLLECTED
        collected.mkdir(exist_ok=True)
        # Another recovery may have been faster.
        with contextlib.suppress(FileNotFoundError):
            path.rename(collected / path.name)
    return len(found)


def is_collected(results: CampaignResults, name: str) -> bool:
    """Whether the journal of this name was entered in the database."""
    return bool(name) and (results.entry.folder / FOLDER / COLLECTED / Path(name).name).is_file()


def _enter(results: CampaignResults, kind: str, content: dict[str, Any]) -> None:
    if kind in ("put", "replace"):
        write = results.put if kind == "put" else results.replace
        key = {name: value for name, value in content.items() if name != "document"}
        write(value=_Document.from_document(content["document"]), **key)
    elif kind == "decide":
        results.decide(Decision.from_document(content["decision"]))
    elif kind == "fail":
        results.fail(Failure(**content))
    elif kind == "clear_failure":
        results.clear_failure(content["key"])
