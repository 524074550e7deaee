import numpy as np
import pytest

from ewald.files.npz import DamagedArchiveError, read_npz


@pytest.fixture
def archive(tmp_path):
    path = tmp_path / "a.npz"
    np.savez_compressed(path, energies_eV=np.linspace(0, 1, 50), sites=np.arange(6).reshape(2, 3))
    return path


def test_every_array_by_name(archive):
    found = read_npz(archive)
    assert sorted(found) == ["energies_eV", "sites"]
    assert found["sites"].tolist() == [[0, 1, 2], [3, 4, 5]]


def test_every_flipped_bit_is_harmless_or_noticed(archive):
    """The slow and obvious way: all of them."""
    whole, content = read_npz(archive), archive.read_bytes()
    noticed = 0
    for place in range(8 * len(content)):
        flipped = bytearray(content)
        flipped[place // 8] ^= 1 << place % 8
        archive.write_bytes(flipped)
        try:
            found = read_npz(archive)
        except DamagedArchiveError:
            noticed += 1
            continue
        # A name has no checksum; who asks for it misses it. What is under the right name is right.
        assert all(np.array_equal(found[name], whole[name]) for name in found.keys() & whole.keys())
    assert noticed > 4 * len(content)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"\x93NUMPY", b"x" * 100])
def test_what_is_no_archive(archive, content):
    archive.write_bytes(content)
    with pytest.raises(DamagedArchiveError):
        read_npz(archive)


def test_pickled_objects_are_not_unpickled(archive):
    np.savez(archive, things=np.array([{"a": 1}], dtype=object))
    with pytest.raises(DamagedArchiveError):
        read_npz(archive)
