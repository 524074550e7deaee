"""Backup and restore without MongoDB's own tools: one archive of BSON files, each with its checksum.

A campaign may go on while it is saved. Documents are read collection by collection, FireWorks' first and the
results last, so that a saved Firework that counts as done always has its result in the archive; what was caught
half-way is what a kill would have left, and `ionsieve recover` mends it.
"""

import gzip
import hashlib
import io
import json
import tarfile
import tempfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ewald.errors import CheckpointError, UserError
from ewald.version import __version__
from workflows.store import SCHEMA_VERSION

if TYPE_CHECKING:
    from pymongo.collection import Collection
    from pymongo.database import Database

FORMAT = 1
MANIFEST = "manifest.json"
BATCH = 500
#: Saved in this order; everything else comes after, in the order of its name.
FIRST = ("fw_id_assigner", "workflows", "fireworks", "launches")


@dataclass(frozen=True)
class Dump:
    """What a backup or a restore moved."""

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
        raise UserError("exists already", file=out, mend="choose another name")
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
            _add(archive, MANIFEST, json.dumps(manifest, indent=1).encode())
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


def bring_back(database: "Database[dict[str, Any]]", source: Path) -> Dump:
    """Load a backup into an empty database, after every checksum was compared.

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
            mend="ionsieve db stop, put the folder `database` of the campaign aside, then restore",
        )
    try:
        _read_through(source)
        with tarfile.open(source, "r:gz") as archive:
            manifest = _manifest(archive, source)
            for part in manifest["collections"]:
                if _checksum(archive, part) != part["sha256"]:
                    raise CheckpointError(f"{part['name']} does not match its checksum", file=source)
            for part in manifest["collections"]:
                _load_collection(database, archive, part)
    except FileNotFoundError:
        raise UserError("no such file", file=source) from None
    except (OSError, EOFError, zlib.error, tarfile.TarError, KeyError, TypeError, ValueError) as error:
        raise CheckpointError(f"is not a whole backup: {error}", file=source) from None
    parts = manifest["collections"]
    return Dump(len(parts), sum(part["documents"] for part in parts))


def _read_through(source: Path) -> None:
    """Read the archive to its end, so that gzip compares its own checksum of everything, the manifest included."""
    with gzip.open(source, "rb") as stream:
        while stream.read(1 << 20):
            pass


def _manifest(archive: tarfile.TarFile, source: Path) -> dict[str, Any]:
    manifest: dict[str, Any] = json.loads(_member(archive, MANIFEST).read())
    if manifest["format"] > FORMAT or manifest["schema"] > SCHEMA_VERSION:
        raise CheckpointError(
            f"was written by a later IonSieve ({manifest['ionsieve']})", file=source, mend="upgrade ionsieve"
        )
    return manifest


def _member(archive: tarfile.TarFile, name: str) -> Any:
    member = archive.extractfile(name)
    if member is None:
        raise ValueError(f"{name} is missing")
    return member


def _checksum(archive: tarfile.TarFile, part: dict[str, Any]) -> str:
    digest = hashlib.sha256()
    stream = _member(archive, f"{part['name']}.bson")
    while block := stream.read(1 << 20):
        digest.update(block)
    return digest.hexdigest()


def _load_collection(database: "Database[dict[str, Any]]", archive: tarfile.TarFile, part: dict[str, Any]) -> None:
    from pymongo import IndexModel

    collection = database[part["name"]]
    batch: list[dict[str, Any]] = []
    for document in _documents(_member(archive, f"{part['name']}.bson")):
        batch.append(document)
        if len(batch) == BATCH:
            collection.insert_many(batch)
            batch = []
    if batch:
        collection.insert_many(batch)
    models = []
    for index in part["indexes"]:
        options = {"unique": True} if index["unique"] else {}
        if index["filter"]:
            options["partialFilterExpression"] = index["filter"]
        models.append(IndexModel([tuple(key) for key in index["key"]], **options))
    if models:
        collection.create_indexes(models)


def _documents(stream: Any) -> Iterator[dict[str, Any]]:
    from bson import decode_file_iter

    yield from decode_file_iter(stream)
