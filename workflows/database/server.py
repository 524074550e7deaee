"""A private MongoDB server that nobody but its owner can reach.

It listens on a unix socket in a folder of mode 0700 and opens no TCP port, so that neither another machine nor
another user of the same machine can talk to it. Its state file says where it listens, and everything else (is it
alive, is it ours) is asked of the system each time, so that it is found again after any crash.
"""

import hashlib
import json
import os
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote_plus

from ewald.errors import UserError
from ewald.files.atomic import write_atomic
from workflows.database.binary import find_mongod
from workflows.process.files import MAX_SOCKET_FOLDER, NO_FLOCK, exclusive, private_folder, socket_folder
from workflows.process.owner import start_ticks

_START_TIMEOUT_S = 60.0
_STOP_TIMEOUT_S = 60.0
_UNUSED_WAIT_S = 2.0


@dataclass(frozen=True)
class ServerStatus:
    """What a private server is doing.

    Attributes
    ----------
    running
        Whether its process lives.
    pid
        Its process number, when it runs.
    socket
        The unix socket it listens on.
    folder
        Where its data are.
    """

    running: bool
    pid: int | None
    socket: Path
    folder: Path

    @property
    def uri(self) -> str:
        """The connection string of the server."""
        return f"mongodb://{quote_plus(str(self.socket))}"


class PrivateServer:
    """A private server whose data live in one folder.

    Parameters
    ----------
    folder
        Folder of the server: data, log, state. Made with mode 0700.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder.absolute()

    @property
    def log(self) -> Path:
        """The server's log."""
        return self.folder / "mongod.log"

    @property
    def _data(self) -> Path:
        return self.folder / "data"

    @property
    def _state_file(self) -> Path:
        return self.folder / "server.json"

    def status(self) -> ServerStatus:
        """Say whether the server runs; a state file left by a crash does not count."""
        state = self._state()
        known = state.get("socket")
        socket = Path(known) if isinstance(known, str) else self._new_socket_path()
        pid = self._living_pid(state)
        return ServerStatus(pid is not None, pid, socket, self.folder)

    def start(self) -> ServerStatus:
        """Start the server, or find the one that runs already; safe to call from two shells at once.

        Raises
        ------
        DependencyError
            When there is no server program.
        UserError
            When it does not start; the last line of its log says why.
        """
        private_folder(self.folder)
        with exclusive(self.folder / "start.lock"):
            status = self._settled_status()
            if status.pid is not None and not self._serves_here(status.pid):
                # Its folder was moved while it ran, and it would make its next files in the old place.
                self._end(status.pid)
                status = self.status()
            if status.running:
                self._wait_until_ready(status)
                return status
            program = find_mongod()
            socket = self._new_socket_path()
            private_folder(socket.parent)
            socket.unlink(missing_ok=True)
            self._launch(program, socket)
            status = self.status()
            if not status.running:
                raise UserError(f"mongod did not stay up: {self._last_complaint()}", file=self.log)
            self._wait_until_ready(status)
            return status

    def stop(self) -> bool:
        """Stop the server cleanly; False when it was not running.

        Raises
        ------
        UserError
            When it does not end in a minute; it is never killed hard.
        """
        if not self.folder.is_dir():
            return False
        with exclusive(self.folder / "start.lock"):
            pid = self._living_pid(self._state())
            if pid is None:
                return False
            self._end(pid)
            return True

    def _end(self, pid: int) -> None:
        begun = start_ticks(pid)
        os.kill(pid, signal.SIGTERM)
        deadline = time.monotonic() + _STOP_TIMEOUT_S
        while begun is not None and start_ticks(pid) == begun:
            if time.monotonic() > deadline:
                raise UserError(f"the server (process {pid}) does not stop", file=self.log, fix="look at its log")
            time.sleep(0.05)

    def stop_if_unused(self, wait_s: float = _UNUSED_WAIT_S) -> bool:
        """Stop the server unless somebody is connected to it; False when it goes on, or did not run.

        Parameters
        ----------
        wait_s
            Connections that end within this time do not count: they are those of commands that just ended.
        """
        status = self.status()
        if not status.running or self._has_users(status, wait_s):
            return False
        return self.stop()

    def _has_users(self, status: ServerStatus, wait_s: float) -> bool:
        """Whether anybody is connected, this question itself apart; taken for true when the server does not say."""
        from pymongo import MongoClient
        from pymongo.errors import PyMongoError

        me = f"ionsieve-asks-{os.getpid()}"
        everything: list[dict[str, object]] = [{"$currentOp": {"allUsers": True, "idleConnections": True}}]
        deadline = time.monotonic() + wait_s
        try:
            connection: MongoClient[dict[str, Any]] = MongoClient(
                status.uri, appname=me, serverSelectionTimeoutMS=int(1000 * _START_TIMEOUT_S)
            )
            with connection as client:
                while True:
                    if not any(_is_user(found, me) for found in client.admin.aggregate(everything)):
                        return False
                    if time.monotonic() > deadline:
                        return True
                    time.sleep(0.05)
        except PyMongoError:
            return True

    def _launch(self, program: Path, socket: Path) -> None:
        self._data.mkdir(exist_ok=True, mode=0o700)
        pid_file = self.folder / "mongod.pid"
        pid_file.unlink(missing_ok=True)
        command = [
            str(program),
            *("--dbpath", str(self._data)),
            *("--bind_ip", str(socket)),
            # mongod also makes a socket of its default name; keep it out of the shared /tmp.
            *("--unixSocketPrefix", str(socket.parent)),
            *("--fork", "--logpath", str(self.log), "--logappend"),
            *("--pidfilepath", str(pid_file)),
            *("--wiredTigerCacheSizeGB", "0.25"),
            *("--wiredTigerEngineConfigString", "log=(prealloc=false,file_max=16MB)"),
            *("--setParameter", "diagnosticDataCollectionEnabled=false"),
        ]
        try:
            done = subprocess.run(
                command, capture_output=True, text=True, timeout=_START_TIMEOUT_S, check=False, stdin=subprocess.DEVNULL
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise UserError(f"mongod could not be started: {error}", file=program) from None
        if done.returncode != 0:
            complaint = self._last_complaint()
            no_flock = any(f"({os.strerror(number)})" in complaint for number in NO_FLOCK)
            fix = "a work_dir on a file system with flock, or database.mode: launchpad" if no_flock else None
            raise UserError(f"mongod did not start: {complaint}", file=self.log, fix=fix)
        pid = int(pid_file.read_text(encoding="utf-8"))
        state = {"pid": pid, "start": start_ticks(pid), "socket": str(socket), "program": str(program)}
        write_atomic(self._state_file, json.dumps(state, indent=1), mode=0o600)

    def _state(self) -> dict[str, object]:
        try:
            state = json.loads(self._state_file.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return state if isinstance(state, dict) else {}

    def _living_pid(self, state: dict[str, object]) -> int | None:
        pid, start = state.get("pid"), state.get("start")
        if isinstance(pid, int) and start is not None and start_ticks(pid) == start:
            data = _data_of(pid)
            # A folder that was copied holds the note about the server of the other one.
            if self._serves_here(pid) or (data is not None and not data.exists()):
                return pid
        return self._forgotten_pid()

    def _serves_here(self, pid: int) -> bool:
        """Whether a process is not seen to serve the data of another folder; links are followed."""
        data = _data_of(pid)
        if data is None or data == self._data:
            return True
        return data.exists() and self._data.exists() and data.samefile(self._data)

    def _settled_status(self) -> ServerStatus:
        """Return the status, after waiting for a server whose starter was killed before it was up."""
        deadline = time.monotonic() + _START_TIMEOUT_S
        while not (status := self.status()).running and self._is_starting() and time.monotonic() < deadline:
            time.sleep(0.05)
        return status

    def _is_starting(self) -> bool:
        """Whether any process works on our data; one that is just starting has not written its number yet."""
        processes = (int(entry.name) for entry in Path("/proc").glob("[0-9]*"))
        return any(_data_of(pid) == self._data and start_ticks(pid) is not None for pid in processes)

    def _forgotten_pid(self) -> int | None:
        """Find a server that was started but whose state file was not written any more."""
        try:
            pid = int((self.folder / "mongod.pid").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        return pid if _data_of(pid) == self._data and start_ticks(pid) is not None else None

    def _new_socket_path(self) -> Path:
        """Beside the data where the path is short enough, else in a private folder of the temporary directory."""
        beside = self.folder / "socket"
        if len(os.fsencode(beside)) <= MAX_SOCKET_FOLDER:
            return beside / "m.sock"
        return socket_folder(hashlib.sha256(str(self.folder).encode()).hexdigest()[:12]) / "m.sock"

    def _wait_until_ready(self, status: ServerStatus) -> None:
        from pymongo import MongoClient
        from pymongo.errors import PyMongoError

        try:
            connection: MongoClient[dict[str, object]] = MongoClient(
                status.uri, serverSelectionTimeoutMS=int(1000 * _START_TIMEOUT_S)
            )
            with connection as client:
                client.admin.command("ping")
        except PyMongoError as error:
            raise UserError(f"the server does not answer: {error}", file=self.log) from None

    def _last_complaint(self) -> str:
        """Return the reason that the server's log gives, in words."""
        try:
            lines = self.log.read_text(encoding="utf-8", errors="replace").splitlines()[-60:]
        except OSError:
            return "it wrote no log"
        found = "its log does not say why"
        for line in lines:
            try:
                entry = json.loads(line)
            except ValueError:
                continue
            if entry.get("s") in ("E", "F"):
                attributes = entry.get("attr", {})
                found = f"{entry.get('msg')} {attributes.get('error', attributes.get('message', ''))}".strip()
        return found[:300]


def _data_of(pid: int) -> Path | None:
    """Return the folder of data that a process was started with, if it is a server."""
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return None
    return Path(os.fsdecode(words[words.index(b"--dbpath") + 1])) if b"--dbpath" in words[:-1] else None


def _is_user(connection: dict[str, Any], me: str) -> bool:
    """Whether a line of the server's list is a connection that somebody works with.

    A client's watch over the server waits in `hello` for seconds, and is listed so long after its client has gone;
    a living client has other connections beside it.
    """
    metadata = connection.get("clientMetadata")
    if not metadata or metadata.get("application", {}).get("name") == me:
        return False
    return not (connection.get("active") and "hello" in (connection.get("command") or {}))
