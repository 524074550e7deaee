"""The checksum of a file equals that of its bytes, however long it is."""

import hashlib

import pytest

from ewald.files.checksum import file_sha256


@pytest.mark.parametrize("size", [0, 1, 1 << 16, (1 << 20) + 1])
def test_equals_the_hash_of_the_bytes(tmp_path, size):
    content = bytes(range(256)) * (size // 256 + 1)
    path = tmp_path / "file"
    path.write_bytes(content[:size])
    assert file_sha256(path) == hashlib.sha256(content[:size]).hexdigest()


def test_a_missing_file_is_an_error(tmp_path):
    with pytest.raises(FileNotFoundError):
        file_sha256(tmp_path / "none")
