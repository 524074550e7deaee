"""A storm: campaigns run one after the other, each under random faults, until enough faults have happened."""

import multiprocessing
import os
import random
import shutil
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import yaml

from screening.record_file import read_record
from tests.chaos import commander
from tests.chaos.faults import Faults
from tests.chaos.outcome import check_database, differences, science
from tests.toy_campaign import TOY
from workflows.database.server import PrivateServer

CAMPAIGN_LIMIT_S = 180.0
ROOT = Path(__file__).parents[2]

#: Short segments and many of them: more moments at which a kill can hit.
CHANGES = {
    "name": "storm",
    "short_md": TOY["short_md"] | {"segment_ps": 0.05},
    "long_md": TOY["long_md"] | {"segment_ps": 0.05, "max_length_ps": 0.2},
    "execution": {"workers": 2, "max_reruns": 1000},
}


@dataclass
class Storm:
    """What happened.

    Attributes
    ----------
    faults
        How many faults of each kind.
    campaigns
        How many campaigns went through them.
    restarts
        How often the command had to be given again.
    """

    seed: int
    faults: Counter = field(default_factory=Counter)
    campaigns: int = 0
    restarts: int = 0

    @property
    def total(self):
        return sum(self.faults.values())


def forkserver():
    """Processes that start with everything imported."""
    os.environ["PYTHONPATH"] = f"{ROOT}{os.pathsep}{os.environ.get('PYTHONPATH', '')}"
    os.environ["OMP_NUM_THREADS"] = "1"
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.chaos.preloaded"])
    return context


def calm(context, workers=2, **changes):
    """Science of the campaign when nothing goes wrong, and the folder's name it has nothing to do with."""
    folder = Path(tempfile.mkdtemp(prefix="is-", dir="/tmp"))
    try:
        assert _command(context, _write(folder, changes), folder, workers).wait() == 0, _log(folder)
        return science(read_record(folder / "work" / "storm"))
    finally:
        _clean(folder)


def weather(context, storm, expected, enough, seconds):
    """Run campaigns under faults until there were enough of them, or the time is over."""
    draw = random.Random(storm.seed)
    end = time.monotonic() + seconds
    while storm.total < enough and time.monotonic() < end:
        folder = Path(tempfile.mkdtemp(prefix="is-", dir="/tmp"))
        try:
            _one_campaign(context, storm, draw, folder, (enough, end))
            found = science(read_record(folder / "work" / "storm"))
            if found != expected:
                pytest.fail("\n".join([str(storm), *differences(found, expected), _log(folder)]), pytrace=False)
            check_database(folder / "work" / "storm")
        except BaseException:
            kept = Path(os.environ.get("IONSIEVE_CHAOS_KEEP", "/nonexistent"))
            if kept.is_dir():
                shutil.copytree(folder, kept / folder.name, ignore=shutil.ignore_patterns("socket"))
            raise
        finally:
            _clean(folder)
        storm.campaigns += 1


def _one_campaign(context, storm, draw, folder, until):
    enough, end = until
    path = _write(folder, {})
    faults = Faults(draw, folder / "work" / "storm")
    limit = time.monotonic() + CAMPAIGN_LIMIT_S
    while True:
        command = _command(context, path, folder, 2)
        while command.process.is_alive():
            command.process.join(draw.uniform(0.05, 0.6))
            assert time.monotonic() < limit, f"the campaign hangs\n{_log(folder)}"
            quiet = storm.total + sum(faults.done.values()) >= enough or time.monotonic() > end
            if command.process.is_alive() and not quiet:
                faults.strike(command.process.pid)
        if command.wait() == 0:
            storm.faults += faults.done
            return
        storm.restarts += 1


class _Command:
    def __init__(self, process):
        self.process = process
        process.start()

    def wait(self):
        self.process.join(CAMPAIGN_LIMIT_S)
        return self.process.exitcode


def _command(context, path, folder, workers):
    return _Command(context.Process(target=commander.run, args=(path, workers, folder / "command.log")))


def _write(folder, changes):
    path = folder / "campaign.yaml"
    path.write_text(yaml.safe_dump({**TOY, **CHANGES, "work_dir": str(folder / "work"), **changes}))
    return path


def _log(folder):
    logs = [path for path in sorted(folder.rglob("*.log")) if path.name != "mongod.log"]
    texts = [path.read_text(errors="replace")[-1500:] for path in logs]
    return "\n".join(texts)


def _clean(folder):
    PrivateServer(folder / "work" / "storm" / "database").stop()
    shutil.rmtree(folder, ignore_errors=True)
