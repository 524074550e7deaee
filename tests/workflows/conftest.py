"""A real MongoDB for the tests that need one, and a campaign of seconds with the toy potential."""

import os
import shutil
import tempfile
import uuid
from pathlib import Path

import pytest
import yaml

from ewald.errors import DependencyError
from tests.toy_campaign import THREE, TOY
from workflows.database.binary import find_mongod
from workflows.database.launchpad_file import read_launchpad_file, write_launchpad_file
from workflows.database.server import PrivateServer


@pytest.fixture(scope="session")
def mongod_program():
    """Skip where there is no MongoDB server program; says why."""
    try:
        return find_mongod()
    except DependencyError as error:
        pytest.skip(f"needs mongod: {error}")


@pytest.fixture
def short_folder():
    """A folder with a short path, as unix sockets need."""
    folder = Path(tempfile.mkdtemp(prefix="is-", dir="/tmp"))
    yield folder
    for server in folder.rglob("server.json"):
        PrivateServer(server.parent).stop()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def server(mongod_program):
    """One private server for all tests of a process."""
    folder = Path(tempfile.mkdtemp(prefix="is-", dir="/tmp"))
    private = PrivateServer(folder / "database")
    yield private.start()
    private.stop()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def launchpad_file(server, tmp_path):
    """The connection file of an empty database of its own."""
    return write_launchpad_file(tmp_path / "my_launchpad.yaml", server, f"t{uuid.uuid4().hex[:12]}")


@pytest.fixture
def launchpad(launchpad_file):
    """A LaunchPad on an empty database, which is dropped afterwards."""
    from workflows.launchpad import connect, prepare

    opened = connect(read_launchpad_file(launchpad_file))
    prepare(opened)
    yield opened
    opened.connection.drop_database(opened.name)
    opened.connection.close()


@pytest.fixture
def campaign(tmp_path):
    """Write the toy campaign with changes; returns the file."""

    def write(name="campaign.yaml", **changes):
        content = {**TOY, "work_dir": str(tmp_path / "work"), **changes}
        path = tmp_path / name
        path.write_text(yaml.safe_dump(content), encoding="utf-8")
        return path

    return write


@pytest.fixture
def submitted(launchpad, campaign):
    """The toy campaign, submitted; returns its results."""
    from workflows.campaign.campaign_file import open_campaign
    from workflows.operations.submit import submit

    return submit(open_campaign(str(campaign())), launchpad).results


@pytest.fixture
def choosing(launchpad, campaign):
    """Submit the toy campaign of three compositions with a strategy; returns its results."""
    from workflows.campaign.campaign_file import open_campaign
    from workflows.operations.submit import submit

    def make(**strategy):
        chosen = {"method": "ptr", "batch": 1, "prior": False} | strategy
        return submit(open_campaign(str(campaign(strategy=chosen, **THREE))), launchpad).results

    return make


@pytest.fixture
def environment():
    """Environment of commands that the tests start: this checkout, one thread."""
    root = str(Path(__file__).parents[2])
    return os.environ | {"PYTHONPATH": root, "OMP_NUM_THREADS": "1", "COLUMNS": "200"}
