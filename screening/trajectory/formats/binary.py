"""Binary trajectories of molecular simulation: GROMACS' XTC and TRR, DCD of any program, AMBER's NetCDF.

They hold positions without elements, so that a structure or a list of elements says which ion is which. XTC, TRR and
DCD are decoded by MDAnalysis, in a process of its own and without its conversions: XTC and TRR are in nm and ps by
definition. The header of a DCD file gives a time step in the unit of whoever wrote it (CHARMM, NAMD and CP2K differ),
so no time is taken from it.
"""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, BinaryIO, Literal

import numpy as np

from ewald.errors import DependencyError, UserError, install_extra
from screening.trajectory.decoding import Decoder
from screening.trajectory.formats.frame import Floats, Frame, Frames, cell_of_parameters
from screening.trajectory.formats.hints import Hints
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
            return _netcdf(plain, source.path, hints, stack)
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
        cell = _dcd_cell(read.cell[:6], hints, path)
        yield Frame(read.positions.astype(float) * unit, None if cell is None else cell * unit)


def _dcd_cell(raw: Floats, hints: Hints, path: Path) -> Floats | None:
    """Return the cell from A, gamma, B, beta, alpha, C, with angles in degrees or as cosines.

    Lengths and angles do not say how the cell lies: a structure with the same ones does.
    """
    lengths, angles = raw[[0, 2, 5]], raw[[4, 3, 1]]
    if not (lengths > 0).all():
        return None
    if (np.abs(angles) <= 1).all():
        angles = 90.0 - np.degrees(np.arcsin(angles))
    if (angles <= 0).any() or (angles >= 180).any():
        raise UserError("its cell is neither lengths and angles nor cosines", file=path)
    given = hints.structure.cell_A if hints.structure is not None else None
    cell = cell_of_parameters(lengths, angles)
    if given is not None and np.allclose(given @ given.T, cell @ cell.T, rtol=2e-4, atol=1e-2):
        return given
    if (np.abs(angles - 90) > 1e-3).any() and given is None:
        raise UserError(
            "gives lengths and angles of its cell, but not its orientation",
            file=path,
            fix="give --structure, a structure file with the cell vectors of the run",
        )
    return cell


def _netcdf(plain: Path, path: Path, hints: Hints, stack: ExitStack) -> Frames:
    from scipy.io import netcdf_file

    data = stack.enter_context(netcdf_file(str(plain), mmap=False))
    variables = data.variables
    if "coordinates" not in variables:
        raise UserError("has no coordinates, as AMBER's NetCDF names them", file=path)
    stated = _netcdf_unit(variables["coordinates"])
    unit = hints.length_A(path, "angstrom" if stated is None else stated)
    coordinates = variables["coordinates"]
    numbers = hints.ordered_numbers(int(coordinates.shape[1]), path)
    time_unit = getattr(variables.get("time"), "units", b"").decode().lower()
    per_fs = {"picosecond": _PS_FS, "ps": _PS_FS, "femtosecond": 1.0, "fs": 1.0}.get(time_unit)

    def frames() -> Iterator[Frame]:
        with stack:
            for at in range(coordinates.shape[0]):
                cell = None
                if "cell_lengths" in variables:
                    raw = np.concatenate([variables["cell_lengths"][at], variables["cell_angles"][at]]).astype(float)
                    cell = _dcd_cell(raw[[0, 5, 1, 4, 3, 2]], hints, path)
                    cell = None if cell is None else cell * unit
                time = float(variables["time"][at]) * per_fs if "time" in variables and per_fs else None
                yield Frame(np.array(coordinates[at], dtype=float) * unit, cell, time_fs=time)

    return Frames(numbers, frames(), elements_from_structure=hints.order_from_structure)


def _netcdf_unit(variable: Any) -> str | None:
    name = getattr(variable, "units", b"").decode().lower()
    return {"angstrom": "angstrom", "bohr": "bohr", "nanometer": "nm", "nm": "nm"}.get(name)
