"""A finished relaxation, kept as JSON with its checksum."""

from pathlib import Path

from ewald.errors import CheckpointError
from ewald.files.checked_json import read_checked, write_checked
from screening.relaxation.relaxation import RelaxedStructure

_RELAXED_FILE = "relaxed.json"


def write_relaxed(folder: Path, key: str, relaxed: RelaxedStructure) -> None:
    """Store the outcome of a relaxation.

    Parameters
    ----------
    folder
        Folder of the relaxation.
    key
        Hash of the start, the thresholds and the engine's provenance.
    relaxed
        The outcome.
    """
    write_checked(folder / _RELAXED_FILE, {"key": key, "relaxed": relaxed.to_document()})


def read_relaxed(folder: Path, key: str) -> RelaxedStructure | None:
    """Return a stored relaxation; None if there is none.

    Parameters
    ----------
    folder
        Folder of the relaxation.
    key
        Hash of everything that the relaxation depends on.

    Raises
    ------
    CheckpointError
        When it is of another structure or other settings.
    """
    document = read_checked(folder / _RELAXED_FILE)
    if document is None:
        return None
    if document["key"] != key:
        raise CheckpointError(
            "this folder holds the relaxation of another structure or with other settings",
            file=folder / _RELAXED_FILE,
            fix="use a new folder",
        )
    return RelaxedStructure.from_document(document["relaxed"])
