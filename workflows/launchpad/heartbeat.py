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

if TYPE_CHECKING:
    from fireworks import LaunchPad

NOTE = "ionsieve"
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
            note = {"owner": myself().name, "version": __version__}
            self.launchpad.launches.update_one({"launch_id": self._launch_id}, {"$set": {NOTE: note}})
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


def owner_of(launch: dict[str, Any]) -> Owner | None:
    """Return the process that runs a launch, as its task or its worker's name says; None when neither does."""
    noted = launch.get(NOTE) or {}
    return parse_owner(str(noted.get("owner", ""))) or parse_owner(launch["fworker"]["name"])


def _running_launch(launchpad: "LaunchPad", fw_id: int | None) -> int | None:
    if fw_id is None:
        return None
    running = {"fw_id": fw_id, "state": "RUNNING"}
    row = launchpad.launches.find_one(running, {"launch_id": 1}, sort=[("launch_id", -1)])
    return None if row is None else int(row["launch_id"])
