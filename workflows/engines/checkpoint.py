"""Numpy archives that are whole or absent, and that notice a flipped bit.

An archive carries the SHA-256 of its own arrays, so that a checkpoint needs no second file that could be out of
step with it. Nothing is pickled.
"""

import errno
import hashlib
import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ewald.errors import CheckpointError
from ewald.files.atomic import write_atomic
from ewald.files.npz import DamagedArchiveError, read_npz
from workflows.engines.errors import EngineError, FailureReason

_DIGEST = "digest"


def write_bytes(path: Path, content: bytes) -> None:
    """Write a file so that a reader sees the old content or the new one, never a part of it.

    Raises
    ------
    EngineError
        When the disk is full; the old file is still there.
    """
    try:
        write_atomic(path, content)
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise EngineError(
                FailureReason.DISK_FULL, f"no disk space to write {path}", fix="free disk space and run again"
            ) from error
        raise


def write_arrays(path: Path, arrays: Mapping[str, NDArray[Any]]) -> str:
    """Write an archive atomically and return the SHA-256 of the file.

    Parameters
    ----------
    path
        The archive (`.npz`).
    arrays
        Arrays by name.

    Raises
    ------
    EngineError
        When the disk is full; the old file is still there.
    """
    content = io.BytesIO()
    np.savez(content, allow_pickle=False, **dict(arrays), **{_DIGEST: np.array(_digest(arrays))})
    data = content.getvalue()
    write_bytes(path, data)
    return hashlib.sha256(data).hexdigest()


def read_arrays(path: Path) -> dict[str, NDArray[Any]]:
    """Read an archive that :func:`write_arrays` wrote.

    Parameters
    ----------
    path
        The archive (`.npz`).

    Raises
    ------
    CheckpointError
        When it is damaged.
    """
    fix = "remove it; the run then goes on from what was written before it"
    try:
        arrays = read_npz(path)
    except DamagedArchiveError as error:
        raise CheckpointError(f"damaged checkpoint ({error})", file=path, fix=fix) from error
    stored = arrays.pop(_DIGEST, None)
    if stored is None or str(stored) != _digest(arrays):
        raise CheckpointError("damaged checkpoint: its checksum differs", file=path, fix=fix)
    return arrays


def _digest(arrays: Mapping[str, NDArray[Any]]) -> str:
    hasher = hashlib.sha256()
    for name in sorted(arrays):
        array = np.ascontiguousarray(arrays[name])
        hasher.update(f"{name}|{array.dtype.str}|{array.shape}|".encode())
        hasher.update(array.tobytes())
    return hasher.hexdigest()
