"""What IonSieve adds to FireWorks inside its own processes.

FireWorks imports and runs whatever class a document in the database names, leaves locks that do not say who holds
them, and its offline mode calls monty's `zopen` without the mode that monty now demands. :func:`install` mends all
three in the process that calls it; FireWorks' own commands, which run in theirs, are left as they are.
"""

import functools
import random
import time
from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING, Any

from workflows.database.patience import patient
from workflows.owner import myself
from workflows.spec import STAGES

if TYPE_CHECKING:
    from fireworks import LaunchPad

LOCK_PATIENCE_S = 120.0
PING_EVERY_S = 60

#: The only classes a database document may bring to life in an IonSieve process.
ALLOWED_TASKS = frozenset(kind.task_name for kind in STAGES.values())
#: Classes that the user's own files name: the queue adapter of `qlaunch`. As a task they can do nothing.
ALLOWED_ADAPTERS = frozenset({"CommonAdapter"})


#: The moments since which this process holds its locks, or asks for them.
_LIVE: set[float] = set()


class RefusedTaskError(Exception):
    """A document in the database names a class that is not one of IonSieve's Firetasks."""


class OrphanError(Exception):
    """A Firework belongs to no workflow: its insertion was cut off half-way."""


class OwnedLock:
    """FireWorks' workflow lock, saying who holds it and since when.

    It keeps FireWorks' rule (a workflow with the field `locked` is locked), so both kinds of lock respect each
    other; a lock whose owner has ended is taken over at once instead of never. So is one that its owner, which lives
    on, does not know of: the database went away after it had locked and before it could say so.
    """

    def __init__(self, lp: "LaunchPad", fw_id: int, expire_secs: float = LOCK_PATIENCE_S, kill: bool = False) -> None:
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
        patient(free)({"$unset": {"locked": True}})

    def _take(self, condition: dict[str, Any], mine: dict[str, Any]) -> dict[str, Any] | None:
        found: dict[str, Any] | None = self.lp.workflows.find_one_and_update(
            {"nodes": self.fw_id} | condition, {"$set": {"locked": mine}}
        )
        return found


def lock_is_stale(held: object) -> bool:
    """Whether a lock's owner has ended, or is this process and does not hold it; FireWorks' own locks name none."""
    from workflows.owner import parse_owner

    if not isinstance(held, dict):
        return False
    owner = parse_owner(str(held.get("owner", "")))
    if owner == myself():
        return held.get("since") not in _LIVE
    return owner is not None and owner.gone() is True


def allowed(name: str) -> bool:
    """Whether a document may bring the class of this name to life."""
    return name in ALLOWED_TASKS or name in ALLOWED_ADAPTERS


def install() -> None:
    """Guard this process; calling it again changes nothing."""
    from fireworks.core import launchpad, rocket
    from fireworks.utilities import fw_serializers

    if getattr(fw_serializers.load_object, "guarded", False):
        return
    fw_serializers.load_object = _guarded(fw_serializers.load_object)
    fw_serializers.DECODE_MONTY = False
    launchpad.WFLock = OwnedLock
    rocket.PING_TIME_SECS = PING_EVERY_S
    rocket.PRINT_FW_JSON = False
    rocket.zopen = with_default_mode(rocket.zopen)


def _guarded(load: Callable[[dict[str, Any]], Any]) -> Callable[[dict[str, Any]], Any]:
    @functools.wraps(load)
    def load_allowed(document: dict[str, Any]) -> Any:
        name = document.get("_fw_name")
        if not isinstance(name, str) or not allowed(name):
            raise RefusedTaskError(f"refused to load {name!r}: only IonSieve's own Firetasks may run here")
        return load(document)

    load_allowed.guarded = True  # type: ignore[attr-defined]
    return load_allowed


def with_default_mode(zopen: Callable[..., Any]) -> Callable[..., Any]:
    """Give monty's `zopen` the mode `rt` that FireWorks' offline mode leaves out."""

    @functools.wraps(zopen)
    def zopen_with_mode(filename: Any, mode: str = "rt", **options: Any) -> Any:
        if "b" not in mode:
            options.setdefault("encoding", "utf-8")
        return zopen(filename, mode, **options)

    return zopen_with_mode
