"""Where a record is read from: a folder, its file, or a campaign that runs or has finished."""

import shutil
from pathlib import Path

import pytest

from ewald.errors import UserError
from screening.record.record_file import RECORD_NAME, write_record
from workflows.campaign.campaign_file import open_campaign
from workflows.operations.record_source import _open_results, open_record
from workflows.shipped import finished_campaign


@pytest.mark.parametrize("name", ["", RECORD_NAME])
def test_a_folder_and_its_record_are_read_as_they_are(name):
    source = open_record(str(finished_campaign() / name))
    assert source.folder == finished_campaign()
    assert source.record.campaign.name
    assert source.record.candidates


def test_the_shipped_campaign_is_found_by_its_name_and_nothing_is_written_into_it(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    source = open_record("finished_campaign")
    assert source.record == open_record(str(finished_campaign())).record
    assert (source.folder, source.outputs) == (finished_campaign(), Path("finished_campaign"))
    (tmp_path / "finished_campaign").mkdir()
    assert open_record("finished_campaign").folder == finished_campaign()
    write_record(source.record.model_copy(update={"revision": "mine"}), tmp_path / "finished_campaign/record.json")
    assert open_record("finished_campaign").record.revision == "mine"


def test_a_finished_campaign_is_read_without_its_database(campaign):
    file = campaign()
    folder = open_campaign(str(file)).folder
    folder.mkdir(parents=True)
    shutil.copy(finished_campaign() / RECORD_NAME, folder / RECORD_NAME)
    source = open_record(str(file))
    assert source.folder == folder
    assert not (folder / "database").exists()


def test_a_campaign_that_never_ran_is_one_line_and_makes_nothing(campaign):
    file = campaign()
    with pytest.raises(UserError, match=r"not run from the present folder: there is no .*fix: ionsieve run"):
        open_record(str(file))
    assert not open_campaign(str(file)).folder.exists()


@pytest.mark.parametrize("name", ["none.json", ""])
def test_what_holds_no_record_is_one_line(tmp_path, name):
    with pytest.raises(UserError):
        open_record(str(tmp_path / name))


@pytest.mark.mongod
def test_a_running_campaign_is_read_from_its_database(launchpad, campaign, launchpad_file):
    from workflows.operations.submit import submit

    file = campaign(database={"mode": "launchpad", "launchpad_file": str(launchpad_file)})
    submit(open_campaign(str(file)), launchpad)
    found, results = _open_results(open_campaign(str(file)))
    assert results.entry.campaign.name == "toy"
    found.connection.close()
    assert open_record(str(file)).record.candidates == ()
    with pytest.raises(UserError, match="toy"):
        _open_results(open_campaign(str(campaign("other.yaml", seed=5, database={
            "mode": "launchpad", "launchpad_file": str(launchpad_file)}))))  # fmt: skip
