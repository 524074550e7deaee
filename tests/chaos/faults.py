"""The faults: processes killed, a server stopped or cut off, a full disk, files cut short or with a flipped bit."""

import contextlib
import os
import signal
import time
from collections import Counter
from pathlib import Path

from tests.chaos import small_disk
from workflows.database.server import PrivateServer

CODE_KILLED = "external code killed"
DISK_FILLED = "disk filled"
#: Done by the storm itself, before a campaign.
LAUNCHER_KILLED = "MPI launcher killed"
WEIGHTS = {
    "worker killed": 10,
    CODE_KILLED: 10,
    "command killed": 2,
    "command ended": 1,
    "database killed": 3,
    "database stalled": 4,
    "database unreachable": 4,
    DISK_FILLED: 2,
    "file cut short": 5,
    "bit flipped": 5,
}
CODE_PATIENCE_S = 0.3


class Faults:
    """Does harm to one campaign at random moments.

    Parameters
    ----------
    draw
        Random generator of the whole storm.
    folder
        The campaign's folder.
    disk
        Small disk that the folder is on, or None.
    external
        Whether an external code runs.
    """

    def __init__(self, draw, folder, disk=None, *, external=False):
        self.draw = draw
        self.folder = folder
        self.disk = disk
        self.weights = dict(WEIGHTS)
        if disk is None:
            del self.weights[DISK_FILLED]
        if not external:
            del self.weights[CODE_KILLED]
        self.server = PrivateServer(folder / "database")
        self.done = Counter()

    def strike(self, commander):
        """Do one fault; says whether there was anything to harm."""
        kind = self.draw.choices(list(self.weights), list(self.weights.values()))[0]
        happened = {
            "worker killed": lambda: self._kill_worker(commander),
            CODE_KILLED: lambda: self._kill_code(commander),
            "command killed": lambda: _kill(commander, signal.SIGKILL),
            "command ended": lambda: _kill(commander, signal.SIGTERM),
            "database killed": lambda: _kill(self.server.status().pid, signal.SIGKILL),
            "database stalled": self._stall,
            "database unreachable": self._cut_off,
            DISK_FILLED: self._fill,
            "file cut short": lambda: self._damage(_cut),
            "bit flipped": lambda: self._damage(_flip),
        }[kind]()
        if happened:
            self.done[kind] += 1
        return happened

    def _kill_worker(self, commander):
        workers = workers_of(commander)
        return bool(workers) and _kill(self.draw.choice(workers), signal.SIGKILL)

    def _kill_code(self, commander):
        end = time.monotonic() + CODE_PATIENCE_S
        while time.monotonic() < end:
            codes = [pid for worker in workers_of(commander) for pid in children(worker)]
            if codes:
                return _kill(self.draw.choice(codes), signal.SIGKILL)
            time.sleep(0.005)
        return False

    def _cut_off(self):
        """Take the server's socket away for a moment: those who are connected stay so, nobody else gets in."""
        socket = self.server.status().socket
        aside = socket.with_name("aside")
        try:
            socket.rename(aside)
        except FileNotFoundError:
            return False
        time.sleep(self.draw.uniform(0.1, 0.8))
        # A server that was started meanwhile has made its own.
        if not socket.exists():
            with contextlib.suppress(FileNotFoundError):
                aside.rename(socket)
        return True

    def _fill(self):
        small_disk.fill(self.disk, self.draw.uniform(0.1, 0.6))
        return True

    def _stall(self):
        pid = self.server.status().pid
        if not _kill(pid, signal.SIGSTOP):
            return False
        time.sleep(self.draw.uniform(0.1, 0.8))
        return _kill(pid, signal.SIGCONT)

    def _damage(self, harm):
        files = sorted(
            path
            for pattern in ("ewald", "relax", "references", "md")
            for path in (self.folder / pattern).rglob("*")
            if path.suffix in {".npz", ".json"} and not path.name.startswith(".") and "damaged" not in path.parts
        )
        # The newest files are those that somebody still needs.
        with contextlib.suppress(FileNotFoundError):
            newest = sorted(files, key=lambda path: path.stat().st_mtime)[-8:]
            if newest:
                harm(self.draw.choice(newest), self.draw)
                return True
        return False


def workers_of(commander):
    """Process ids of the workers that a commander's zygote has forked."""
    return [pid for zygote in children(commander) for pid in children(zygote)]


def children(pid):
    """Process ids of the living children of a process."""
    found = []
    for number in _words(Path(f"/proc/{pid}/task/{pid}/children")):
        found.append(int(number))
    return found


def _words(path):
    try:
        return path.read_text().split()
    except OSError:
        return []


def _kill(pid, number):
    if pid is None:
        return False
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return False
    return True


def _cut(path, draw):
    size = path.stat().st_size
    os.truncate(path, draw.randrange(size) if size else 0)


def _flip(path, draw):
    content = bytearray(path.read_bytes())
    if content:
        content[draw.randrange(len(content))] ^= 1 << draw.randrange(8)
        # In place, as a bad disk would do it.
        with path.open("r+b") as stream:
            stream.write(content)
