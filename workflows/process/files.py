"""Folders that only their owner can enter, and locks that a process holds on a file."""

import errno
import fcntl
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ewald.errors import UserError
from workflows.process.dotlock import dot_lock

#: What the system answers where a file system has no flock.
NO_FLOCK = (errno.ENOSYS, errno.EOPNOTSUPP, errno.ENOLCK, errno.EINVAL)
#: The system's limit is 108 bytes for the whole path, and mongod appends to the name of its lock.
MAX_SOCKET_FOLDER = 83
_told_of: set[int] = set()


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
        raise UserError("belongs to another user", file=folder, fix="remove it, or set TMPDIR to a folder of your own")
    if state.st_mode & 0o077:
        folder.chmod(0o700)
    return folder


def socket_folder(name: str) -> Path:
    """Make a private folder for unix sockets, whose paths the system limits, among the user's temporary files.

    Parameters
    ----------
    name
        Tells it from other such folders of the user.

    Raises
    ------
    UserError
        When the folder is not the user's own.
    """
    base = os.environ.get("XDG_RUNTIME_DIR") or tempfile.gettempdir()
    folder = f"ionsieve-{os.getuid()}-{name}"
    fits = len(os.fsencode(Path(base) / folder)) <= MAX_SOCKET_FOLDER
    return private_folder(Path(base if fits else "/tmp") / folder)  # noqa: S108 - private, and checked to be ours


@contextmanager
def exclusive(path: Path, *, wait: bool = True) -> Iterator[bool]:
    """Hold a lock on a file; the system frees it when the process ends, however it ends.

    A file system without flock is named once, and :func:`~workflows.process.dotlock.dot_lock` is used there.

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
        except OSError as error:
            if error.errno not in NO_FLOCK:
                raise
            _name_file_system(path, error)
            with dot_lock(path, wait=wait) as held:
                yield held
            return
        yield True
    finally:
        os.close(descriptor)


def _name_file_system(path: Path, error: OSError) -> None:
    """Say once of each file system that it has no flock."""
    device = path.stat().st_dev
    if device in _told_of:
        return
    _told_of.add(device)
    place, kind = _mount_of(path)
    sys.stderr.write(
        f"{path.parent}: the file system {place} ({kind}) has no flock ({error.strerror}): locks there are files that "
        "name their owner; with the mount option flock they would be the system's own\n"
    )


def _mount_of(path: Path) -> tuple[str, str]:
    """Return where the file system of a path is mounted, and its kind."""
    try:
        rows = [line.split() for line in Path("/proc/self/mounts").read_text(encoding="utf-8").splitlines()]
    except OSError:
        rows = []
    around = [(row[1], row[2]) for row in rows if path.absolute().is_relative_to(row[1].replace("\\040", " "))]
    return max(around, key=lambda row: len(row[0]), default=("/", "unknown"))
