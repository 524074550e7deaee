"""JSON files that carry their own checksum, so that a flipped bit is noticed."""

import hashlib
import json
from pathlib import Path
from typing import Any

from ewald.files.atomic import write_atomic


def write_checked(path: Path, document: dict[str, Any]) -> None:
    """Write a document with its checksum, whole or not at all."""
    write_atomic(path, json.dumps(_with_checksum(json.dumps(document, sort_keys=True))))


def read_checked(path: Path) -> dict[str, Any] | None:
    """Return the document of a file; None when there is none, or it is damaged."""
    try:
        outer = json.loads(path.read_text(encoding="utf-8"))
        return dict(json.loads(outer["text"])) if outer == _with_checksum(outer["text"]) else None
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def _with_checksum(text: str) -> dict[str, str]:
    # The text itself is kept, so that the checksum never depends on how a number is written again.
    return {"sha256": hashlib.sha256(text.encode()).hexdigest(), "text": text}
