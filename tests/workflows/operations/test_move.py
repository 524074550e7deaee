"""A campaign's folder is found where it was moved to; a copy, or a stranger's folder, is not taken for it."""

import json
import shutil

import pytest
from fireworks import FWorker
from fireworks.core.rocket_launcher import launch_rocket

from ewald.errors import UserError
from workflows.campaign.campaign_file import open_campaign
from workflows.operations.move import follow_moved_folder
from workflows.operations.submit import submit
from workflows.store.store import Store

pytestmark = pytest.mark.mongod

KEY = "reference:Na2S"


@pytest.fixture
def moved(launchpad, campaign, tmp_path):
    """The toy campaign, submitted and then moved; returns its file in the new place, and the old folder."""
    old = submit(open_campaign(str(campaign())), launchpad).results.entry.folder
    (tmp_path / "elsewhere").mkdir()
    shutil.move(old, tmp_path / "elsewhere" / old.name)
    return open_campaign(str(campaign(work_dir=str(tmp_path / "elsewhere")))), old


def test_the_campaign_goes_on_in_its_new_place(launchpad, moved):
    file, old = moved
    assert follow_moved_folder(Store(launchpad.db), file) == old
    assert follow_moved_folder(Store(launchpad.db), file) is None
    again = submit(file, launchpad)
    assert again.added == 0
    assert again.results.entry.folder == file.folder
    launch_rocket(launchpad, FWorker(query={"spec.key": KEY}), strm_lvl="CRITICAL")
    assert launchpad.fireworks.find_one({"spec.key": KEY})["state"] == "COMPLETED"
    assert (file.folder / "references" / "Na2S").is_dir()
    assert not old.exists()


def test_a_job_that_still_writes_to_the_old_place_does_not_keep_it_there(launchpad, moved):
    file, old = moved
    (old / "md" / "x").mkdir(parents=True)
    assert follow_moved_folder(Store(launchpad.db), file) == old
    assert submit(file, launchpad).results.entry.folder == file.folder


def test_a_copy_is_not_followed(launchpad, moved):
    file, old = moved
    shutil.copytree(file.folder, old)
    assert follow_moved_folder(Store(launchpad.db), file) is None
    with pytest.raises(UserError, match="already holds a campaign of that name"):
        submit(file, launchpad)


def test_a_folder_without_its_settings_is_not_followed(launchpad, moved):
    file, _ = moved
    shutil.rmtree(file.folder / "submitted")
    assert follow_moved_folder(Store(launchpad.db), file) is None


def test_settings_that_somebody_changed_are_refused(launchpad, moved):
    file, _ = moved
    (path,) = (file.folder / "submitted").glob("*.json")
    content = json.loads(path.read_text())
    content["campaign"]["seed"] = 99
    path.write_text(json.dumps(content))
    with pytest.raises(UserError, match="not those that were submitted"):
        follow_moved_folder(Store(launchpad.db), file)
