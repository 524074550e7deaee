"""JSON files that carry their own checksum, so that a flipped bit is noticed."""

import hashlib
import json
from pathlib import Path
from typing import Any

from ewald.files.atomic import write_atomic


def write_checked(path: Path, document: dict[str, Any]) -> None:
    """Write a document with its checksum, whole or not at all.

    Parameters
    ----------
    path
        The file; an older one is replaced.
    document
        Plain values that JSON can hold, without a key `sha256`.
    """
    # As it will be read back: keys that are numbers become text, which is sorted in another order.
    stored = json.loads(json.dumps(document))
    write_atomic(path, json.dumps(stored | {"sha256": _digest(stored)}))


def read_checked(path: Path) -> dict[str, Any] | None:
    """Return the document of a file; None when there is none, or it is damaged.

    Parameters
    ----------
    path
        A file written by :func:`write_checked`.
    """
    try:
        document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return document if document.pop("sha256") == _digest(document) else None
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def _digest(document: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(document, sort_keys=True).encode()).hexdigest()
