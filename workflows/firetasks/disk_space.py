"""Waiting out a full disk: a fault of the machine, which no stage may take for the outcome of its work."""

import errno
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from workflows.engines.errors import EngineError, FailureReason
from workflows.process.job_time import time_is_up

T = TypeVar("T")

#: A disk with less free space than this is full: what a code writes in one piece.
_NEEDED_BYTES = 4_000_000
POLL_S = 1.0


def with_disk_space(folder: Path, work: Callable[[], T], tell: Callable[[Exception], None]) -> T:
    """Do work; what fails because the disk is full is done again once there is space, however long that takes.

    Giving up would let the stages behind go on as if the work had failed on its merits: a hull without a reference
    phase is another hull. The wait ends with the queue's job, or when whoever runs the work ends the process.

    Parameters
    ----------
    folder
        Where the work writes.
    work
        May be repeated.
    tell
        Called with the error each time the wait begins.
    """
    while True:
        try:
            return work()
        except Exception as error:
            if not (says_full(error) or is_full(folder)):
                raise
            tell(error)
            if not _space_again(folder):
                raise


def _space_again(folder: Path) -> bool:
    """Wait for disk space; False when the queue's job ends before there is any."""
    while not time_is_up():
        time.sleep(POLL_S)
        if not is_full(folder):
            return True
    return False


def says_full(error: BaseException) -> bool:
    """Whether an error tells of a full disk or a spent quota."""
    if isinstance(error, EngineError):
        return error.reason is FailureReason.DISK_FULL
    return isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT)


def is_full(folder: Path) -> bool:
    """Whether the disk of a folder, or that of temporary files, is full; a code that it cut off may not say so."""
    return any(_free_bytes(place) < _NEEDED_BYTES for place in (folder, Path(tempfile.gettempdir())))


def _free_bytes(folder: Path) -> int:
    try:
        state = os.statvfs(folder)
    except OSError:
        return _NEEDED_BYTES
    no_more_files = state.f_files > 0 and state.f_favail == 0
    return 0 if no_more_files else state.f_bavail * state.f_frsize
