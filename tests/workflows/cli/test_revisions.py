"""The commands about revisions, on a campaign in a database of its own."""

import json

import pytest
import typer
from typer.testing import CliRunner

from ewald.errors import UserError
from workflows.campaign.campaign_file import open_campaign
from workflows.cli import revisions
from workflows.operations.submit import submit

pytestmark = pytest.mark.mongod


@pytest.fixture
def ionsieve(launchpad, launchpad_file, campaign):
    """Run a command on a campaign that was submitted with two seeds; the first revision is `ionsieve.old`."""
    where = {"database": {"mode": "launchpad", "launchpad_file": str(launchpad_file)}}
    first = submit(open_campaign(str(campaign(**where))), launchpad)
    path = campaign(**where, seed=7)
    submit(open_campaign(str(path)), launchpad)
    app = typer.Typer()
    revisions.register(app)

    def run(command, *options, answer=None):
        done = CliRunner().invoke(app, [command, str(path), *options], input=answer)
        if done.exception is not None and not isinstance(done.exception, SystemExit):
            raise done.exception
        return done.output

    run.old = first.results.entry.revision
    return run


def test_both_are_shown_and_one_is_stopped_archived_and_removed(ionsieve, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    said = ionsieve("revisions")
    assert f"{ionsieve.old}  seed: 7 in the file, " in said
    assert said.count("at work") == 2
    assert "is stopped; 0 of its Fireworks still run" in ionsieve("stop", "--revision", ionsieve.old[:5])
    states = {item["revision"]: item["stopped"] for item in json.loads(ionsieve("revisions", "--json"))}
    assert states[ionsieve.old]
    assert sum(states.values()) == 1
    assert "continues" in ionsieve("resume", "--revision", ionsieve.old)
    assert "archived; its results are kept" in ionsieve("archive", "--revision", ionsieve.old)
    assert "nothing was deleted" in ionsieve("remove", "--revision", ionsieve.old, answer="n\n")
    assert "documents and 0 folders deleted" in ionsieve("remove", "--revision", ionsieve.old, "--files", "--yes")
    assert len(json.loads(ionsieve("revisions", "--json"))) == 1


def test_an_unknown_revision_is_one_line(ionsieve):
    with pytest.raises(UserError, match="is no revision of this campaign"):
        ionsieve("stop", "--revision", "zzz")
