"""Compressed files under any name, and frames that end too soon."""

import bz2
import gzip
import io
import lzma
from pathlib import Path

import pytest

from ewald.errors import UserError
from screening.trajectory.formats.opening import Source, frame_rows, row_words


@pytest.mark.parametrize("module", [None, gzip, lzma, bz2])
def test_compression_is_told_by_content(tmp_path, module):
    text = "one\ntwo\n" * 2000
    path = tmp_path / "run.dat"
    path.write_bytes(text.encode() if module is None else module.compress(text.encode()))
    source = Source(path)
    assert source.head.startswith(b"one\ntwo")
    with source.text() as handle:
        assert handle.read() == text
    with source.plain_file() as plain:
        assert plain.read_text() == text
        assert (plain == path) is (module is None)


def test_names_lose_the_ending_of_their_compression(tmp_path):
    (tmp_path / "XDATCAR.xz").write_bytes(lzma.compress(b"x"))
    assert Source(tmp_path / "XDATCAR.xz").name == "XDATCAR"


@pytest.mark.parametrize("text", ["1 2 3\n", "1 2 3\n4 5\n6", "1 2 3.0\n4 5 6.0\n7 8 9"])
def test_rows_that_end_too_soon(text):
    with pytest.raises(UserError, match="frame 4 is truncated"):
        frame_rows(io.StringIO(text), 3, 4, Path("t"))


def test_rows_of_unequal_length():
    assert row_words(["1 2 3\n", "4 5 6\n"], 0, Path("t")) == list("123456")
    with pytest.raises(UserError, match="unequal length"):
        row_words(["1 2 3 4\n", "4 5\n"], 0, Path("t"))


def test_words_are_counted_over_the_borders_of_chunks(tmp_path, monkeypatch):
    monkeypatch.setattr("screening.trajectory.formats.opening._CHUNK_BYTES", 7)
    for name, pack in (("plain", bytes), ("packed", gzip.compress)):
        (tmp_path / name).write_bytes(pack(b"<calc> x <calc><calc>" * 20))
        assert Source(tmp_path / name).count(b"<calc>") == 60


def test_the_mark_of_utf8_is_no_content(tmp_path):
    path = tmp_path / "a.xyz"
    path.write_text("52\nrun\n", encoding="utf-8-sig")
    assert Source(path).head == b"52\nrun\n"
    with Source(path).text() as handle:
        assert handle.readline() == "52\n"
