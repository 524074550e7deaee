"""A worker does only what somebody it trusts submitted, whatever the database says."""

import json
import os
from dataclasses import replace

import pytest

from ewald.errors import UserError
from workflows.campaign.campaign_file import open_campaign
from workflows.campaign.submitted_settings import check_settings, settings_path, write_settings
from workflows.store.entry import CampaignEntry


@pytest.fixture
def entry(campaign):
    file = open_campaign(str(campaign()))
    entry = CampaignEntry(file.campaign, file.campaign.revision(), file.folder, file.base_dir)
    write_settings(entry)
    return entry


def changed(entry, **sections):
    return replace(entry, campaign=entry.campaign.model_copy(update=sections))


def test_what_was_submitted_is_done(entry):
    check_settings(entry)


def test_more_workers_are_no_other_campaign_but_a_program_is(entry):
    execution = entry.campaign.execution
    check_settings(changed(entry, execution=execution.model_copy(update={"workers": 7}), description="other"))
    with pytest.raises(UserError, match="not those that were submitted"):
        check_settings(changed(entry, execution=execution.model_copy(update={"mpi_launcher": ("evil",)})))


def test_another_program_as_engine_is_refused(entry):
    engine = entry.campaign.engine.model_copy(update={"preset": "evil"})
    with pytest.raises(UserError, match="not those that were submitted"):
        check_settings(changed(entry, engine=engine))


def test_a_folder_elsewhere_is_refused_even_with_a_copy_of_the_file(entry, tmp_path):
    moved = replace(entry, folder=tmp_path / "elsewhere")
    settings_path(moved).parent.mkdir(parents=True)
    settings_path(moved).write_bytes(settings_path(entry).read_bytes())
    with pytest.raises(UserError, match="not those that were submitted"):
        check_settings(moved)


def test_a_file_that_anybody_can_write_is_refused_and_one_that_others_can_read_is_not(entry):
    settings_path(entry).chmod(0o644)
    check_settings(entry)
    settings_path(entry).chmod(0o646)
    with pytest.raises(UserError, match="another user"):
        check_settings(entry)


@pytest.mark.skipif(os.getuid() != 0, reason="needs root to act as another user")
def test_a_file_of_another_user_is_refused(entry):
    os.chown(settings_path(entry), 65534, 65534)
    with pytest.raises(UserError, match="another user"):
        check_settings(entry)


def test_no_file_and_half_a_file_are_refused(entry):
    settings_path(entry).write_text("{")
    with pytest.raises(UserError, match="cannot be read"):
        check_settings(entry)
    settings_path(entry).unlink()
    with pytest.raises(UserError, match="not submitted from here"):
        check_settings(entry)


def test_settings_that_a_former_release_wrote_have_the_defaults_of_keys_that_it_did_not_know(entry):
    path = settings_path(entry)
    content = json.loads(path.read_text())
    del content["campaign"]["hull"]["allow_missing_references"]
    path.write_text(json.dumps(content))
    check_settings(entry)
    hull = entry.campaign.hull.model_copy(update={"allow_missing_references": True})
    with pytest.raises(UserError, match="not those that were submitted"):
        check_settings(changed(entry, hull=hull))


@pytest.mark.parametrize("content", ["[]", "3", "null", '{"campaign": 3}', "{}"])
def test_settings_of_nonsense_are_not_what_was_submitted(entry, content):
    settings_path(entry).write_text(content)
    with pytest.raises(UserError, match="not those that were submitted"):
        check_settings(entry)
