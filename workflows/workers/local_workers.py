"""Local workers: processes of `ionsieve run` that are started, watched and ended together."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from workflows.process.owner import Owner, owner_of
from workflows.process.threads import thread_environment
from workflows.workers.worker import WorkerJob

_STOP_WAIT_S = 20.0


@dataclass
class LocalWorker:
    """One worker process with its log.

    Attributes
    ----------
    number
        From 1; part of the name of the log.
    process
        The process.
    owner
        What marks the work it took as its own.
    log
        File of what it prints.
    """

    number: int
    process: subprocess.Popen[bytes]
    owner: Owner
    log: Path


class LocalWorkers:
    """A team of worker processes.

    Parameters
    ----------
    job
        What each works on.
    count, threads
        How many, with how many threads each: together never more cores than the campaign grants.
    logs
        Folder of their logs.
    """

    def __init__(self, job: WorkerJob, *, count: int, threads: int, logs: Path) -> None:
        self.job = job
        self.count = count
        self.threads = threads
        self.logs = logs
        self.workers: list[LocalWorker] = []

    def start(self) -> None:
        """Start workers until the team is complete."""
        self.logs.mkdir(parents=True, exist_ok=True)
        free = [n for n in range(1, self.count + 1) if n not in {worker.number for worker in self.workers}]
        for number in free:
            self.workers.append(self._spawn(number))

    def _spawn(self, number: int) -> LocalWorker:
        log = self.logs / f"worker-{number}.log"
        environment = os.environ | thread_environment(self.threads)
        command = [sys.executable, "-m", "workflows.workers.worker", *self.job.arguments()]
        with log.open("ab") as stream:
            process = self._popen(command, environment, stream)
        return LocalWorker(number, process, owner_of(process.pid), log)

    def _popen(self, command: list[str], environment: dict[str, str], stream: IO[bytes]) -> subprocess.Popen[bytes]:
        # A session of its own: Ctrl-C in the terminal reaches only the command, and the worker's children can be
        # ended together with it.
        return subprocess.Popen(
            command,
            env=environment | {"PYTHONPATH": _python_path()},
            stdin=subprocess.DEVNULL,
            stdout=stream,
            stderr=stream,
            cwd=self.logs,
            start_new_session=True,
        )

    def reap(self) -> tuple[list[LocalWorker], list[LocalWorker]]:
        """Return workers that ended cleanly, and workers that died, taking both off the team."""
        ended = [worker for worker in self.workers if worker.process.poll() is not None]
        self.workers = [worker for worker in self.workers if worker not in ended]
        for worker in ended:
            _end_group(worker.process.pid, signal.SIGKILL)
        return (
            [worker for worker in ended if worker.process.returncode == 0],
            [worker for worker in ended if worker.process.returncode != 0],
        )

    def stop(self, wait_s: float = _STOP_WAIT_S) -> list[LocalWorker]:
        """Ask all workers to end, then end them with their children; returns those that there were."""
        stopped, self.workers = self.workers, []
        for worker in stopped:
            # Only the worker is asked: it ends the code that it runs cleanly, and writes its checkpoint.
            with contextlib.suppress(ProcessLookupError):
                worker.process.terminate()
        deadline = time.monotonic() + wait_s
        for worker in stopped:
            with contextlib.suppress(subprocess.TimeoutExpired):
                worker.process.wait(timeout=max(0.1, deadline - time.monotonic()))
            _end_group(worker.process.pid, signal.SIGKILL)
            worker.process.wait()
        return stopped


def _end_group(pid: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, number)


def _python_path() -> str:
    """Have the workers find this very installation, wherever they start."""
    here = str(Path(__file__).resolve().parents[2])
    before = os.environ.get("PYTHONPATH")
    return os.pathsep.join([here, before]) if before else here
