"""A disk of a few megabytes in memory, which can be filled to the last byte; mounting it needs root."""

import contextlib
import errno
import os
import subprocess
import time

SIZE_MB = 160
FILLER = "filler"


def mounted(folder):
    """Mount a small disk on a folder, which is made; says why that is impossible, or None when it is there."""
    folder.mkdir(parents=True)
    command = ["mount", "-t", "tmpfs", "-o", f"size={SIZE_MB}m,mode=0755", "tmpfs", str(folder)]
    if os.getuid() != 0:
        return "only root can mount a small disk"
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stderr.strip() if done.returncode else None


def unmount(folder):
    """Take the disk away; busy or absent ones do no harm."""
    if os.path.ismount(folder):
        subprocess.run(["umount", "-l", str(folder)], check=False, capture_output=True)


def fill(folder, seconds):
    """Leave no byte free for a while."""
    filler = folder / FILLER
    descriptor = os.open(filler, os.O_WRONLY | os.O_CREAT, 0o600)
    try:
        end = time.monotonic() + seconds
        size, step = 0, 1 << 24
        while time.monotonic() < end:
            try:
                os.posix_fallocate(descriptor, size, step)
                size += step
            except OSError as error:
                if error.errno != errno.ENOSPC:
                    raise
                # What somebody else frees meanwhile is taken as well.
                step = max(step // 4, 4096)
                if step == 4096:
                    time.sleep(0.01)
    finally:
        os.close(descriptor)
        with contextlib.suppress(FileNotFoundError):
            filler.unlink()
