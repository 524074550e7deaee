"""Archives: whole or absent, and honest about damage."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ewald.errors import CheckpointError
from ewald.files.checksum import file_sha256
from workflows.engines.checkpoint import read_arrays, write_arrays, write_bytes

ARRAYS = {"x": np.linspace(0, 1, 30).reshape(10, 3), "name": np.array("text"), "n": np.array(3)}


def same(one: dict, other: dict) -> bool:
    return one.keys() == other.keys() and all(np.array_equal(one[k], other[k]) for k in one)


def test_round_trip(tmp_path: Path):
    path = tmp_path / "a.npz"
    assert write_arrays(path, ARRAYS) == file_sha256(path)
    assert same(read_arrays(path), ARRAYS)
    assert [p.name for p in tmp_path.iterdir()] == ["a.npz"]


@settings(max_examples=200, deadline=None)
@given(place=st.floats(0, 1, exclude_max=True), bit=st.integers(0, 7))
def test_a_flipped_bit_is_noticed_or_changes_nothing(tmp_path_factory, place: float, bit: int):
    path = tmp_path_factory.mktemp("flip") / "a.npz"
    write_arrays(path, ARRAYS)
    content = bytearray(path.read_bytes())
    content[int(place * len(content))] ^= 1 << bit
    path.write_bytes(content)
    try:
        read = read_arrays(path)
    except CheckpointError:
        return
    assert same(read, ARRAYS)


@settings(max_examples=50, deadline=None)
@given(share=st.floats(0, 1, exclude_max=True))
def test_a_cut_file_is_damaged(tmp_path_factory, share: float):
    path = tmp_path_factory.mktemp("cut") / "a.npz"
    write_arrays(path, ARRAYS)
    content = path.read_bytes()
    path.write_bytes(content[: int(share * len(content))])
    with pytest.raises(CheckpointError, match="damaged"):
        read_arrays(path)


def test_a_failed_write_leaves_the_old_file(tmp_path: Path, monkeypatch):
    path = tmp_path / "f"
    write_bytes(path, b"old")
    monkeypatch.setattr(Path, "replace", lambda *_: (_ for _ in ()).throw(OSError(5, "I/O error")))
    with pytest.raises(OSError, match="I/O"):
        write_bytes(path, b"new")
    assert path.read_bytes() == b"old"
    assert [p.name for p in tmp_path.iterdir()] == ["f"]
