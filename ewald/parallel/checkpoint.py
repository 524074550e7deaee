"""Finished work units on disk, so that a run that is killed goes on where it was.

Each process appends to its own journal; a record holds the numbers of some finished units and what they found, behind
a checksum. A record torn by a crash, and whatever follows it, is dropped when the journals are read; the units it named
are done again. Journals are only ever appended to by the process that made them: a resumed run starts new ones.
"""

import hashlib
import json
import os
import struct
import time
from collections.abc import Iterator
from pathlib import Path

from ewald.errors import CheckpointError, UserError
from ewald.files.atomic import sync_folder, write_atomic

FORMAT = 1
_MAGIC = b"EwJ1"
_HEAD = struct.Struct("<4sII32s")
PROBLEM_FILE = "problem.json"


class Checkpoint:
    """The journals of one problem in one directory.

    Parameters
    ----------
    directory
        Made when it does not exist.
    key
        Fingerprint of the problem and of everything that shapes its work units.

    Raises
    ------
    UserError
        If the directory cannot be written.
    """

    def __init__(self, directory: str | Path, key: str) -> None:
        self.directory = Path(directory)
        self.key = key
        try:
            self.directory.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise UserError(
                f"cannot write there ({error.strerror})", field="checkpoint", value=str(self.directory)
            ) from error

    def start(self, *, resume: bool) -> int:
        """Check or clear what is there, and return the number of this attempt; called by one process only.

        Parameters
        ----------
        resume
            Continue from the journals that are there; otherwise they are removed.

        Raises
        ------
        CheckpointError
            If ``resume`` is asked for and the checkpoint belongs to another problem.
        """
        problem = self.directory / PROBLEM_FILE
        if not resume:
            for journal in self._journals():
                journal.unlink()
        elif problem.exists():
            self._check(problem)
        write_atomic(problem, json.dumps({"format": FORMAT, "key": self.key}) + "\n")
        return 1 + max((int(path.name.split("-")[1]) for path in self._journals()), default=0)

    def _check(self, problem: Path) -> None:
        try:
            document = json.loads(problem.read_text())
        except (OSError, ValueError) as error:
            raise CheckpointError("not readable", file=problem, fix="remove the directory to start over") from error
        if document != {"format": FORMAT, "key": self.key}:
            raise CheckpointError(
                "belongs to another problem, other settings or another version",
                file=problem,
                fix="resume with the input and settings it was made with, or choose another directory",
            )

    def _journals(self) -> list[Path]:
        return sorted(self.directory.glob("part-*.journal"))

    def records(self) -> Iterator[tuple[list[int], bytes]]:
        """Yield the units and the content of every whole record of earlier attempts."""
        for path in self._journals():
            yield from _read_journal(path)

    def journal(self, attempt: int, rank: int, interval_s: float = 1.0) -> "Journal":
        """Open this process's journal of an attempt.

        Parameters
        ----------
        attempt
            What :meth:`start` returned.
        rank
            Number of this process.
        interval_s
            Least time between two records.
        """
        return Journal(self.directory / f"part-{attempt:05d}-{rank:06d}.journal", interval_s)

    def clear(self) -> None:
        """Remove the journals: the result is safe."""
        for path in (*self._journals(), self.directory / PROBLEM_FILE):
            path.unlink(missing_ok=True)


class Journal:
    """Appends records, each on the disk before the call returns."""

    def __init__(self, path: Path, interval_s: float) -> None:
        self.interval_s = interval_s
        self._stream = path.open("xb")
        sync_folder(path.parent)
        self._last_s = time.monotonic()

    @property
    def due(self) -> bool:
        """Whether the last record is old enough for another one."""
        return time.monotonic() - self._last_s >= self.interval_s

    def append(self, units: list[int], content: bytes) -> None:
        """Write a record and wait until it is on the disk."""
        names = json.dumps(_ranges_of(units)).encode()
        digest = hashlib.sha256(names + content).digest()
        self._stream.write(_HEAD.pack(_MAGIC, len(names), len(content), digest) + names + content)
        self._stream.flush()
        os.fsync(self._stream.fileno())
        self._last_s = time.monotonic()

    def close(self) -> None:
        """Close the file."""
        self._stream.close()


def _read_journal(path: Path) -> Iterator[tuple[list[int], bytes]]:
    size = path.stat().st_size
    with path.open("rb") as stream:
        while len(head := stream.read(_HEAD.size)) == _HEAD.size:
            magic, names_length, content_length, digest = _HEAD.unpack(head)
            if magic != _MAGIC or names_length + content_length > size:
                return
            names, content = stream.read(names_length), stream.read(content_length)
            whole = len(names) == names_length and len(content) == content_length
            if not whole or hashlib.sha256(names + content).digest() != digest:
                return
            yield [unit for first, last in json.loads(names) for unit in range(first, last)], content


def _ranges_of(units: list[int]) -> list[list[int]]:
    """Write numbers as ranges [first, one past the last].

    Examples
    --------
    >>> _ranges_of([4, 1, 2, 7])
    [[1, 3], [4, 5], [7, 8]]
    """
    ranges: list[list[int]] = []
    for unit in sorted(units):
        if ranges and ranges[-1][1] == unit:
            ranges[-1][1] += 1
        else:
            ranges.append([unit, unit + 1])
    return ranges
