"""What a connection to the database promises."""

import pytest
from fireworks import FWorker

from workflows.database.launchpad_file import read_launchpad_file
from workflows.launchpad import connect, prepare
from workflows.launchpad.queries import URGENT

pytestmark = pytest.mark.mongod


def promises(launchpad):
    concern = launchpad.db["any"].write_concern.document
    return concern.get("j"), launchpad.connection.options.retry_writes


def test_writes_are_journaled_and_repeated_by_nobody_but_recovery(launchpad):
    assert promises(launchpad) == (True, False)


@pytest.mark.parametrize("where", ["host", "mongoclient_kwargs"])
def test_the_connection_file_may_ask_for_other_promises(launchpad, launchpad_file, where):
    content = read_launchpad_file(launchpad_file)
    if where == "host":
        content["host"] += "/?retryWrites=true&journal=false"
    else:
        content["mongoclient_kwargs"] = {"retryWrites": True, "journal": False}
    asked = connect(content)
    assert promises(asked) == (False, True)
    asked.connection.close()


@pytest.mark.parametrize("scope", [{}, {"spec.campaign": "c", "spec.revision": "r"}])
def test_a_claim_reads_one_firework_however_many_are_ready(launchpad, scope):
    launchpad.fireworks.insert_many(
        {"fw_id": n, "state": "READY", "spec": {"campaign": "c", "revision": "r", "_priority": n % 7}}
        for n in range(500)
    )
    query = launchpad._ready(FWorker(query=scope).query)
    found = launchpad.fireworks.find(query).sort(URGENT).limit(1)
    assert found.explain()["executionStats"]["totalDocsExamined"] == 1
    assert found[0]["fw_id"] == 6


def test_a_database_of_a_former_release_gets_the_indexes(launchpad):
    for name in [name for name in launchpad.fireworks.index_information() if "fw_id_1" in name and name != "fw_id_1"]:
        launchpad.fireworks.drop_index(name)
    before = set(launchpad.fireworks.index_information())
    prepare(launchpad)
    assert len(set(launchpad.fireworks.index_information()) - before) == 2
