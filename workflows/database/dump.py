"""Backup and restore without MongoDB's own tools: one archive of BSON files, each with its checksum.

A campaign may go on while it is saved. Documents are read collection by collection, FireWorks' first and the
results last, so that a saved Firework that counts as done always has its result in the archive; what was caught
half-way is what a kill would have left, and `ionsieve recover` fixes it.
"""

import contextlib
import gzip
import hashlib
import io
import itertools
import json
import tarfile
import tempfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import AfterValidator, Field, ValidationError

from ewald.errors import CheckpointError, UserError
from ewald.files.document import user_error
from ewald.version import __version__
from screening.value import Value
from workflows.store.store import SCHEMA_VERSION

if TYPE_CHECKING:
    from pymongo.collection import Collection
    from pymongo.database import Database

FORMAT = 1
_MANIFEST = "manifest.json"
BATCH = 500
#: Saved in this order; everything else comes after, in the order of its name.
FIRST = ("fw_id_assigner", "workflows", "fireworks", "launches")


class SavedIndex(Value):
    """An index of a saved collection.

    Attributes
    ----------
    key
        Fields with their directions.
    unique
        Whether two documents may not agree in them.
    filter
        Which documents are in it; None for all.
    """

    key: tuple[tuple[str, Any], ...]
    unique: bool
    filter: dict[str, Any] | None


def _own_name(name: str) -> str:
    if name.startswith("system."):
        raise ValueError("is a collection of the server itself")
    return name


class SavedCollection(Value):
    """One collection in an archive; its documents are the member `<name>.bson`.

    Attributes
    ----------
    name
        Of the collection.
    documents, bytes
        Number of documents, and size of the member.
    sha256
        Checksum of the member.
    indexes
        Its indexes.
    """

    name: Annotated[str, Field(pattern=r"^\w[\w.-]*$"), AfterValidator(_own_name)]
    documents: int
    bytes: int
    sha256: str
    indexes: tuple[SavedIndex, ...]


class Manifest(Value):
    """What an archive holds.

    Attributes
    ----------
    format
        Number of the archive format.
    schema_version
        Number of the schema of the documents.
    ionsieve
        Version that wrote it.
    collections
        What is in it.
    """

    format: int
    schema_version: int = Field(alias="schema")
    ionsieve: str
    collections: tuple[SavedCollection, ...]


@dataclass(frozen=True)
class Dump:
    """What a backup or restore holds.

    Attributes
    ----------
    collections, documents
        How many of each.
    """

    collections: int
    documents: int


def back_up(database: "Database[dict[str, Any]]", out: Path) -> Dump:
    """Save a database to one file, written whole or not at all.

    Parameters
    ----------
    database
        What to save.
    out
        Archive to write (tar, gzipped).

    Raises
    ------
    UserError
        When the file exists already.
    """
    if out.exists():
        raise UserError("exists already", file=out, fix="choose another name")
    out.parent.mkdir(parents=True, exist_ok=True)
    names = sorted(database.list_collection_names(), key=lambda name: (_order(name), name))
    parts: list[dict[str, Any]] = []
    handle = tempfile.NamedTemporaryFile(dir=out.parent, prefix=f".{out.name}.", delete=False)  # noqa: SIM115
    temporary = Path(handle.name)
    try:
        with handle, tarfile.open(fileobj=handle, mode="w:gz") as archive:
            for name in names:
                if not name.startswith("system."):
                    parts.append(_save_collection(database, name, archive, out.parent))
            manifest = {"format": FORMAT, "schema": SCHEMA_VERSION, "ionsieve": __version__, "collections": parts}
            _add(archive, _MANIFEST, json.dumps(manifest, indent=1).encode())
        temporary.chmod(0o600)
        temporary.replace(out)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    return Dump(len(parts), sum(part["documents"] for part in parts))


def _order(name: str) -> int:
    return FIRST.index(name) if name in FIRST else len(FIRST)


def _save_collection(
    database: "Database[dict[str, Any]]", name: str, archive: tarfile.TarFile, folder: Path
) -> dict[str, Any]:
    from bson.raw_bson import RawBSONDocument

    raw: Collection[RawBSONDocument] = database.get_collection(  # type: ignore[assignment]
        name, codec_options=database.codec_options.with_options(document_class=RawBSONDocument)
    )
    digest, count = hashlib.sha256(), 0
    with tempfile.TemporaryFile(dir=folder) as spool:
        for document in raw.find({}, batch_size=BATCH).sort("_id", 1):
            spool.write(document.raw)
            digest.update(document.raw)
            count += 1
        size = spool.tell()
        spool.seek(0)
        member = tarfile.TarInfo(f"{name}.bson")
        member.size = size
        archive.addfile(member, spool)
    indexes = [
        {
            "key": list(index["key"].items()),
            "unique": bool(index.get("unique")),
            "filter": index.get("partialFilterExpression"),
        }
        for index in database[name].list_indexes()
        if index["name"] != "_id_"
    ]
    return {"name": name, "documents": count, "bytes": size, "sha256": digest.hexdigest(), "indexes": indexes}


def _add(archive: tarfile.TarFile, name: str, content: bytes) -> None:
    member = tarfile.TarInfo(name)
    member.size = len(content)
    archive.addfile(member, io.BytesIO(content))


def restore(database: "Database[dict[str, Any]]", source: Path) -> Dump:
    """Load a backup into an empty database, after every checksum was compared.

    Parameters
    ----------
    database
        An empty database.
    source
        File that a backup wrote (`.tar.gz`).

    Raises
    ------
    CheckpointError
        When the file is damaged, or of a later version.
    UserError
        When the database holds anything already.
    """
    occupied = [name for name in database.list_collection_names() if database[name].find_one({}, {"_id": 1})]
    if occupied:
        raise UserError(
            f"the database is not empty ({', '.join(sorted(occupied)[:4])})",
            fix="ionsieve db stop, move the folder `database` of the campaign away, then restore",
        )
    try:
        _read_through(source)
        with tarfile.open(source, "r:gz") as archive:
            parts = _checked_parts(archive, source)
            _load(database, archive, parts, source)
    except FileNotFoundError:
        raise UserError("no such file", file=source) from None
    except (OSError, EOFError, zlib.error, tarfile.TarError, KeyError, TypeError, ValueError) as error:
        raise _not_whole(error, source) from None
    return Dump(len(parts), sum(part.documents for part in parts))


def _not_whole(error: Exception, source: Path) -> CheckpointError:
    return CheckpointError(f"is not a whole backup: {' '.join(str(error).split())[:300]}", file=source)


def _checked_parts(archive: tarfile.TarFile, source: Path) -> tuple[SavedCollection, ...]:
    """Return what the archive holds, after every checksum was compared and every document read."""
    from bson.errors import BSONError

    parts = _manifest(archive, source).collections
    try:
        for part in parts:
            _check(archive, part, source)
    except BSONError as error:
        raise _not_whole(error, source) from None
    return parts


def _load(
    database: "Database[dict[str, Any]]", archive: tarfile.TarFile, parts: tuple[SavedCollection, ...], source: Path
) -> None:
    """Load everything; when that cannot be done, leave nothing."""
    from bson.errors import BSONError
    from pymongo.errors import PyMongoError

    try:
        for part in parts:
            _load_collection(database, archive, part)
    except BaseException as error:
        with contextlib.suppress(PyMongoError):
            for part in parts:
                database.drop_collection(part.name)
        if isinstance(error, (PyMongoError, BSONError, ArithmeticError)):
            raise _not_whole(error, source) from None
        raise


def _read_through(source: Path) -> None:
    """Read the archive to its end, so that gzip compares its own checksum of everything, the manifest included."""
    with gzip.open(source, "rb") as stream:
        while stream.read(1 << 20):
            pass


def _manifest(archive: tarfile.TarFile, source: Path) -> Manifest:
    content: dict[str, Any] = json.loads(_member(archive, _MANIFEST).read())
    if content["format"] > FORMAT or content["schema"] > SCHEMA_VERSION:
        raise CheckpointError(
            f"was written by a later IonSieve ({content['ionsieve']})", file=source, fix="upgrade ionsieve"
        )
    try:
        return Manifest.from_document(content)
    except ValidationError as error:
        raise user_error(error, CheckpointError, file=source, what="is not a backup of IonSieve") from None


def _member(archive: tarfile.TarFile, name: str) -> Any:
    member = archive.extractfile(name)
    if member is None:
        raise ValueError(f"{name} is missing")
    return member


def _check(archive: tarfile.TarFile, part: SavedCollection, source: Path) -> None:
    """Compare the checksum, and read every document once, before anything is written."""
    digest = hashlib.sha256()
    stream = _member(archive, f"{part.name}.bson")
    while block := stream.read(1 << 20):
        digest.update(block)
    if digest.hexdigest() != part.sha256:
        raise CheckpointError(f"{part.name} does not match its checksum", file=source)
    count = sum(1 for _ in _documents(_member(archive, f"{part.name}.bson")))
    if count != part.documents:
        raise CheckpointError(f"{part.name} holds {count} documents instead of {part.documents}", file=source)


def _load_collection(database: "Database[dict[str, Any]]", archive: tarfile.TarFile, part: SavedCollection) -> None:
    from pymongo import IndexModel

    collection = database[part.name]
    documents = _documents(_member(archive, f"{part.name}.bson"))
    while batch := list(itertools.islice(documents, BATCH)):
        collection.insert_many(batch)
    models = []
    for index in part.indexes:
        options: dict[str, Any] = {"unique": True} if index.unique else {}
        if index.filter:
            options["partialFilterExpression"] = index.filter
        models.append(IndexModel(list(index.key), **options))
    if models:
        collection.create_indexes(models)


def _documents(stream: Any) -> Iterator[dict[str, Any]]:
    from bson import decode_file_iter

    yield from decode_file_iter(stream)
