"""The text of a CIF in whatever encoding and with whatever line ends it is."""

import codecs
from pathlib import Path

_MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
# The end of a file under DOS, and padding.
_END = "\x1a\0"
# What word processors make of a minus sign.
_MINUS = str.maketrans(dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2212", "-"))


def cif_text(file: Path) -> str:
    """Read a file: Unicode with or without a byte order mark, else Latin-1; line ends and minus signs made uniform."""
    raw = file.read_bytes()
    encoding = next((name for mark, name in _MARKS.items() if raw.startswith(mark)), "utf-8")
    try:
        text = raw.decode(encoding)
    except UnicodeDecodeError:
        text = raw.decode("latin-1")
    return text.rstrip(_END).replace("\r\n", "\n").replace("\r", "\n").translate(_MINUS)
