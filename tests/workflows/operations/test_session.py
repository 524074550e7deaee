import pymongo
import pytest
from typer.testing import CliRunner

from ewald.errors import UserError
from workflows.cli import commands
from workflows.cli.main import app
from workflows.launchpad import private_server
from workflows.operations.session import session

pytestmark = pytest.mark.mongod


@pytest.fixture
def private(mongod_program, campaign, short_folder):
    """A campaign with a private server of its own, and that server."""
    return str(campaign(work_dir=str(short_folder))), private_server(short_folder / "toy")


def test_a_server_started_for_one_command_ends_with_it(private):
    path, server = private
    with session(path, new=True) as opened:
        assert server.status().running
        assert opened.started_server
    assert not server.status().running


def test_a_server_that_ran_before_goes_on(private):
    path, server = private
    server.start()
    with session(path) as opened:
        assert not opened.started_server
    assert server.status().running


def test_a_submission_that_fails_stops_the_server_that_it_started(private, campaign, short_folder):
    _, server = private
    wrong = campaign(work_dir=str(short_folder), doping=[{"site": "Sb", "dopants": ["V5+"], "levels": ["1/2"]}])
    runner = CliRunner()
    if not app.registered_commands:
        commands.register(app)
    said = runner.invoke(app, ["submit", str(wrong)])
    assert isinstance(said.exception, UserError)
    assert server.folder.is_dir()
    assert not server.status().running


def test_a_server_that_others_came_to_use_goes_on(private):
    path, server = private
    with session(path, new=True):
        other = pymongo.MongoClient(server.status().uri)
        other.admin.command("ping")
    assert server.status().running
    other.close()


def test_submit_leaves_the_server_for_the_workers_and_says_how_to_end_it(private):
    path, server = private
    runner = CliRunner()
    if not app.registered_commands:
        commands.register(app)
    said = runner.invoke(app, ["submit", path])
    assert said.exit_code == 0, said.output
    assert f"ionsieve db stop {path}" in said.output
    assert server.status().running
    assert runner.invoke(app, ["db", "stop", path]).exit_code == 0
    status = runner.invoke(app, ["status", path])
    assert "Ewald screen" in status.output
    assert not server.status().running


@pytest.mark.parametrize("words", [["status"], ["report"], ["export"], ["rerun", "--stage", "relax"], ["dashboard"]])
def test_asking_about_a_campaign_that_never_ran_is_one_line_and_makes_nothing(private, short_folder, words):
    path, _ = private
    runner = CliRunner()
    if not app.registered_commands:
        commands.register(app)
    said = runner.invoke(app, [words[0], path, *words[1:]])
    assert isinstance(said.exception, UserError)
    assert "ionsieve run" in str(said.exception)
    assert f"there is no {short_folder / 'toy' / 'database'}" in str(said.exception)
    assert list(short_folder.iterdir()) == []


def test_a_folder_that_cannot_be_made_is_one_line(campaign):
    with (
        pytest.raises(UserError, match=r"work_dir = '/proc/nowhere': its folder cannot be created"),
        session(str(campaign(work_dir="/proc/nowhere")), new=True),
    ):
        pass
