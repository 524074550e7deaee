"""Damaged files that hold what was found out: backups, records, diffusivity databases, plans of an exact search."""

import io
import json
import shutil
import sqlite3
import tarfile
from contextlib import closing

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ewald.errors import CheckpointError, UserError
from tests.chaos.damage import EXAMPLES, VALUES, changed, damaged_text, harmed, harmed_copy, one_line, places


class Kept:
    """What a fixture made; hypothesis prints an example's arguments, and this one in few words."""

    def __init__(self, **content):
        vars(self).update(content)


# --- backups


@pytest.fixture(scope="module")
def databases(mongod_program, tmp_path_factory):
    """A filled database, an empty one, a backup of the first, and what it holds."""
    import tempfile
    from pathlib import Path

    from workflows.database.dump import back_up
    from workflows.database.server import PrivateServer
    from workflows.launchpad import connect_private

    folder = Path(tempfile.mkdtemp(prefix="is-", dir="/tmp"))
    server = PrivateServer(folder / "database")
    launchpad = connect_private(server, folder / "my_launchpad.yaml", "ionsieve")
    try:
        client = launchpad.connection
        filled = client["filled"]
        filled.things.insert_many([{"_id": n, "text": "x" * n, "inner": {"value": n / 7}} for n in range(40)])
        filled.things.create_index([("text", 1)], unique=True)
        filled.others.insert_one({"_id": "a", "values": [1, None, "z"]})
        archive = folder / "saved.tar.gz"
        back_up(filled, archive)
        yield Kept(client=client, content=archive.read_bytes(), whole=holds(filled))
        client.close()
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


def holds(database):
    return {
        name: (list(database[name].find().sort("_id", 1)), sorted(database[name].index_information()))
        for name in sorted(database.list_collection_names())
    }


def restored(client, path):
    """What a backup brings back; None when it is refused, and then nothing may be left."""
    from workflows.database.dump import restore

    database = client["empty"]
    try:
        restore(database, path)
    except UserError as error:
        one_line(error)
        assert holds(database) == {}
        return None
    try:
        return holds(database)
    finally:
        client.drop_database("empty")


@pytest.mark.mongod
@EXAMPLES
@given(data=st.data())
def test_a_damaged_backup_brings_back_everything_or_nothing(data, databases, tmp_path):
    path = tmp_path / "b.tar.gz"
    path.write_bytes(harmed(databases.content, data.draw))
    # The name and the time in the head of the file may change; nothing else may without being noticed.
    assert restored(databases.client, path) in (None, databases.whole)


def members(content):
    with tarfile.open(fileobj=io.BytesIO(content)) as archive:
        return {member.name: archive.extractfile(member).read() for member in archive}


def packed(path, files):
    """An archive of any members: their gzip checksum is right, whatever they are."""
    with tarfile.open(path, "w:gz") as archive:
        for name, (kind, content) in files.items():
            member = tarfile.TarInfo(name)
            member.type, member.size, member.linkname = kind, len(content), "/etc/passwd"
            archive.addfile(member, io.BytesIO(content))


def wrong_members(files, draw):
    """A member with another name, another kind, other content, or a manifest with any value anywhere."""
    kinds = {name: (tarfile.REGTYPE, content) for name, content in files.items()}
    victim = draw(st.sampled_from(sorted(kinds)))
    kind = draw(st.sampled_from(["name", "kind", "content", "manifest"]))
    if kind == "name":
        new = draw(
            st.one_of(st.sampled_from(["../../escape", "/etc/escape", "system.users.bson"]), st.text(max_size=8))
        )
        kinds[new.encode("utf-8", "replace").decode().replace("\0", "0") or "x"] = kinds.pop(victim)
    elif kind == "kind":
        types = [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.DIRTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE]
        kinds[victim] = (draw(st.sampled_from(types)), b"")
    elif kind == "content":
        kinds[victim] = (tarfile.REGTYPE, damaged_text(kinds[victim][1], draw))
    else:
        document = json.loads(files["manifest.json"])
        where = draw(st.sampled_from(list(places(document))))
        kinds["manifest.json"] = (tarfile.REGTYPE, json.dumps(changed(document, where, draw(VALUES))).encode())
    return kinds


@pytest.mark.mongod
@EXAMPLES
@given(data=st.data())
def test_a_backup_with_wrong_members_writes_no_file_and_ends_in_one_line(data, databases, tmp_path):
    path = tmp_path / "b.tar.gz"
    packed(path, wrong_members(members(databases.content), data.draw))
    found = restored(databases.client, path)
    # What a manifest no longer names may be missing, and an index may have another key; a document is never changed.
    for name, (documents, _) in (found or {}).items():
        assert documents in ([], databases.whole.get(name, ([], []))[0])
    assert [item.name for item in tmp_path.iterdir()] == ["b.tar.gz"]


@pytest.mark.mongod
@pytest.mark.parametrize(
    "field",
    [{"name": "../../escape"}, {"name": "system.users"}, {"documents": 7}, {"indexes": [{"key": [["text", "sideways"]],
     "unique": True, "filter": None}]}],
)  # fmt: skip
def test_a_made_up_manifest_leaves_nothing(databases, tmp_path, field):
    """Its checksums are right; the last of these comes to nothing only when the documents are in."""
    files = members(databases.content)
    manifest = json.loads(files["manifest.json"])
    part = next(part for part in manifest["collections"] if part["name"] == "things")
    files[f"{field.get('name', 'things')}.bson"] = files["things.bson"]
    part |= field
    files["manifest.json"] = json.dumps(manifest).encode()
    path = tmp_path / "b.tar.gz"
    packed(path, {name: (tarfile.REGTYPE, inner) for name, inner in files.items()})
    assert restored(databases.client, path) is None


# --- records


@pytest.fixture(scope="module")
def record_file(tmp_path_factory):
    """A short record, one key to a line so that there is something to drop."""
    from screening.record.record_file import write_record
    from tests.campaign_record import make_record

    record = make_record()
    short = record.model_copy(update={"candidates": record.candidates[:2], "relaxed": record.relaxed[:2]})
    path = write_record(short, tmp_path_factory.mktemp("record") / "record.json")
    return json.dumps(json.loads(path.read_text()), indent=0).encode()


@EXAMPLES
@given(data=st.data())
def test_damaged_records_end_in_one_line_or_are_records(data, record_file, tmp_path):
    """A record has no checksum: what is read must at least be a whole record, that is written again as it is."""
    from screening.record.record_file import read_record, write_record

    path = tmp_path / "record.json"
    path.write_bytes(damaged_text(record_file, data.draw))
    try:
        record = read_record(path)
    except UserError as error:
        one_line(error)
        return
    assert read_record(write_record(record, tmp_path / "again.json")).to_document() == record.to_document()


# --- diffusivity databases


@pytest.fixture(scope="module")
def group(tmp_path_factory):
    """A diffusivity database with one campaign, its bytes, and the record."""
    from screening.record.diffusivity_database import add_record
    from tests.campaign_record import make_record

    record = make_record()
    record = record.model_copy(update={"md": record.md[:4]})
    path = tmp_path_factory.mktemp("group") / "d.sqlite"
    return Kept(rows=add_record(record, path), record=record, content=path.read_bytes())


@EXAMPLES
@given(data=st.data())
def test_damaged_diffusivity_databases_end_in_one_line_or_hold_the_new_rows(data, group, tmp_path):
    from screening.record.diffusivity_database import add_record

    record, content = group.record, group.content
    path = tmp_path / "d.sqlite"
    path.unlink(missing_ok=True)
    path.write_bytes(harmed(content, data.draw) if data.draw(st.booleans()) else damaged_text(content, data.draw))
    try:
        found = add_record(record, path)
    except UserError as error:
        one_line(error)
        return
    with closing(sqlite3.connect(path)) as connection:
        query = "SELECT COUNT(*) FROM diffusivity WHERE campaign = ? AND revision = ?"
        mine = connection.execute(query, (record.campaign.name, record.revision)).fetchone()[0]
    assert mine == group.rows <= found


@EXAMPLES
@given(data=st.data())
def test_reading_a_damaged_diffusivity_database_ends_in_one_line_or_in_rows(data, group, tmp_path):
    from screening.record.diffusivities.optimade import optimade_document
    from screening.record.diffusivity_database import read_rows

    path = tmp_path / "d.sqlite"
    content = harmed(group.content, data.draw) if data.draw(st.booleans()) else damaged_text(group.content, data.draw)
    path.write_bytes(content)
    try:
        optimade_document(read_rows(path))
    except UserError as error:
        one_line(error)
    assert path.read_bytes() == content


@EXAMPLES
@given(content=st.binary(min_size=1, max_size=200))
def test_a_file_that_is_no_database_is_left_as_it_is(content, group, tmp_path):
    from screening.record.diffusivity_database import add_record

    path = tmp_path / "d.sqlite"
    path.write_bytes(content)
    with pytest.raises(UserError) as refused:
        add_record(group.record, path)
    one_line(refused.value)
    assert path.read_bytes() == content


# --- plans and units of an exact search


def exact(folder, *, resume):
    from unittest.mock import patch

    from ewald.search.exact import planner
    from ewald.search.exact.search import search
    from tests.ewald.search.exact.spaces import salt

    space = salt(4)
    # So small a search would be finished while it is planned.
    leaving_units = {"PATTERNS_PER_UNIT": 1, "FRONTIER_PER_UNIT": 1, "BEST_FIRST_NODES": 8, "MAX_TUNED_LITERALS": 0}
    with patch.multiple(planner, **leaving_units):
        found = search(space.form, space.group, keep=4, checkpoint=folder, resume=resume, progress=False)
    return found.certified, [(energy, times, occupation.tobytes()) for energy, times, occupation in found.lowest]


@pytest.fixture(scope="module")
def proven(tmp_path_factory):
    """An exact search with its plan and journal on the disk, and what it proved."""
    folder = tmp_path_factory.mktemp("exact")
    return Kept(folder=folder, found=exact(folder, resume=False))


@EXAMPLES
@given(data=st.data())
def test_a_damaged_exact_search_is_refused_or_proves_the_same(data, proven, tmp_path):
    copy = tmp_path / "copy"
    assert {"plan.npz", "problem.json"} < harmed_copy(proven.folder, copy, data.draw)
    try:
        found = exact(copy, resume=True)
    except CheckpointError as error:
        one_line(error)
        return
    assert found == proven.found
