"""FireWorks' lock of a workflow, with the name of the process that holds it."""

import functools
import random
import time
from types import TracebackType
from typing import TYPE_CHECKING, Any

from workflows.process.owner import myself, parse_owner
from workflows.store.retry import retried

if TYPE_CHECKING:
    from fireworks import LaunchPad

_LOCK_WAIT_S = 120.0

#: The moments since which this process holds its locks, or asks for them. A lock names the process that holds it, not
#: the connection, so that all connections of a process have to know of one another's locks.
_LIVE: set[float] = set()


class OrphanError(Exception):
    """A Firework belongs to no workflow: its insertion was cut off half-way."""


class OwnedLock:
    """FireWorks' workflow lock, saying who holds it and since when.

    It keeps FireWorks' rule (a workflow with the field `locked` is locked), so both kinds of lock respect each
    other; a lock whose owner has ended is taken over at once instead of never. So is one that its owner, which lives
    on, does not know of: the database went away after it had locked and before it could say so.
    """

    def __init__(self, lp: "LaunchPad", fw_id: int, expire_secs: float = _LOCK_WAIT_S, kill: bool = False) -> None:
        self.lp = lp
        self.fw_id = fw_id
        self.expire_secs = expire_secs
        self.kill = kill
        self._mine: dict[str, Any] = {"owner": myself().name, "since": time.time()}

    def __enter__(self) -> None:
        from pymongo.errors import AutoReconnect

        _LIVE.add(self._mine["since"])
        try:
            self._wait()
        except BaseException as error:
            if isinstance(error, AutoReconnect):
                self._give_back()
            _LIVE.discard(self._mine["since"])
            raise

    def _wait(self) -> None:
        from fireworks.core.launchpad import LockedWorkflowError

        mine = self._mine
        deadline = time.monotonic() + self.expire_secs
        pause = 0.02
        while self._take({"locked": {"$exists": False}}, mine) is None:
            workflow = self.lp.workflows.find_one({"nodes": self.fw_id}, {"locked": 1})
            if workflow is None:
                raise OrphanError(f"Firework {self.fw_id} belongs to no workflow")
            held = workflow.get("locked")
            if held is not None and (lock_is_stale(held) or (self.kill and time.monotonic() > deadline)):
                if self._take({"locked": held}, mine) is not None:
                    return
            elif time.monotonic() > deadline:
                raise LockedWorkflowError(f"Could not get workflow - LOCKED: {self.fw_id}")
            time.sleep(pause * (1 + random.random()))
            pause = min(1.5 * pause, 1.0)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self._give_back()
        finally:
            _LIVE.discard(self._mine["since"])

    def _give_back(self) -> None:
        # Nobody could take a lock over whose owner lives: it is given back also when the database was away meanwhile.
        # One that somebody else took by force is theirs.
        free = functools.partial(self.lp.workflows.update_one, {"nodes": self.fw_id, "locked": self._mine})
        retried(free)({"$unset": {"locked": True}})

    def _take(self, condition: dict[str, Any], mine: dict[str, Any]) -> dict[str, Any] | None:
        found: dict[str, Any] | None = self.lp.workflows.find_one_and_update(
            {"nodes": self.fw_id} | condition, {"$set": {"locked": mine}}
        )
        return found


def lock_is_stale(held: object) -> bool:
    """Whether a lock's owner has ended, or is this process and does not hold it; FireWorks' own locks name none."""
    if not isinstance(held, dict):
        return False
    owner = parse_owner(str(held.get("owner", "")))
    if owner == myself():
        return held.get("since") not in _LIVE
    return owner is not None and owner.gone() is True
