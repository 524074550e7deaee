"""Opening a file whatever compressed it, told by its content and not by its name."""

import bz2
import codecs
import gzip
import lzma
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import IO, Any, TextIO

from ewald.errors import UserError

_HEAD_BYTES = 8192
_CHUNK_BYTES = 1 << 20

_OPENERS: dict[bytes, Callable[..., IO[Any]]] = {
    b"\x1f\x8b": gzip.open,
    b"\xfd7zXZ\x00": lzma.open,
    b"BZh": bz2.open,
}


@dataclass(frozen=True)
class Source:
    """A file that may be compressed with gzip, xz or bzip2.

    Attributes
    ----------
    path
        As the user named it, for messages.
    """

    path: Path
    _opener: Callable[..., IO[Any]] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        with self.path.open("rb") as handle:
            start = handle.read(6)
        opener = next((found for magic, found in _OPENERS.items() if start.startswith(magic)), open)
        object.__setattr__(self, "_opener", opener)

    @cached_property
    def head(self) -> bytes:
        """First bytes of the content, without the mark that editors on Windows put before UTF-8."""
        with self.binary() as handle:
            return bytes(handle.read(_HEAD_BYTES)).removeprefix(codecs.BOM_UTF8)

    @cached_property
    def name(self) -> str:
        """Name of the file without the ending of its compression."""
        return self.path.stem if self.path.suffix.lower() in {".gz", ".xz", ".bz2", ".lzma"} else self.path.name

    def text(self) -> TextIO:
        """Open the content as text."""
        return self._opener(self.path, "rt", encoding="utf-8-sig")  # type: ignore[return-value]

    def binary(self) -> IO[bytes]:
        """Open the content as bytes."""
        return self._opener(self.path, "rb")

    def count(self, word: bytes) -> int:
        """Return how often a word occurs."""
        found, tail = 0, b""
        with self.binary() as handle:
            while chunk := handle.read(_CHUNK_BYTES):
                found += (tail + chunk).count(word)
                tail = (tail + chunk)[1 - len(word) :]
        return found

    @contextmanager
    def plain_file(self) -> Iterator[Path]:
        """Give a file that is not compressed: itself, or a temporary copy of the same name."""
        if self._opener is open:
            yield self.path
            return
        with tempfile.TemporaryDirectory() as folder:
            copy = Path(folder) / self.name
            with self.binary() as packed, copy.open("wb") as unpacked:
                shutil.copyfileobj(packed, unpacked)
            yield copy


def frame_rows(handle: Iterable[str], count: int, frame: int, path: Path) -> list[str]:
    """Return the next `count` lines, the rows of one frame.

    Raises
    ------
    UserError
        When the file ends before, or within the last of them.
    """
    rows = list(islice(handle, count))
    # A last row without its end of line that is shorter than all others lost its end.
    shortest = min((len(row.rstrip("\n")) for row in rows[:-1]), default=0)
    ended = not rows or rows[-1].endswith("\n") or len(rows[-1]) >= shortest
    if len(rows) < count or not rows[-1].strip() or not ended:
        raise UserError(f"frame {frame} is truncated", file=path, fix="delete the last, incomplete frame")
    return rows


def row_words(rows: list[str], frame: int, path: Path, *, least: int = 3) -> list[str]:
    """Return the words of all rows of one frame, which have equally many, `least` at least.

    Parameters
    ----------
    rows
        Lines of one frame.
    frame, path
        For the message.
    least
        Fewest words of a row.

    Raises
    ------
    UserError
        When a row is shorter or longer than the others.
    """
    words = "".join(rows).split()
    width = len(words) // len(rows)
    if len(words) % len(rows) or width < least or len(rows[0].split()) != width:
        raise UserError(f"frame {frame} is truncated or its rows are of unequal length", file=path)
    return words
