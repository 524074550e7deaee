"""How ions move in a finished campaign, from the trajectories that it ships."""

import json
import shutil

import pytest

from ewald.errors import UserError
from screening.record.record_file import read_record
from workflows.md import mechanisms
from workflows.md.mechanisms import campaign_mechanisms, candidate_history, run_of, trajectory_of_run
from workflows.shipped import finished_campaign

SURVIVOR = "Na3SbS4-W0.125-vac_a1"


@pytest.fixture(scope="module")
def record():
    return read_record(finished_campaign())


def test_survivors_have_a_mechanism_that_is_kept_beside_the_report(record, tmp_path, monkeypatch):
    found = campaign_mechanisms(record, finished_campaign(), tmp_path)
    assert set(found) <= {candidate.id for candidate in record.candidates}
    assert SURVIVOR in found
    one = found[SURVIVOR]
    assert one.species == "Na+"
    assert {motion.element for motion in one.elements} == {"Na", "S", "Sb", "W"}
    assert sorted(file.stem for file in (tmp_path / "mechanism").iterdir()) == sorted(found)
    # A second time nothing is worked out, unless a file was changed.
    monkeypatch.setattr(mechanisms, "read_segments", lambda paths: pytest.fail("was read again"))
    assert campaign_mechanisms(record, finished_campaign(), tmp_path) == found
    monkeypatch.undo()
    file = tmp_path / "mechanism" / f"{SURVIVOR}.json"
    file.write_text(json.dumps({"key": "other"}))
    assert campaign_mechanisms(record, finished_campaign(), tmp_path) == found


def test_candidates_without_trajectories_are_left_out(record, tmp_path):
    assert campaign_mechanisms(record, tmp_path, tmp_path) == {}
    shutil.copytree(finished_campaign() / "md" / SURVIVOR, tmp_path / "md" / SURVIVOR)
    assert set(campaign_mechanisms(record, tmp_path, tmp_path)) == {SURVIVOR}


def test_the_run_that_is_taken(record, tmp_path):
    history = candidate_history(record, SURVIVOR)
    run = run_of(history)
    assert run.stage == "long_md"
    assert run_of(history, 700.0) == run
    assert trajectory_of_run(run, finished_campaign()).frames == run.transport.frames
    with pytest.raises(UserError, match="not kept with the campaign's record"):
        trajectory_of_run(run, tmp_path)
    with pytest.raises(UserError, match="there are 700 K"):
        run_of(history, 300.0)
    with pytest.raises(UserError, match="no such candidate"):
        candidate_history(record, "none")
