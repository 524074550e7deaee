"""The text of a file in whatever encoding, with whatever line ends and however compressed it is."""

import bz2
import codecs
import gzip
import lzma
import zlib
from pathlib import Path

from ewald.errors import StructureError

_MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
_COMPRESSED = {b"\x1f\x8b": gzip.decompress, b"BZh": bz2.decompress, b"\xfd7zXZ\0": lzma.decompress}
# The end of a file under DOS, and padding.
_END = "\x1a\0"
# What word processors make of a minus sign.
_MINUS = str.maketrans(dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2212", "-"))


def cif_text(file: Path) -> str:
    """Read a file: UTF-8 or UTF-16, with a byte order mark or without, else Latin-1.

    Line ends and minus signs are made uniform.

    Raises
    ------
    StructureError
        If it is compressed (gzip, bzip2, xz) and incomplete.
    """
    raw = _plain(file)
    encoding = next((name for mark, name in _MARKS.items() if raw.startswith(mark)), _without_mark(raw))
    try:
        text = raw.decode(encoding)
    except UnicodeDecodeError:
        text = raw.decode("latin-1")
    return text.rstrip(_END).replace("\r\n", "\n").replace("\r", "\n").translate(_MINUS)


def _without_mark(raw: bytes) -> str:
    """Tell UTF-16 by its zeros: every second byte of what is mostly plain letters."""
    head = raw[:400]
    for start, name in ((1, "utf-16-le"), (0, "utf-16-be")):
        zeros = head[start::2]
        if len(zeros) > 4 and zeros.count(0) > 0.9 * len(zeros):
            return name
    return "utf-8"


def _plain(file: Path) -> bytes:
    raw = file.read_bytes()
    unpack = next((one for mark, one in _COMPRESSED.items() if raw.startswith(mark)), None)
    if unpack is None:
        return raw
    try:
        return unpack(raw)
    except (OSError, EOFError, ValueError, zlib.error, lzma.LZMAError) as error:
        raise StructureError(
            f"the compressed file cannot be unpacked ({error})", file=file, fix="copy or download it again"
        ) from error
