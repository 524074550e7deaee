"""FireWorks' commands in a guarded process: same options, one-line mistakes, nothing foreign runs."""

import logging
import subprocess
import sys

import pytest
import yaml
from fireworks import Firework, FWorker, ScriptTask, Workflow
from fireworks.queue import queue_launcher

from ewald.errors import UserError
from screening.relaxation.relaxation import RelaxedStructure
from workflows.launchpad import commands
from workflows.launchpad.commands import _QueueConnection, _RunnersConnection, survive_refusals

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
def test_rlaunch_runs_our_work_and_leaves_others_alone(launchpad, submitted, launchpad_file, environment, tmp_path):
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
    assert states == {"READY", "COMPLETED"}
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


@pytest.mark.mongod
def test_a_runner_that_was_told_to_end_ends(launchpad, submitted, launchpad_file):
    """FireWorks' loop with `--nlaunches` would sleep and ask again for ever."""
    runner = _RunnersConnection.from_file(str(launchpad_file))
    assert runner.run_exists(FWorker())
    runner.stop_asked = True
    with pytest.raises(SystemExit):
        runner.run_exists(FWorker())
    runner.connection.close()


def refusing(monkeypatch, answers):
    """Have FireWorks' own function give these answers; returns ours."""
    calls = iter(answers)
    monkeypatch.setattr(queue_launcher, "launch_rocket_to_queue", lambda: next(calls))
    survive_refusals()
    return queue_launcher.launch_rocket_to_queue


def test_a_refused_submission_is_nothing_to_submit_now(monkeypatch, capsys):
    submit = refusing(monkeypatch, [False, 12, None])
    assert [submit(), submit(), submit()] == [None, 12, None]
    assert "the queue refused the job" in capsys.readouterr().err


def test_a_queue_that_refuses_for_ever_ends_the_loop(monkeypatch):
    monkeypatch.setattr(commands, "_MAX_REFUSALS", 3)
    submit = refusing(monkeypatch, [False] * 3)
    assert [submit(), submit()] == [None, None]
    with pytest.raises(UserError, match="refused 3 jobs in a row"):
        submit()


def test_what_the_queue_said_is_shown(monkeypatch, capsys):
    def refused():
        message = "The error response reads: b'sbatch: error: QOSMaxSubmitJobPerUserLimit\\n'"
        logging.getLogger("qadapter.test").error(message)
        return False

    monkeypatch.setattr(queue_launcher, "launch_rocket_to_queue", refused)
    survive_refusals()
    assert queue_launcher.launch_rocket_to_queue() is None
    assert "sbatch: error: QOSMaxSubmitJobPerUserLimit" in capsys.readouterr().err


def test_a_job_whose_end_has_passed_is_refused(environment, tmp_path):
    done = ionsieve(environment | {"IONSIEVE_JOB_END": "1000"}, tmp_path, "rlaunch", "-l", "any.yaml", "singleshot")
    assert done.returncode == 2
    assert "IONSIEVE_JOB_END" in done.stderr
