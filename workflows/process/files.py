"""Folders that only their owner can enter, and locks that a process holds on a file."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ewald.errors import UserError


def private_folder(folder: Path) -> Path:
    """Make a folder that only its owner can enter, or check that an existing one is.

    Raises
    ------
    UserError
        When the folder belongs to another user or is a symbolic link, which somebody else may have planted.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    state = folder.lstat()
    if folder.is_symlink() or state.st_uid != os.getuid():
        raise UserError("belongs to somebody else", file=folder, fix="remove it, or set TMPDIR to a folder of your own")
    if state.st_mode & 0o077:
        folder.chmod(0o700)
    return folder


@contextmanager
def exclusive(path: Path, *, wait: bool = True) -> Iterator[bool]:
    """Hold a lock on a file; the system frees it when the process ends, however it ends.

    Yields
    ------
    bool
        Whether the lock was obtained; always True with `wait`.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        yield True
    finally:
        os.close(descriptor)
