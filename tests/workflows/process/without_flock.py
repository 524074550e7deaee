"""Runs a command, `without_flock.py COMMAND...`, for which the kernel refuses flock as on a file system without it."""

import ctypes
import errno
import os
import platform
import struct
import sys

FLOCK = {"x86_64": 73, "aarch64": 32}[platform.machine()]
_NO_NEW_PRIVS, _SECCOMP, _FILTER = 38, 22, 2
_ALLOW, _ERRNO = 0x7FFF0000, 0x00050000


def refuse_flock() -> None:
    """Have every flock of this process and its children answer ENOSYS."""
    program = b"".join(
        struct.pack("HBBI", *instruction)
        for instruction in (
            (0x20, 0, 0, 0),  # load the number of the system call
            (0x15, 0, 1, FLOCK),
            (0x06, 0, 0, _ERRNO | errno.ENOSYS),
            (0x06, 0, 0, _ALLOW),
        )
    )
    code = ctypes.create_string_buffer(program)
    wanted = ctypes.create_string_buffer(struct.pack("HxxxxxxP", len(program) // 8, ctypes.addressof(code)))
    libc = ctypes.CDLL(None, use_errno=True)
    for arguments in ((_NO_NEW_PRIVS, 1, 0, 0, 0), (_SECCOMP, _FILTER, ctypes.addressof(wanted), 0, 0)):
        if libc.prctl(*(ctypes.c_ulong(argument) for argument in arguments)):
            raise OSError(ctypes.get_errno(), "the kernel takes no filter")


if __name__ == "__main__":
    refuse_flock()
    os.execvp(sys.argv[1], sys.argv[1:])  # noqa: S606
