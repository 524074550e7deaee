"""Who holds a piece of work: a process named so that anybody can tell whether it still lives.

A process number alone is reused by the system, so the start time of the process goes with it.
"""

import os
import re
import socket
from dataclasses import dataclass
from pathlib import Path

PREFIX = "ionsieve"
#: Places in what :func:`stat_fields` returns, see proc(5).
STATE, GROUP, START = 0, 2, 19
_PATTERN = re.compile(rf"^{PREFIX}@(?P<host>[^@:]+):(?P<pid>\d+):(?P<start>\d+)(?::job(?P<job>\d+))?$")


@dataclass(frozen=True)
class Owner:
    """A process on a host.

    Attributes
    ----------
    host
        Name of the machine.
    pid
        Process number.
    start
        Start time of the process in clock ticks since the machine's boot; tells a reused number apart.
    job
        Number of the SLURM job it runs in, if any.
    """

    host: str
    pid: int
    start: int
    job: int | None = None

    @property
    def name(self) -> str:
        """The owner as text, as it stands in FireWorks' worker names.

        Examples
        --------
        >>> Owner("node1", 12, 345).name
        'ionsieve@node1:12:345'
        """
        job = "" if self.job is None else f":job{self.job}"
        return f"{PREFIX}@{self.host}:{self.pid}:{self.start}{job}"

    @property
    def here(self) -> bool:
        """Whether it runs on this machine."""
        return self.host == socket.gethostname()

    def gone(self) -> bool | None:
        """Whether the process has ended; None when that cannot be seen from here (it ran on another machine)."""
        if not self.here:
            return None
        return start_ticks(self.pid) != self.start


def start_ticks(pid: int) -> int | None:
    """Return the start time of a living process in clock ticks since boot; None when there is none, or a zombie."""
    fields = stat_fields(pid)
    return None if not fields or fields[STATE] in ("Z", "X") else int(fields[START])


def stat_fields(pid: int) -> list[str]:
    """Return what the kernel tells of a process after its name; nothing when there is none."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
    except OSError:
        return []


def owner_of(pid: int) -> Owner:
    """Return a living process of this machine, and of this SLURM job if any."""
    job = os.environ.get("SLURM_JOB_ID", "")
    return Owner(socket.gethostname(), pid, start_ticks(pid) or 0, int(job) if job.isdigit() else None)


def myself() -> Owner:
    """Return this process."""
    return owner_of(os.getpid())


def parse_owner(name: str) -> Owner | None:
    """Read an owner from the name of a FireWorks worker; None when IonSieve did not write it.

    Examples
    --------
    >>> parse_owner("ionsieve@node1:12:345")
    Owner(host='node1', pid=12, start=345, job=None)
    >>> parse_owner("somebody's worker") is None
    True
    """
    match = _PATTERN.match(name)
    if match is None:
        return None
    job = match["job"]
    return Owner(match["host"], int(match["pid"]), int(match["start"]), int(job) if job else None)
