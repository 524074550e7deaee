"""Heavy stages run from files alone, and come home with their results, whatever happens on the way."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from fireworks import FWorker
from fireworks.core.rocket_launcher import launch_rocket
from fireworks.queue import queue_launcher

from screening.relaxation.relaxation import RelaxedStructure
from workflows.launchpad import commands
from workflows.offline.inputs import SPEC_KEY
from workflows.offline.journal import COLLECTED, collect_results
from workflows.recovery.recover import recover
from workflows.store import Failure

pytestmark = pytest.mark.mongod

RELAX = "relax:Na3SbS4-W0.5-vac_a1"


@pytest.fixture
def screened(launchpad, submitted):
    """The toy campaign with its arrangements found, so that relaxations are ready."""
    launch_rocket(launchpad, FWorker(query={"spec.stage": "ewald"}), strm_lvl="ERROR")
    return submitted


@pytest.fixture
def reserve(launchpad, screened, monkeypatch, tmp_path):
    """Reserve a Firework as `ionsieve qlaunch -r` does; returns the folder its job starts in."""
    monkeypatch.setattr(queue_launcher, "setup_offline_job", queue_launcher.setup_offline_job)
    commands.bring_inputs_along()

    def reserve_one(key, name="launch"):
        folder = tmp_path / name
        folder.mkdir()
        monkeypatch.chdir(folder)
        found = launchpad.reserve_fw(FWorker(query={"spec.key": key}), str(folder))
        queue_launcher.setup_offline_job(launchpad, *found)
        launchpad.set_reservation_id(found[1], 4711)
        return folder

    return reserve_one


def rlaunch(folder, environment, **changes):
    """Run the job as the queue would, where no database is known."""
    nowhere = {"HOME": str(folder), "FW_CONFIG_FILE": str(folder / "none.yaml")}
    command = [sys.executable, "-m", "workflows.cli.main", "rlaunch", "singleshot", "--offline"]
    return subprocess.run(
        command,
        env=environment | nowhere | changes,
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


def firework(launchpad, key):
    return launchpad.fireworks.find_one({"spec.key": key}, {"state": 1, "fw_id": 1})


def test_a_relaxation_runs_from_files_and_comes_home(launchpad, screened, reserve, environment):
    folder = reserve(RELAX)
    assert SPEC_KEY not in launchpad.fireworks.find_one({"spec.key": RELAX})["spec"]
    assert recover(launchpad, screened, lost_after_s=60).fixed == 0
    assert firework(launchpad, RELAX)["state"] == "RESERVED"
    done = rlaunch(folder, environment)
    assert done.returncode == 0, done.stderr
    assert screened.get(RelaxedStructure, "relax", "Na3SbS4-W0.5-vac_a1") is None
    found = recover(launchpad, screened)
    assert found.collected == 1
    assert firework(launchpad, RELAX)["state"] == "COMPLETED"
    assert screened.get(RelaxedStructure, "relax", "Na3SbS4-W0.5-vac_a1").converged is not None
    assert screened.decision("relax", "Na3SbS4-W0.5-vac_a1").verdict is not None
    assert recover(launchpad, screened).fixed == 0


def test_fireworks_own_recovery_loses_nothing(launchpad, screened, reserve, environment, launchpad_file):
    """Plain `lpad recover_offline` completes the Firework; the next stage that runs enters the results."""
    folder = reserve(RELAX)
    rlaunch(folder, environment)
    lpad = [str(Path(sys.executable).parent / "lpad"), "-l", str(launchpad_file), "recover_offline"]
    subprocess.run(lpad, env=environment, check=True, capture_output=True, cwd=folder)
    assert firework(launchpad, RELAX)["state"] == "COMPLETED"
    launch_rocket(launchpad, FWorker(query={"spec.key": "reference:Na2S"}), strm_lvl="ERROR")
    assert screened.get(RelaxedStructure, "relax", "Na3SbS4-W0.5-vac_a1") is not None


def test_a_failure_comes_home_with_its_reason(launchpad, screened, reserve, environment):
    folder = reserve(RELAX)
    job = json.loads((folder / "FW.json").read_text())
    job["spec"][SPEC_KEY]["campaign"]["engine"]["preset"] = "no-such-preset"
    (folder / "FW.json").write_text(json.dumps(job))
    rlaunch(folder, environment)
    recover(launchpad, screened)
    assert firework(launchpad, RELAX)["state"] == "FIZZLED"
    (failure,) = screened.failures()
    assert (failure.key, failure.kind) == (RELAX, "input")
    assert "not those that were submitted" in failure.reason


def test_results_lost_on_the_way_are_made_again(launchpad, screened, reserve, environment):
    folder = reserve(RELAX)
    rlaunch(folder, environment)
    (journal,) = (screened.entry.folder / "offline").glob("*.json")
    content = bytearray(journal.read_bytes())
    content[len(content) // 2] ^= 1
    journal.write_bytes(bytes(content))
    assert recover(launchpad, screened).collected == 0
    assert firework(launchpad, RELAX)["state"] == "READY"
    assert screened.get(RelaxedStructure, "relax", "Na3SbS4-W0.5-vac_a1") is None


def test_bringing_home_twice_changes_nothing(launchpad, screened, reserve, environment):
    rlaunch(reserve(RELAX), environment)
    assert collect_results(screened) == 1
    before = screened.stored([("relax", "Na3SbS4-W0.5-vac_a1")])
    home = screened.entry.folder / "offline" / COLLECTED
    (journal,) = home.iterdir()
    journal.rename(home.parent / journal.name)
    assert collect_results(screened) == 1
    assert screened.stored([("relax", "Na3SbS4-W0.5-vac_a1")]) == before
    assert screened.failures() == ()


def test_a_job_of_fireworks_own_qlaunch_is_refused_in_one_line(launchpad, screened, tmp_path, environment, monkeypatch):
    monkeypatch.chdir(tmp_path)
    found = launchpad.reserve_fw(FWorker(query={"spec.key": RELAX}), str(tmp_path))
    queue_launcher.setup_offline_job(launchpad, *found)
    said = rlaunch(tmp_path, environment)
    assert "submit it with ionsieve qlaunch -r" in said.stderr


def test_failures_survive_the_journey(launchpad, screened, tmp_path):
    from workflows.offline.inputs import OfflineInputs
    from workflows.offline.journal import OfflineResults

    entry = screened.entry
    inputs = OfflineInputs(
        campaign=entry.campaign, revision=entry.revision, folder=entry.folder, base_dir=entry.base_dir, results=()
    )
    away = OfflineResults(inputs)
    failure = Failure("relax:x", "x", "relax", "walltime", "too slow", 2)
    away.fail(failure)
    away.write("relax:x")
    collect_results(screened)
    assert screened.failures() == (failure,)


def test_a_damaged_state_file_of_a_run_is_left_for_the_next_look(launchpad, screened, reserve):
    folder = reserve(RELAX)
    (folder / "FW_offline.json").write_text('{"launch_id": 1, "started_')
    recover(launchpad, screened)
    assert firework(launchpad, RELAX)["state"] == "RESERVED"
    assert os.access(folder / "FW_offline.json", os.R_OK)
