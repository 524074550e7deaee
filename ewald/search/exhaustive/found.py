"""What visiting some of the work units has found; adds up exactly, in any order."""

import json
import zlib
from base64 import b64decode, b64encode
from dataclasses import dataclass, field
from typing import Self

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Found:
    """Sums over visited configurations, each counted as often as it stands for symmetry copies (times the overcount).

    Parameters
    ----------
    visited
        Configurations looked at.
    count, first, square
        Sums of 1, of the whole-number energies from their centre, and of the squares of those in coarser units.
    histogram
        Counts per bin, int64; empty where no histogram was asked for.
    entries
        Canonical forms that may be among the lowest, with their energies in eV.
    """

    visited: int = 0
    count: int = 0
    first: int = 0
    square: int = 0
    histogram: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    entries: dict[bytes, float] = field(default_factory=dict)

    def plus(self, other: "Found") -> "Found":
        """Add another part's sums (entries are joined, not yet reduced to the lowest)."""
        longer, shorter = self.histogram, other.histogram
        if len(longer) < len(shorter):
            longer, shorter = shorter, longer
        histogram = longer.copy()
        histogram[: len(shorter)] += shorter
        return Found(
            self.visited + other.visited,
            self.count + other.count,
            self.first + other.first,
            self.square + other.square,
            histogram,
            self.entries | other.entries,
        )

    def encode(self) -> bytes:
        """Pack into bytes, for checkpoints and messages; energies keep their last bit."""
        used = np.flatnonzero(self.histogram)
        table = np.stack([used, self.histogram[used]]).astype("<i8").tobytes()
        document = {
            "sums": [str(value) for value in (self.visited, self.count, self.first, self.square)],
            "bins": len(self.histogram),
            "table": b64encode(table).decode(),
            "entries": [[b64encode(key).decode(), energy.hex()] for key, energy in sorted(self.entries.items())],
        }
        return zlib.compress(json.dumps(document).encode(), level=1)

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """Unpack what :meth:`encode` has packed."""
        document = json.loads(zlib.decompress(data))
        table = np.frombuffer(b64decode(document["table"]), dtype="<i8").reshape(2, -1)
        histogram = np.zeros(document["bins"], dtype=np.int64)
        histogram[table[0]] = table[1]
        entries = {b64decode(key): float.fromhex(energy) for key, energy in document["entries"]}
        visited, count, first, square = (int(value) for value in document["sums"])
        return cls(visited, count, first, square, histogram, entries)
