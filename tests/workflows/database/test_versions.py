"""A database of the first version opens in this one; one from the future is refused in one line.

`version-1.tar.gz` is the backup of a finished toy campaign, made by the first version of the schema;
`version-1.ledger.jsonl` is its ledger as that version wrote it. Neither is ever made again.
"""

import io
import json
import tarfile
from pathlib import Path

import pytest

from ewald.errors import CheckpointError
from screening.record.ledger import ledger_text
from workflows.database import dump
from workflows.database.dump import back_up, restore
from workflows.operations.record_builder import build_record
from workflows.operations.status import campaign_status
from workflows.store import Store

pytestmark = pytest.mark.mongod

HERE = Path(__file__).parent
NAME = "toy"


@pytest.fixture
def first_version(launchpad):
    """The first version's database, brought back."""
    launchpad.connection.drop_database(launchpad.name)
    restore(launchpad.db, HERE / "version-1.tar.gz")
    return launchpad


def test_a_database_of_the_first_version_opens(first_version):
    store = Store(first_version.db)
    store.prepare()
    (revision,) = store.revisions(NAME)
    results = store.results(store.campaign(NAME, revision))
    record = build_record(results)
    before = [json.loads(line) for line in (HERE / "version-1.ledger.jsonl").read_text().splitlines()]
    now = [json.loads(line) for line in ledger_text(record.decisions).splitlines()]
    assert len(now) == len(before) > 8
    for old, new in zip(before, now, strict=True):
        # A later version may know more about a decision, but what was decided stays.
        assert {key: new.get(key) for key in old} == old
    assert record.relaxed
    assert record.md
    assert campaign_status(first_version, results).active == 0


@pytest.mark.parametrize("field", ["format", "schema"])
def test_a_backup_from_the_future_is_refused(launchpad, submitted, tmp_path, field, monkeypatch):
    monkeypatch.setattr(dump, "FORMAT" if field == "format" else "SCHEMA_VERSION", 99)
    back_up(launchpad.db, tmp_path / "b.tar.gz")
    monkeypatch.undo()
    launchpad.connection.drop_database(launchpad.name)
    with pytest.raises(CheckpointError, match=r"later IonSieve.*upgrade ionsieve"):
        restore(launchpad.db, tmp_path / "b.tar.gz")
    assert launchpad.db.list_collection_names() == []


@pytest.mark.parametrize("manifest", ["[]", "{}", "null", '{"format": "x", "schema": 1, "collections": []}'])
def test_a_manifest_of_nonsense_is_refused(launchpad, tmp_path, manifest):
    launchpad.connection.drop_database(launchpad.name)
    path = tmp_path / "b.tar.gz"
    with tarfile.open(path, "w:gz") as archive:
        member = tarfile.TarInfo("manifest.json")
        member.size = len(manifest)
        archive.addfile(member, io.BytesIO(manifest.encode()))
    with pytest.raises(CheckpointError):
        restore(launchpad.db, path)
