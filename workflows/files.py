"""Files that are either whole or not there: written aside, flushed to the disk, then renamed."""

import fcntl
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ewald.errors import UserError


def write_atomic(path: Path, content: str | bytes, *, mode: int = 0o644) -> Path:
    """Write a file so that a crash or a full disk leaves the old file, or none, never half of one.

    Parameters
    ----------
    path
        Where it goes; the folder is made.
    content
        Text (written as UTF-8) or bytes.
    mode
        Permissions; they hold from the first moment, so that a secret is never readable in between.

    Raises
    ------
    OSError
        When the disk is full or the folder cannot be written; nothing is left behind.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".tmp", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(content.encode() if isinstance(content, str) else content)
            stream.flush()
            os.fsync(stream.fileno())
        os.chmod(temporary, mode)  # noqa: PTH101
        os.replace(temporary, path)  # noqa: PTH105
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    sync_folder(path.parent)
    return path


def sync_folder(folder: Path) -> None:
    """Flush a folder's entries, so that a rename survives a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


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
        raise UserError(
            "belongs to somebody else", file=folder, mend="remove it, or set TMPDIR to a folder of your own"
        )
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
