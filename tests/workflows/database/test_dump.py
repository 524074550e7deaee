import threading

import pytest

from ewald.errors import CheckpointError, UserError
from workflows.database.dump import back_up, restore

pytestmark = pytest.mark.mongod


@pytest.fixture
def other(launchpad):
    database = launchpad.connection[launchpad.name + "-b"]
    yield database
    launchpad.connection.drop_database(database.name)


def contents(database):
    return {
        name: sorted(map(repr, database[name].find()))
        for name in database.list_collection_names()
        if database[name].estimated_document_count()
    }


def test_round_trip_keeps_every_document_and_index(submitted, launchpad, other, tmp_path):
    saved = back_up(launchpad.db, tmp_path / "b.tar.gz")
    restored = restore(other, tmp_path / "b.tar.gz")
    assert saved.documents == restored.documents > 10
    assert contents(other) == contents(launchpad.db)
    for name in ("fireworks", "workflows", "ionsieve_results"):
        assert set(other[name].index_information()) == set(launchpad.db[name].index_information())


def test_a_restored_campaign_is_not_submitted_again(submitted, launchpad, other, tmp_path, campaign):
    from workflows.campaign.campaign_file import open_campaign
    from workflows.operations.submit import submit

    back_up(launchpad.db, tmp_path / "b.tar.gz")
    restore(other, tmp_path / "b.tar.gz")
    launchpad.connection.drop_database(launchpad.name)
    back_up(other, tmp_path / "c.tar.gz")
    restore(launchpad.db, tmp_path / "c.tar.gz")
    assert submit(open_campaign(str(campaign())), launchpad).added == 0


def test_saving_while_others_write_gives_a_sound_archive(launchpad, other, tmp_path):
    stop = threading.Event()

    def write():
        number = 0
        while not stop.is_set():
            launchpad.db.c.insert_one({"_id": number, "text": "x" * 500})
            number += 1

    writer = threading.Thread(target=write)
    writer.start()
    try:
        back_up(launchpad.db, tmp_path / "b.tar.gz")
    finally:
        stop.set()
        writer.join()
    restore(other, tmp_path / "b.tar.gz")
    count = other.c.count_documents({})
    assert [row["_id"] for row in other.c.find().sort("_id", 1)] == list(range(count))


def test_an_occupied_database_is_left_alone(submitted, launchpad, tmp_path):
    back_up(launchpad.db, tmp_path / "b.tar.gz")
    before = contents(launchpad.db)
    with pytest.raises(UserError, match="not empty"):
        restore(launchpad.db, tmp_path / "b.tar.gz")
    assert contents(launchpad.db) == before


def test_an_existing_file_is_not_overwritten(launchpad, tmp_path):
    (tmp_path / "b").write_text("mine")
    with pytest.raises(UserError, match="exists"):
        back_up(launchpad.db, tmp_path / "b")
    assert (tmp_path / "b").read_text() == "mine"


@pytest.mark.parametrize("share", [0.0, 0.1, 0.3, 0.5, 0.7, 0.9])
def test_a_flipped_bit_is_never_restored(submitted, launchpad, other, tmp_path, share):
    path = tmp_path / "b.tar.gz"
    back_up(launchpad.db, path)
    content = bytearray(path.read_bytes())
    # Behind the header, whose name and time mean nothing.
    content[40 + int(share * (len(content) - 60))] ^= 0x10
    path.write_bytes(content)
    with pytest.raises(CheckpointError):
        restore(other, path)
    assert contents(other) == {}


def test_a_cut_file_and_a_missing_one_are_refused(submitted, launchpad, other, tmp_path):
    path = tmp_path / "b.tar.gz"
    back_up(launchpad.db, path)
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(CheckpointError):
        restore(other, path)
    with pytest.raises(UserError, match="no such file"):
        restore(other, tmp_path / "none")
