"""Locks on file systems without flock: a file that names its owner, renewed while it is held.

Lustre and some network file systems are mounted without flock. A file that is made exclusively serves instead. The
system does not remove it when its owner is killed, so it counts only while its owner lives: a process of this machine
is looked up, one of another machine renews the file every half minute.
"""

import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from workflows.process.owner import myself, parse_owner

_RENEW_EVERY_S = 30.0
#: Without renewal for so long, an owner on another machine counts as gone.
_STALE_AFTER_S = 180.0
_POLL_S = 0.2


@contextmanager
def dot_lock(path: Path, *, wait: bool) -> Iterator[bool]:
    """Hold the lock file `<path>.held`.

    Parameters
    ----------
    path
        What is locked.
    wait
        Wait for the present owner.

    Yields
    ------
    bool
        Whether the lock was obtained; always True with `wait`.
    """
    held = path.with_name(f"{path.name}.held")
    while not _make(held):
        if _is_stale(held):
            _remove_stale(held)
        elif wait:
            time.sleep(_POLL_S)
        else:
            yield False
            return
    over = threading.Event()
    renewing = threading.Thread(target=_renew, args=(held, over), name="renews a lock file", daemon=True)
    renewing.start()
    try:
        yield True
    finally:
        over.set()
        renewing.join()
        held.unlink(missing_ok=True)


def _make(held: Path) -> bool:
    """Make a lock file that names this process; False when there is one."""
    try:
        descriptor = os.open(held, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    except FileExistsError:
        return False
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        stream.write(myself().name)
    return True


def _renew(held: Path, over: threading.Event) -> None:
    while not over.wait(_RENEW_EVERY_S):
        with suppress(OSError):
            os.utime(held)


def _is_stale(held: Path) -> bool:
    try:
        owner = parse_owner(held.read_text(encoding="utf-8"))
    except OSError:
        return False
    gone = None if owner is None else owner.gone()
    return _age_s(held) > _STALE_AFTER_S if gone is None else gone


def _age_s(held: Path) -> float:
    """Return the age of a file by the clock of its file system, for those of machines differ."""
    probe = held.with_name(f"{held.name}.{os.getpid()}")
    try:
        probe.touch()
        return probe.stat().st_mtime - held.stat().st_mtime
    except OSError:
        return 0.0
    finally:
        probe.unlink(missing_ok=True)


def _remove_stale(held: Path) -> None:
    """Remove a lock file whose owner is gone.

    Of several that find it at the same time one does so, and looks again: the file may be a new one meanwhile.
    """
    takeover = held.with_name(f"{held.name}.takeover")
    if _make(takeover):
        try:
            if _is_stale(held):
                held.unlink(missing_ok=True)
        finally:
            takeover.unlink(missing_ok=True)
    elif _is_stale(takeover):
        takeover.unlink(missing_ok=True)
    else:
        time.sleep(_POLL_S)
