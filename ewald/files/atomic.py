"""Files that are either whole or not there: written aside, flushed to the disk, then renamed."""

import os
import tempfile
from pathlib import Path

#: Of a file's name in that of its temporary neighbour; the system allows 255 bytes.
_NAME_LENGTH = 50


def write_atomic(path: Path, content: str | bytes, *, mode: int | None = None, flush: bool = True) -> Path:
    """Write a file so that a reader, a crash or a full disk sees the old file or the new one, never a part.

    Parameters
    ----------
    path
        Where it goes; the folder is made.
    content
        Text (written as UTF-8 with plain newlines) or bytes.
    mode
        Permissions, which hold from the first moment, so that a secret is never readable in between; those of an
        ordinary new file when left out.
    flush
        Wait until the disk has it. False for one of a thousand files that the same command writes again: after a power
        cut it may be empty.

    Raises
    ------
    OSError
        When the disk is full or the folder cannot be written; nothing is left behind.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{path.name[:_NAME_LENGTH]}.", suffix=".tmp", dir=path.parent)
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(content.encode() if isinstance(content, str) else content)
            if flush:
                stream.flush()
                os.fsync(stream.fileno())
        temporary.chmod(0o666 & ~_umask() if mode is None else mode)
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    if flush:
        sync_folder(path.parent)
    return path


def sync_folder(folder: Path) -> None:
    """Flush a folder's entries, so that a rename survives a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _umask() -> int:
    # The mask can only be read by setting it; /proc tells it without that race between threads.
    try:
        for line in Path("/proc/self/status").read_text(encoding="ascii", errors="replace").splitlines():
            if line.startswith("Umask:"):
                return int(line.split()[1], 8)
    except OSError:
        pass
    return 0o022
