"""Decoding XTC, TRR and DCD in a process of its own: MDAnalysis' decoders are C code that a damaged file can crash.

This file is the program of that process, too. It imports nothing of IonSieve, and writes to its standard output: a line
with the number of ions; for each frame a byte F, step and time, nine numbers of the cell, and the positions in single
precision, all as the decoder gives them; and a byte E with the number of frames that the file should have, or a byte X
with a message.
"""

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import IO, Any, cast

import numpy as np
from numpy.typing import NDArray

_FRAME, _END, _ERROR = b"F", b"E", b"X"


@dataclass(frozen=True)
class Decoded:
    """One frame as the decoder gives it.

    Attributes
    ----------
    positions
        (N, 3) in the file's unit.
    cell
        (9,) the nine entries of the vectors, or the six numbers of a DCD and three zeros.
    step, time
        Zero for a DCD.
    """

    positions: NDArray[np.float32]
    cell: NDArray[np.float64]
    step: int
    time: float


class Decoder:
    """The process that decodes one file.

    Parameters
    ----------
    path
        The file, not compressed.
    kind
        `xtc`, `trr` or `dcd`.

    Attributes
    ----------
    ions
        Of every frame.

    Raises
    ------
    ImportError
        When MDAnalysis is missing.
    ValueError
        When the file cannot be decoded.
    """

    def __init__(self, path: Path, kind: str) -> None:
        if find_spec("MDAnalysis") is None:
            raise ImportError("MDAnalysis")
        command = [sys.executable, "-P", __file__, kind, str(path)]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        self._stream = cast("IO[bytes]", self._process.stdout)
        word, _, rest = self._stream.readline().decode().strip().partition(" ")
        if word != "ions":
            self.close()
            raise ValueError(rest or "the decoder crashed, so it is damaged")
        self.ions = int(rest)

    def __iter__(self) -> Iterator[Decoded]:
        """Yield the frames.

        Raises
        ------
        ValueError
            When a frame cannot be decoded, or the file ends within one.
        """
        count = 0
        while (mark := self._stream.read(1)) == _FRAME:
            numbers = np.frombuffer(self._exactly(88), dtype=np.float64)
            positions = np.frombuffer(self._exactly(12 * self.ions), dtype=np.float32).reshape(self.ions, 3)
            yield Decoded(positions, numbers[2:], int(numbers[0]), float(numbers[1]))
            count += 1
        if mark == _ERROR:
            raise ValueError(f"frame {count}: {self._stream.read().decode()}")
        if mark != _END:
            raise ValueError(f"the decoder crashed on frame {count}, so it is damaged")
        if int(self._stream.read()) != count:
            raise ValueError(f"frame {count} is truncated")

    def close(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.wait()
        self._stream.close()

    def _exactly(self, count: int) -> bytes:
        content = self._stream.read(count)
        if len(content) < count:
            raise ValueError("the decoder crashed, so it is damaged")
        return content


def _open(path: str, kind: str) -> tuple[Any, int]:
    if kind == "dcd":
        from MDAnalysis.lib.formats.libdcd import DCDFile

        found = DCDFile(path)
        return found, int(found.header["natoms"])
    from MDAnalysis.lib.formats.libmdaxdr import TRRFile, XTCFile

    found = {"xtc": XTCFile, "trr": TRRFile}[kind](path)
    return found, int(found.n_atoms)


def _write_frame(read: Any, kind: str, out: IO[bytes]) -> None:
    numbers = np.zeros(11)
    if kind == "dcd":
        numbers[2:8], positions = read.unitcell, read.xyz
    else:
        if not getattr(read, "hasx", True):
            raise ValueError("it has no positions")
        numbers[0], numbers[1], numbers[2:], positions = read.step, read.time, np.ravel(read.box), read.x
    out.write(_FRAME + numbers.tobytes() + np.ascontiguousarray(positions, dtype=np.float32).tobytes())


def _main(kind: str, path: str) -> None:
    out = sys.stdout.buffer
    try:
        reader, ions = _open(path, kind)
    except (OSError, ValueError, TypeError) as error:
        out.write(b"cannot " + " ".join(str(error).split()).encode() + b"\n")
        return
    out.write(f"ions {ions}\n".encode())
    try:
        for read in reader:
            _write_frame(read, kind, out)
        out.write(_END + str(len(reader)).encode())
    except (OSError, ValueError) as error:
        out.write(_ERROR + " ".join(str(error).split()).encode())


if __name__ == "__main__":
    _main(*sys.argv[1:])
