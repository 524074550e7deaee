"""What a connection to the database promises."""

import pytest

from workflows.database.launchpad_file import read_launchpad_file
from workflows.launchpad import connect

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
