"""A storm: campaigns run under random faults, one after the other or several at once, until there were enough."""

import contextlib
import multiprocessing
import os
import random
import shutil
import tempfile
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import yaml

from screening.record.ledger import ledger_text
from screening.record.record_file import read_record
from tests.chaos import commander, small_disk
from tests.chaos.external_code import ExternalCode
from tests.chaos.faults import DISK_FILLED, FOLDER_MOVED, LAUNCHER_KILLED, Faults, workers_of
from tests.chaos.launcher import kill_launcher, screen
from tests.chaos.outcome import check_campaign, differences, workers_in
from tests.science import science
from tests.toy_campaign import TOY
from workflows.database.server import PrivateServer

CAMPAIGN_LIMIT_S = 2400.0
ROOT = Path(__file__).parents[2]
#: Between two faults, at most.
PAUSE_S = 0.3
#: Faults to one campaign, at most; then it may go on to its end.
PER_CAMPAIGN = 100
#: Share of the ended commands after which the campaign's folder is moved.
MOVED = 0.3
#: How long a worker may take to end after its command.
ENDING_S = 30.0
#: One campaign after the other: with an external code, with the potential inside the worker, and with a launcher that
#: is killed in the Ewald stage.
TURNS = ("external", "toy under MPI", "toy")

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
    begun, campaigns
        How many campaigns were begun, and how many went through the faults.
    restarts
        How often the command had to be given again.
    impossible
        Kinds of faults that could not be done here, with the reason.
    """

    seed: int
    faults: Counter = field(default_factory=Counter)
    begun: int = 0
    campaigns: int = 0
    restarts: int = 0
    impossible: dict = field(default_factory=dict)
    failed: bool = False
    lock: threading.Lock = field(default_factory=threading.Lock)

    def begin(self):
        """Return the number of the campaign that comes next, from 0."""
        with self.lock:
            self.begun += 1
            return self.begun - 1

    def end(self, faults, restarts):
        """Take down what one campaign went through."""
        with self.lock:
            self.faults += faults
            self.restarts += restarts
            self.campaigns += 1

    @property
    def total(self):
        return sum(self.faults.values())

    def __str__(self):
        kinds = ", ".join(f"{n} {kind}" for kind, n in sorted(self.faults.items()))
        left_out = "".join(f"; no {kind}: {why}" for kind, why in self.impossible.items())
        return (
            f"{self.total} faults on {self.campaigns} campaigns, {self.restarts} restarts: {kinds}{left_out} "
            f"(seed {self.seed})"
        )


@dataclass
class Place:
    """Where one campaign runs, and what it says."""

    context: object
    folder: Path
    changes: dict

    def __post_init__(self):
        self.work = self.folder / "work"
        self.no_disk = small_disk.mounted(self.work)
        self.file = self.folder / "campaign.yaml"
        self.moves = 0
        self._write()

    def _write(self):
        self.file.write_text(yaml.safe_dump({**TOY, **CHANGES, "work_dir": str(self.work), **self.changes}))

    def move(self):
        """Move the campaign's folder, on the same disk; says whether nothing ran in it any more."""
        end = time.monotonic() + ENDING_S
        # A worker whose command was killed finishes what it is at; without its database it would wait for minutes.
        while workers_in(self.campaign):
            if time.monotonic() > end:
                return False
            time.sleep(0.1)
        PrivateServer(self.campaign / "database").stop()
        self.moves += 1
        old, self.work = self.campaign, self.folder / "work" / str(self.moves)
        self.work.mkdir()
        old.rename(self.campaign)
        self._write()
        return True

    @property
    def disk(self):
        return None if self.no_disk else self.folder / "work"

    @property
    def campaign(self):
        return self.work / "storm"

    def command(self, workers=2):
        """Give the command."""
        arguments = (self.file, workers, self.folder / "command.log")
        process = self.context.Process(target=commander.run, args=arguments)
        process.start()
        return process

    def log(self):
        logs = [path for path in sorted(self.folder.rglob("*.log")) if path.name != "mongod.log"]
        return "\n".join(path.read_text(errors="replace")[-1500:] for path in logs)

    def clean(self):
        PrivateServer(self.campaign / "database").stop()
        small_disk.unmount(self.folder / "work")
        shutil.rmtree(self.folder, ignore_errors=True)


@contextlib.contextmanager
def place(context, changes):
    """A place for one campaign; what a failure leaves is kept where `IONSIEVE_CHAOS_KEEP` says."""
    here = Place(context, Path(tempfile.mkdtemp(prefix="is-", dir="/tmp")), changes)
    try:
        yield here
    except BaseException:
        kept = Path(os.environ.get("IONSIEVE_CHAOS_KEEP", "/nonexistent"))
        if kept.is_dir():
            shutil.copytree(here.folder, kept / here.folder.name, ignore=shutil.ignore_patterns("socket", "filler"))
        raise
    finally:
        here.clean()


def forkserver():
    """Processes that start with everything imported."""
    os.environ["PYTHONPATH"] = f"{ROOT}{os.pathsep}{os.environ.get('PYTHONPATH', '')}"
    os.environ["OMP_NUM_THREADS"] = "1"
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.chaos.preloaded"])
    return context


def calm(context, workers=2, ranks=1, **changes):
    """Science and ledger of the campaign when nothing goes wrong, screened beforehand on some MPI ranks."""
    with place(context, changes) as here:
        if ranks > 1:
            with screen(here.file, ranks) as run:
                assert run.wait(CAMPAIGN_LIMIT_S) == 0, run.stderr.read().decode()
        command = here.command(workers)
        command.join(CAMPAIGN_LIMIT_S)
        assert command.exitcode == 0, here.log()
        record = read_record(here.campaign)
        return science(record), ledger_text(record.decisions)


class Weather:
    """Campaigns under faults, one after the other; several of them may share a storm, each in a thread of its own.

    Parameters
    ----------
    storm
        Counts what happens.
    code
        The external code, used by nobody else.
    expected
        Outcomes of :func:`calm`, with the external code and without.
    enough, seconds
        Faults to do, and the time after which to give up.
    """

    def __init__(self, context, storm, code: ExternalCode, expected, *, enough, seconds):
        self.context = context
        self.storm = storm
        self.code = code
        self.expected = expected
        self.enough = enough
        self.end = time.monotonic() + seconds

    def blow(self, say=lambda _: None):
        """Run campaigns until there were enough faults, the time is over or one failed; tells of each campaign."""
        while self.storm.total < self.enough and time.monotonic() < self.end and not self.storm.failed:
            try:
                self._next()
            except BaseException:
                self.storm.failed = True
                raise
            say(str(self.storm))

    def _next(self):
        number = self.storm.begin()
        turn, self.draw = TURNS[number % len(TURNS)], random.Random(f"{self.storm.seed} {number}")
        external = turn == "external"
        with place(self.context, self.code.changes if external else {}) as here:
            if here.no_disk:
                self.storm.impossible[DISK_FILLED] = here.no_disk
            faults = Faults(
                self.context, self.draw, here.campaign, here.folder / "guests.log", here.disk, external=external
            )
            if turn == "toy under MPI":
                self._kill_launcher(here)
                faults.done[LAUNCHER_KILLED] += 1
            restarts = self._campaign(here, faults)
            self._check(here, self.expected[external])
        self.storm.end(faults.done, restarts)

    def _kill_launcher(self, here):
        with screen(here.file, 2) as run:
            kill_launcher(run, here.file, self.draw.uniform(1.0, 5.0))

    def _campaign(self, here, faults):
        """Run the command again and again until it comes to its end; returns how often that was."""
        restarts = 0
        limit = time.monotonic() + CAMPAIGN_LIMIT_S
        while True:
            command = here.command()
            # Most commands come as far as having workers, however slow the machine; some are hit on the way there.
            while self.draw.random() < 0.995 and command.is_alive() and not workers_of(command.pid):
                time.sleep(0.02)
            while command.is_alive():
                command.join(self.draw.uniform(0.05, PAUSE_S))
                assert time.monotonic() < limit, f"the campaign hangs; {faults.done}\n{here.log()}"
                faults.cut_off()
                if command.is_alive() and not self._quiet(sum(faults.done.values())):
                    faults.strike(command.pid)
            command.join()
            # What others were about to do when the command found nothing left is for the next one.
            if not faults.send_away() and command.exitcode == 0:
                return restarts
            restarts += command.exitcode != 0
            if self.draw.random() < MOVED and here.campaign.is_dir() and here.move():
                faults.enter(here.campaign)
                faults.done[FOLDER_MOVED] += 1

    def _quiet(self, done):
        """Whether the campaign had its share of faults."""
        return min(PER_CAMPAIGN, self.enough - self.storm.total) <= done or time.monotonic() > self.end

    def _check(self, here, expected):
        record = read_record(here.campaign)
        found = science(record)
        if found != expected[0]:
            pytest.fail("\n".join([str(self.storm), *differences(found, expected[0]), here.log()]), pytrace=False)
        assert ledger_text(record.decisions) == expected[1]
        check_campaign(here.campaign, self.code.folder)
        said = (here.folder / "command.log").read_text(errors="replace")
        assert "Traceback (most recent call last)" not in said, said[-3000:]
