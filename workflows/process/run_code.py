"""Run an external code: no shell, its own process group, ended with everything it started."""

import ctypes
import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ewald.errors import DependencyError
from ewald.files.atomic import write_atomic
from workflows.process.owner import GROUP, START, STATE, stat_fields
from workflows.process.stop import StopRequest

_POLL_s = 0.1
_PR_SET_PDEATHSIG = 1
PROCESS_FILE = "process.json"


@dataclass(frozen=True)
class CodeRun:
    """How an external code ended: its exit status, or why it was stopped ("walltime", "signal").

    Attributes
    ----------
    exit_status
        Of the process; negative for the signal that ended it.
    stopped
        Why we ended it; None where it ended by itself.
    seconds
        How long it ran.
    """

    exit_status: int
    stopped: str | None
    seconds: float


def find_executable(name: str, *, fix: str) -> str:
    """Return the absolute path of an executable.

    Raises
    ------
    DependencyError
        When it is not there.
    """
    path = shutil.which(name)
    if path is None:
        raise DependencyError("executable not found", value=name, fix=fix)
    return str(Path(path).absolute())


def run_code(
    command: Sequence[str],
    folder: Path,
    *,
    log: str,
    stop: StopRequest,
    environment: Mapping[str, str],
    grace_s: float = 10.0,
) -> CodeRun:
    """Run `command` in `folder` until it ends or `stop` says so; its output goes to `folder/log`.

    The code runs in a process group of its own, which is ended as a whole. When this process is killed, the kernel
    ends the code; what survives even that is ended by the next run in the same folder.

    Parameters
    ----------
    command, folder
        Program with its arguments, and where it runs.
    log
        File in the folder that takes standard output and standard error.
    stop
        Asked every tenth of a second whether the code has to end; entered by the caller.
    environment
        Variables on top of this process' own.
    grace_s
        Time between SIGTERM and SIGKILL.

    Raises
    ------
    OSError
        When the program cannot be started, or the disk is full; nothing keeps running.
    """
    start = time.monotonic()
    stopped: str | None = None
    process = start_code(command, folder, log=log, environment=environment)
    try:
        while process.poll() is None:
            stopped = stop.reason
            if stopped is not None:
                break
            time.sleep(_POLL_s)
    finally:
        end_code(process, folder, grace_s)
    return CodeRun(process.returncode, stopped, time.monotonic() - start)


def start_code(
    command: Sequence[str],
    folder: Path,
    *,
    log: str,
    environment: Mapping[str, str],
    stdin: int = subprocess.DEVNULL,
) -> subprocess.Popen[bytes]:
    """Start an external code as :func:`run_code` does; :func:`end_code` ends it.

    Parameters
    ----------
    command, folder, log, environment
        As for :func:`run_code`.
    stdin
        What the code reads, as :class:`subprocess.Popen` takes it.

    Raises
    ------
    OSError
        When the program cannot be started, or the disk is full; nothing keeps running.
    """
    end_leftover(folder)
    with (folder / log).open("wb") as output:
        process = subprocess.Popen(
            list(command),
            cwd=folder,
            stdin=stdin,
            stdout=output,
            stderr=subprocess.STDOUT,
            env={**os.environ, **environment},
            start_new_session=True,
            preexec_fn=end_with_parent,  # noqa: PLW1509 - only one system call, no lock is taken
        )
    try:
        write_atomic(folder / PROCESS_FILE, json.dumps({"pid": process.pid, "started": _start_time(process.pid)}))
    except BaseException:
        end_code(process, folder, 0.0)
        raise
    return process


def end_code(process: subprocess.Popen[bytes], folder: Path, grace_s: float) -> None:
    """End a code that :func:`start_code` started in a folder: SIGTERM to its group, then SIGKILL after `grace_s`."""
    end_group(process, grace_s)
    (folder / PROCESS_FILE).unlink(missing_ok=True)


def end_group(process: subprocess.Popen[str] | subprocess.Popen[bytes], grace_s: float) -> None:
    """End a process group: SIGTERM, then SIGKILL after `grace_s`."""
    _signal_group(process.pid, signal.SIGTERM)
    deadline = time.monotonic() + grace_s
    while time.monotonic() < deadline and (process.poll() is None or _group_alive(process.pid)):
        time.sleep(_POLL_s / 5)
    _signal_group(process.pid, signal.SIGKILL)
    process.wait()


def end_leftover(folder: Path) -> None:
    """End the code that an earlier, killed run left behind in this folder; nothing else is touched."""
    try:
        noted = json.loads((folder / PROCESS_FILE).read_bytes())
        pid, started = int(noted["pid"]), str(noted["started"])
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return
    if started and _start_time(pid) == started:
        _signal_group(pid, signal.SIGKILL)
    else:
        # The code itself is gone; what it started is known by its group together with the folder it works in.
        for member in _members(pid):
            if _works_in(member, folder):
                os.kill(member, signal.SIGKILL)
    while any(_works_in(member, folder) for member in _members(pid)):
        time.sleep(_POLL_s / 5)
    (folder / PROCESS_FILE).unlink(missing_ok=True)


def _start_time(pid: int) -> str:
    """Return the start time of a process in clock ticks: with the pid it names a process for good."""
    fields = stat_fields(pid)
    return fields[START] if fields else ""


def _group_alive(group: int) -> bool:
    """Tell whether a group has members other than zombies."""
    return bool(_members(group))


def _members(group: int) -> list[int]:
    """Return the living members of a process group."""
    members = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        fields = stat_fields(int(stat.parent.name))
        if fields and int(fields[GROUP]) == group and fields[STATE] not in "ZX":
            members.append(int(stat.parent.name))
    return members


def _works_in(pid: int, folder: Path) -> bool:
    try:
        return Path(f"/proc/{pid}/cwd").resolve(strict=True) == folder.resolve()
    except OSError:
        return False


def _signal_group(group: int, number: signal.Signals) -> None:
    try:
        os.killpg(group, number)
    except (ProcessLookupError, PermissionError):
        return


def end_with_parent() -> None:
    """Ask the kernel for SIGTERM when the parent dies, whatever kills it."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
