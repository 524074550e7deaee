"""Small JSON documents that carry their own checksum, and the finished relaxation kept as one."""

import hashlib
import json
from pathlib import Path
from typing import Any

from ewald.errors import CheckpointError
from screening.relaxation import RelaxedStructure
from workflows.engines.checkpoint import write_bytes

RELAXED_FILE = "relaxed.json"


def write_sealed(file: Path, document: dict[str, Any]) -> None:
    """Write a document with its checksum, atomically."""
    text = json.dumps(document, sort_keys=True)
    write_bytes(file, json.dumps({"sha256": hashlib.sha256(text.encode()).hexdigest(), "text": text}).encode())


def read_sealed(file: Path) -> dict[str, Any] | None:
    """Read what :func:`write_sealed` wrote; None when there is no file or it is damaged."""
    try:
        outer = json.loads(file.read_bytes())
        if hashlib.sha256(outer["text"].encode()).hexdigest() == outer["sha256"]:
            return dict(json.loads(outer["text"]))
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return None
    return None


def write_relaxed(folder: Path, key: str, relaxed: RelaxedStructure) -> None:
    """Keep the outcome of a relaxation."""
    write_sealed(folder / RELAXED_FILE, {"key": key, "relaxed": relaxed.to_document()})


def read_relaxed(folder: Path, key: str) -> RelaxedStructure | None:
    """Return a kept outcome, or None.

    Raises
    ------
    CheckpointError
        When it is of another structure or other settings.
    """
    document = read_sealed(folder / RELAXED_FILE)
    if document is None:
        return None
    if document["key"] != key:
        raise CheckpointError(
            "this folder holds the relaxation of another structure or with other settings",
            file=folder / RELAXED_FILE,
            mend="use a new folder",
        )
    return RelaxedStructure.from_document(document["relaxed"])
