"""numpy's archives, read whole: every array at once, and one error for every way in which a file can be damaged."""

import zlib
from pathlib import Path
from typing import Any
from zipfile import BadZipFile, LargeZipFile

import numpy as np
from numpy.typing import NDArray

_DAMAGE = (
    OSError,
    ValueError,
    EOFError,
    KeyError,
    IndexError,
    TypeError,
    NotImplementedError,
    RuntimeError,
    BadZipFile,
    LargeZipFile,
    zlib.error,
)
"""What numpy and zipfile raise on a damaged archive."""


class DamagedArchiveError(ValueError):
    """An archive cannot be read; the message says why, in one line."""


def read_npz(path: Path) -> dict[str, NDArray[Any]]:
    """Return the arrays of a file by name; nothing in it is unpickled.

    Parameters
    ----------
    path
        An archive of NumPy (`.npz`).

    Raises
    ------
    DamagedArchiveError
        When there is no such file, or any byte of an array is not what was written.
    """
    try:
        with np.load(path, allow_pickle=False) as archive:
            return {str(name): archive[name] for name in archive.files}
    except _DAMAGE as error:
        raise DamagedArchiveError(" ".join(f"{type(error).__name__}: {error}".split())[:200]) from error
