"""A launch that says who runs it, with which version, and that it still lives; also under FireWorks' own `rlaunch`.

FireWorks' commands name a worker as its owner pleases, ping once an hour, and stop pinging for good when the database
is away at that moment, so that nobody could tell a lost run from a living one. Every Firetask of IonSieve therefore
writes its process and queue job into the launch that it runs in, and pings every minute.
"""

import contextlib
import threading
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from ewald.version import __version__
from workflows.process.owner import Owner, myself, parse_owner
from workflows.process.slurm import Submitter

if TYPE_CHECKING:
    from fireworks import FWorker, LaunchPad

NOTE = "ionsieve"
#: In the note: when the run lived last, by the clock of the database server.
SEEN = "seen"
#: In the note: who submitted the queue job of a reserved Firework, and to which cluster.
_SUBMITTER = "submitter"
#: In the environment of a worker: the process that took the Firework.
_OWNER = "ionsieve_owner"
PING_EVERY_S = 60


class Heartbeat:
    """Notes the running process in the launch of a Firework, and pings while it is entered.

    Parameters
    ----------
    launchpad
        The database.
    fw_id
        The Firework that this process runs; None does nothing.
    every_s
        Time between pings.
    """

    def __init__(self, launchpad: "LaunchPad", fw_id: int | None, *, every_s: float = PING_EVERY_S) -> None:
        self.launchpad = launchpad
        self.fw_id = fw_id
        self.every_s = every_s
        self._launch_id: int | None = None
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._beat, name="says that this run lives", daemon=True)

    def __enter__(self) -> Self:
        self._launch_id = _running_launch(self.launchpad, self.fw_id)
        if self._launch_id is not None:
            note = {f"{NOTE}.owner": myself().name, f"{NOTE}.version": __version__}
            self._write({"$set": note})
            self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        if self._thread.is_alive():
            self._thread.join()

    def _beat(self) -> None:
        from pymongo.errors import PyMongoError

        while not self._over.wait(self.every_s):
            # A database that is away for a moment is pinged the next time.
            with contextlib.suppress(PyMongoError):
                self.launchpad.ping_launch(self._launch_id)
                self._write({})

    def _write(self, change: dict[str, Any]) -> None:
        seen = {"$currentDate": {f"{NOTE}.{SEEN}": True}}
        self.launchpad.launches.update_one({"launch_id": self._launch_id}, change | seen)


def owner_of(launch: dict[str, Any]) -> Owner | None:
    """Return the process that runs a launch, as its task, its worker's name or environment says; None without any."""
    noted = launch.get(NOTE) or {}
    worker = launch["fworker"]
    names = (noted.get("owner"), worker["name"], (worker.get("env") or {}).get(_OWNER))
    return next(filter(None, (parse_owner(str(name)) for name in names)), None)


def with_owner(fworker: "FWorker") -> "FWorker":
    """Return a worker that says in its environment, which FireWorks writes into the launch, which process it is.

    A process that is killed between taking a Firework and the beginning of its task has no other way to be known.
    """
    from fireworks import FWorker

    env = {**(fworker.env or {}), _OWNER: myself().name}
    return FWorker(name=fworker.name, category=fworker.category, query=fworker._query, env=env)


def note_submitter(launchpad: "LaunchPad", launch_id: int, submitter: Submitter) -> None:
    """Note in the launch of a reserved Firework who submitted its queue job."""
    note = {f"{NOTE}.{_SUBMITTER}": submitter.to_document()}
    launchpad.launches.update_one({"launch_id": launch_id}, {"$set": note})


def submitter_of(launch: dict[str, Any]) -> Submitter:
    """Return who submitted the queue job of a launch, as far as that was noted."""
    noted = (launch.get(NOTE) or {}).get(_SUBMITTER) or {}
    return Submitter(noted.get("user"), noted.get("cluster"))


def _running_launch(launchpad: "LaunchPad", fw_id: int | None) -> int | None:
    if fw_id is None:
        return None
    running = {"fw_id": fw_id, "state": "RUNNING"}
    row = launchpad.launches.find_one(running, {"launch_id": 1}, sort=[("launch_id", -1)])
    return None if row is None else int(row["launch_id"])
