"""Binary trajectories of molecular simulation: GROMACS' XTC and TRR, DCD of any program, AMBER's NetCDF.

They hold positions without elements, so that a structure or a list of elements says which ion is which. XTC, TRR and
DCD are decoded by MDAnalysis, in a process of its own and without its conversions: XTC and TRR are in nm and ps by
definition. The header of a DCD file gives a time step in the unit of whoever wrote it (CHARMM, NAMD and CP2K differ),
so no time is taken from it.
"""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import BinaryIO, Literal

import numpy as np

from ewald.errors import DependencyError, UserError, install_extra
from screening.trajectory.decoding import Decoder
from screening.trajectory.formats.frame import Frame, Frames
from screening.trajectory.formats.hints import Hints
from screening.trajectory.formats.netcdf import cell_of_lengths, read_netcdf
from screening.trajectory.formats.opening import Source

_NM_A = 10.0
_PS_FS = 1000.0


def kind_of(head: bytes) -> str | None:
    """Return `xtc`, `trr`, `dcd` or `nc` for a file that begins so; None for others."""
    magic = int.from_bytes(head[:4], "big")
    if magic in {1995, 2023}:
        return "xtc"
    if magic == 1993:
        return "trr"
    if b"CORD" in head[4:12]:
        return "dcd"
    return "nc" if head[:4] in {b"CDF\x01", b"CDF\x02"} else None


def read_binary(source: Source, hints: Hints) -> Frames:
    """Read one of these files; the kind is told by its first bytes."""
    stack = ExitStack()
    plain = stack.enter_context(source.plain_file())
    kind = kind_of(source.head)
    try:
        if kind == "nc":
            return read_netcdf(plain, source.path, hints, stack)
        _refuse_cut(plain, str(kind), source.path)
        decoder = Decoder(plain, str(kind))
    except ImportError:
        stack.close()
        fix = install_extra("trajectories")
        raise DependencyError("reading this format needs MDAnalysis", file=source.path, fix=fix) from None
    except (OSError, ValueError, TypeError) as error:
        stack.close()
        raise UserError(f"cannot be read as a trajectory: {error}", file=source.path) from None
    stack.callback(decoder.close)
    try:
        numbers = hints.ordered_numbers(decoder.ions, source.path)
    except UserError:
        stack.close()
        raise
    frames = _dcd_frames if kind == "dcd" else _gromacs_frames
    return Frames(
        numbers,
        _closing(frames(decoder, source.path, hints), stack, source.path),
        elements_from_structure=hints.order_from_structure,
    )


def _refuse_cut(plain: Path, kind: str, path: Path) -> None:
    """Refuse a file that ends within a frame, which the decoders take for its end."""
    walk = {"dcd": _ends_of_dcd, "trr": _ends_of_trr}.get(kind)
    if walk is None:
        return
    size, end = plain.stat().st_size, 0
    with plain.open("rb") as handle:
        for end in walk(handle):
            if end > size:
                break
            handle.seek(end)
    if end != size:
        raise UserError("ends within a frame", file=path, fix="delete the last, incomplete frame")


def _ends_of_dcd(handle: BinaryIO) -> Iterator[int]:
    """Yield where each frame ends; a record of Fortran stands between two copies of its length."""
    order: Literal["little", "big"] = "little" if handle.read(4) == b"\x54\x00\x00\x00" else "big"
    handle.seek(0)
    head = handle.read(92)
    has_cell = head[48:52] != b"\x00" * 4 and head[84:88] != b"\x00" * 4
    fixed = int.from_bytes(head[40:44], order)
    at, records = 0, 0
    per_frame, headers = (4 if has_cell else 3), (4 if fixed else 3)
    while marker := _marker(handle, at):
        at += int.from_bytes(marker, order) + 8
        records += 1
        if records > headers and (records - headers) % per_frame == 0:
            yield at
    if records <= headers or (records - headers) % per_frame:
        yield at + 1


def _marker(handle: BinaryIO, at: int) -> bytes:
    handle.seek(at)
    return handle.read(4)


def _ends_of_trr(handle: BinaryIO) -> Iterator[int]:
    """Yield where each frame ends: a header with the sizes of the blocks that follow it, in XDR."""
    at = 0
    while start := handle.read(12):
        text = -(-int.from_bytes(start[8:], "big") // 4) * 4
        handle.seek(at + 12 + text)
        sizes = np.frombuffer(handle.read(52).ljust(52, b"\0"), dtype=">i4")
        box, positions, ions = int(sizes[2]), int(sizes[7]), int(sizes[10])
        real = 8 if box == 72 or (ions and positions == 24 * ions) else 4
        if len(start) < 12 or not ions:
            yield at + (1 << 62)
            return
        at += 12 + text + 52 + 2 * real + int(sizes[:10].sum())
        yield at


def _closing(frames: Iterator[Frame], stack: ExitStack, path: Path) -> Iterator[Frame]:
    try:
        yield from frames
    except (OSError, ValueError) as error:
        raise UserError(f"cannot be read as a trajectory: {error}", file=path) from None
    finally:
        stack.close()


def _gromacs_frames(decoder: Decoder, path: Path, hints: Hints) -> Iterator[Frame]:
    unit = hints.length_A(path, "nm")
    for read in decoder:
        box = read.cell.reshape(3, 3) * unit
        cell = box if abs(np.linalg.det(box)) > 1e-6 else None
        yield Frame(read.positions.astype(float) * unit, cell, read.step, read.time * _PS_FS)


def _dcd_frames(decoder: Decoder, path: Path, hints: Hints) -> Iterator[Frame]:
    unit = hints.length_A(path)
    for read in decoder:
        # A, gamma, B, beta, alpha, C.
        raw = read.cell
        cell = cell_of_lengths(raw[[0, 2, 5]], raw[[4, 3, 1]], hints, path)
        yield Frame(read.positions.astype(float) * unit, None if cell is None else cell * unit)
