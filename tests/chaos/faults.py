"""The faults: processes killed or told to end, a server stopped or cut off, a full disk, damaged files, moved folders.

Some are done to the command and its workers, some to what others run beside it on the same campaign.
"""

import contextlib
import os
import signal
import time
from collections import Counter
from pathlib import Path

from tests.chaos import guests, small_disk
from workflows.database.server import PrivateServer

CODE_KILLED = "external code killed"
DISK_FILLED = "disk filled"
#: Done by the storm itself, before a campaign or between two commands.
LAUNCHER_KILLED = "MPI launcher killed"
FOLDER_MOVED = "campaign folder moved"
WEIGHTS = {
    "worker killed": 10,
    CODE_KILLED: 10,
    "command killed": 2,
    "command ended": 1,
    "command interrupted": 1,
    "worker told to end": 3,
    "rlaunch killed": 2,
    "rlaunch told to end": 2,
    "rlaunch interrupted": 2,
    "job at its end": 2,
    "packed node killed": 1,
    "worker of another release": 1,
    "recovery killed": 2,
    "finished work done again": 1,
    "database killed": 3,
    "database stalled": 4,
    "database unreachable": 4,
    DISK_FILLED: 2,
    "file cut short": 5,
    "bit flipped": 5,
}
CODE_PATIENCE_S = 0.3
#: Others that are there at the same time, at most, and how long one is left to end by itself.
GUESTS = 3
GUEST_LIMIT_S = 90.0


class Faults:
    """Does harm to one campaign at random moments.

    Parameters
    ----------
    context
        Where processes come from.
    draw
        Random generator of the whole storm.
    folder
        The campaign's folder.
    log
        File of what others say.
    disk
        Small disk that the folder is on, or None.
    external
        Whether an external code runs.
    """

    def __init__(self, context, draw, folder, log, disk=None, *, external=False):
        self.context = context
        self.draw = draw
        self.log = log
        self.disk = disk
        self.weights = dict(WEIGHTS)
        if disk is None:
            del self.weights[DISK_FILLED]
        if not external:
            del self.weights[CODE_KILLED]
        self.guests = []
        self.done = Counter()
        self.enter(folder)

    def enter(self, folder):
        """Take note of where the campaign is."""
        self.folder = folder
        self.server = PrivateServer(folder / "database")

    def strike(self, commander):
        """Do one fault; says whether there was anything to harm."""
        kind = self.draw.choices(list(self.weights), list(self.weights.values()))[0]
        happened = {
            "worker killed": lambda: self._kill_worker(commander),
            CODE_KILLED: lambda: self._kill_code(commander),
            "command killed": lambda: _kill(commander, signal.SIGKILL),
            "command ended": lambda: _kill(commander, signal.SIGTERM),
            "command interrupted": lambda: _kill(commander, signal.SIGINT),
            "worker told to end": lambda: self._kill_worker(commander, signal.SIGTERM),
            "rlaunch killed": lambda: self._visit(signal.SIGKILL, guests.rlaunch, ""),
            "rlaunch told to end": lambda: self._visit(signal.SIGTERM, guests.rlaunch, ""),
            "rlaunch interrupted": lambda: self._visit(signal.SIGINT, guests.rlaunch, ""),
            "job at its end": lambda: self._visit(None, guests.rlaunch, "job"),
            "packed node killed": lambda: self._visit(signal.SIGKILL, guests.rlaunch, "multi", seconds=15.0),
            "worker of another release": lambda: self._visit(signal.SIGTERM, guests.rlaunch, "release"),
            "recovery killed": lambda: self._visit(signal.SIGKILL, guests.recovery),
            "finished work done again": lambda: self._visit(None, guests.rerun, self.draw.randrange(10**6)),
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

    def _kill_worker(self, commander, number=signal.SIGKILL):
        workers = workers_of(commander)
        return bool(workers) and _kill(self.draw.choice(workers), number)

    def _visit(self, number, guest, *arguments, seconds=1.5):
        """Have somebody else begin something on the campaign, to be cut off later by a signal, or left to its end."""
        self.guests = [known for known in self.guests if known[0].is_alive()]
        if len(self.guests) >= GUESTS or not (self.folder / "my_launchpad.yaml").is_file():
            return False
        process = self.context.Process(target=guest, args=(self.folder, self.log, *arguments))
        process.start()
        if number is None:
            end, number = GUEST_LIMIT_S, signal.SIGKILL
        else:
            end = self.draw.uniform(0.05, seconds)
        self.guests.append((process, time.monotonic() + end, number))
        return True

    def cut_off(self):
        """Send the signals to those others whose time has come."""
        for process, end, number in self.guests:
            if process.is_alive() and time.monotonic() > end:
                _kill(process.pid, number if time.monotonic() < end + GUEST_LIMIT_S else signal.SIGKILL)

    def send_away(self):
        """End all others now; says whether there was anybody."""
        present = [(process, number) for process, _, number in self.guests if process.is_alive()]
        for process, number in present:
            _kill(process.pid, number)
            process.join(GUEST_LIMIT_S)
            process.kill()
            process.join()
        self.guests = []
        return bool(present)

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
    found = [pid for zygote in children(commander) for pid in children(zygote)]
    # A server that is just being started is a grandchild, too.
    return [pid for pid in found if _words(Path(f"/proc/{pid}/comm")) != ["mongod"]]


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
