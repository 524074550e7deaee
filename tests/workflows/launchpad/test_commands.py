"""FireWorks' commands in a guarded process: same options, one-line mistakes, nothing foreign runs."""

import subprocess
import sys

import pytest
import yaml
from fireworks import Firework, FWorker, ScriptTask, Workflow

from screening.relaxation.relaxation import RelaxedStructure
from workflows.launchpad.commands import _QueueConnection

KEY = "reference:Na2S"


def ionsieve(environment, folder, *words):
    nowhere = {"HOME": str(folder), "FW_CONFIG_FILE": str(folder / "none.yaml")}
    return subprocess.run(
        [sys.executable, "-m", "workflows.cli.main", *map(str, words)],
        env=environment | nowhere,
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["rlaunch", "singleshot"], "-l: names no database"),
        (["lpad", "get_wflows"], "-l: names no database"),
        (["qlaunch", "singleshot"], "-q: names no queue adapter"),
        (["rlaunch", "-l", "none.yaml", "singleshot"], "'none.yaml' does not exist"),
    ],
)
def test_mistakes_are_one_line(environment, tmp_path, words, said):
    done = ionsieve(environment, tmp_path, *words)
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert line.startswith("error: ")
    assert said in line


def test_options_and_help_are_fireworks_own(environment, tmp_path):
    done = ionsieve(environment, tmp_path, "rlaunch", "rapidfire", "--help")
    assert done.returncode == 0
    assert "--nlaunches" in done.stdout


@pytest.mark.mongod
def test_rlaunch_runs_our_work_and_puts_foreign_work_aside(launchpad, submitted, launchpad_file, environment, tmp_path):
    from fireworks.core.launchpad import LaunchPad

    plain = LaunchPad(launchpad.host, uri_mode=True, name=launchpad.name, strm_lvl="ERROR")
    task = ScriptTask.from_str(f"touch {tmp_path / 'was-here'}")
    plain.add_wf(Workflow([Firework(task, spec={"key": KEY, "_priority": 999})]))
    plain.connection.close()
    fworker = tmp_path / "my_fworker.yaml"
    fworker.write_text(yaml.safe_dump({"name": "node", "category": "", "query": f'{{"spec.key": "{KEY}"}}'}))
    done = ionsieve(environment, tmp_path, "rlaunch", "-l", launchpad_file, "-w", fworker, "singleshot")
    assert done.returncode == 0, done.stderr
    assert submitted.failures() == ()
    states = {row["state"] for row in launchpad.fireworks.find({"spec.key": KEY}, {"state": 1})}
    assert states == {"DEFUSED", "COMPLETED"}
    assert not (tmp_path / "was-here").exists()
    assert submitted.get(RelaxedStructure, "reference", "Na2S") is not None


@pytest.mark.mongod
def test_a_sender_of_jobs_waits_for_what_runs(launchpad, submitted, launchpad_file):
    sender = _QueueConnection.from_file(str(launchpad_file))
    launchpad.fireworks.update_many({}, {"$set": {"state": "COMPLETED"}})
    launchpad.fireworks.update_one({"spec.key": KEY}, {"$set": {"state": "RUNNING"}})
    assert sender.future_run_exists(FWorker())
    launchpad.fireworks.update_one({"spec.key": KEY}, {"$set": {"state": "COMPLETED"}})
    assert not sender.future_run_exists(FWorker())
    assert not launchpad.running_leads_to_more
    sender.connection.close()
