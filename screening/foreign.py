"""Trajectories that IonSieve did not write: XDATCAR, extended XYZ, and whatever ASE reads.

Positions that were wrapped into the cell are unwrapped by the nearest image from frame to frame, which is right as
long as no ion moves half a cell between two stored frames. Files that carry unwrapped positions pass through
unchanged: their steps are short already.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pymatgen.core import Element

from ewald.errors import DependencyError, UserError
from screening.trajectory import Trajectory

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class _Frames:
    """Frames as a file gives them."""

    positions_A: Floats
    cells_A: Floats | None
    numbers: NDArray[np.int64]


def read_foreign(paths: Sequence[Path], *, timestep_fs: float | None, every: int = 1) -> Trajectory:
    """Read the parts of a trajectory that IonSieve did not write; see :func:`screening.trajectory.read_trajectory`."""
    if timestep_fs is None:
        raise UserError(
            "the file does not say how far apart its frames are", file=paths[0], mend="give --timestep-fs and --every"
        )
    if not timestep_fs > 0 or every < 1:
        raise UserError("time step and stride must be positive", field="timestep_fs", value=timestep_fs)
    parts = [_read(item) for item in paths]
    for item, part in zip(paths[1:], parts[1:], strict=True):
        if not np.array_equal(part.numbers, parts[0].numbers):
            raise UserError("holds other ions than the first file", file=item)
    positions = np.concatenate([part.positions_A for part in parts])
    cells = None if any(part.cells_A is None for part in parts) else np.concatenate([_cells(p) for p in parts])
    where = str(paths[0])
    if not np.isfinite(positions).all() or (cells is not None and not np.isfinite(cells).all()):
        raise UserError("holds positions or cells that are not numbers", file=where, mend="repeat that run")
    cell = None if cells is None else cells.mean(axis=0)
    if cells is not None:
        positions = unwrap(positions, cells, where)
    return Trajectory(
        positions, cell, parts[0].numbers, timestep_fs * every, sources=tuple(str(item) for item in paths)
    )


def unwrap(positions_A: Floats, cells_A: Floats, where: str | None = None) -> Floats:
    """Undo wrapping: take the nearest image from frame to frame.

    Parameters
    ----------
    positions_A
        (F, N, 3).
    cells_A
        (F, 3, 3); positions are returned in the mean cell when it changes, so that breathing is not motion.
    """
    if len(cells_A) != len(positions_A):
        raise UserError("has cells and positions of different numbers of frames", file=where)
    if np.any(np.abs(np.linalg.det(cells_A)) < 1e-6):
        raise UserError("the cell is not three independent vectors", file=where)
    scaled = np.einsum("fni,fij->fnj", positions_A, np.linalg.inv(cells_A))
    steps = np.diff(scaled, axis=0)
    images = np.round(steps)
    if not images.any() and np.allclose(cells_A, cells_A[0], atol=1e-9):
        return positions_A
    scaled[1:] -= np.cumsum(images, axis=0)
    return np.asarray(scaled @ cells_A.mean(axis=0))


def _cells(frames: _Frames) -> Floats:
    cells = frames.cells_A
    if cells is None:
        raise UserError("has no cell")
    return cells


def _read(path: Path) -> _Frames:
    name = path.name.upper()
    try:
        if name.startswith("XDATCAR"):
            frames = _read_xdatcar(path)
        elif path.suffix.lower() in {".xyz", ".extxyz"}:
            frames = _read_extxyz(path)
        else:
            frames = _read_ase(path)
    except UserError:
        raise
    except (OSError, ValueError, KeyError, IndexError, TypeError, EOFError, UnicodeDecodeError) as error:
        raise UserError(f"cannot be read as a trajectory: {error}", file=path) from None
    if not len(frames.positions_A):
        raise UserError("holds no frames", file=path)
    return frames


def _read_xdatcar(path: Path) -> _Frames:
    """Read VASP 5 XDATCAR; the header may be repeated, with another cell, before every frame."""
    lines = path.read_text(encoding="utf-8").splitlines()
    numbers, cell = _xdatcar_header(lines, 0, path)
    count = len(numbers)
    positions: list[Floats] = []
    cells: list[Floats] = []
    at = 7
    while at < len(lines):
        line = lines[at].strip()
        if not line:
            at += 1
        elif line.lower().startswith("direct configuration"):
            block = lines[at + 1 : at + 1 + count]
            if len(block) < count:
                raise UserError(
                    f"frame {len(positions)} is cut off", file=path, mend="delete the last, incomplete frame"
                )
            positions.append(np.array([row.split()[:3] for row in block], dtype=float) @ cell)
            cells.append(cell)
            at += 1 + count
        else:
            again, cell = _xdatcar_header(lines, at, path)
            if not np.array_equal(again, numbers):
                raise UserError("its frames hold different ions", file=path)
            at += 7
    return _Frames(np.array(positions), np.array(cells), numbers)


def _xdatcar_header(lines: list[str], at: int, path: Path) -> tuple[NDArray[np.int64], Floats]:
    if len(lines) < at + 7:
        raise UserError("is cut off", file=path)
    scale = float(lines[at + 1])
    cell = np.array([row.split() for row in lines[at + 2 : at + 5]], dtype=float)
    cell *= scale if scale > 0 else (-scale / abs(np.linalg.det(cell))) ** (1 / 3)
    symbols, counts = lines[at + 5].split(), [int(word) for word in lines[at + 6].split()]
    if len(symbols) != len(counts):
        raise UserError("its element and count lines do not fit together", file=path)
    return np.repeat([_number(symbol, path) for symbol in symbols], counts).astype(np.int64), cell


def _number(symbol: str, path: Path) -> int:
    bare = re.sub(r"[^A-Za-z].*$", "", symbol)
    if not Element.is_valid_symbol(bare):
        raise UserError("is not an element", file=path, value=symbol)
    return int(Element(bare).Z)


def _read_extxyz(path: Path) -> _Frames:
    """Read extended XYZ with `Lattice` and `Properties` in the comment line; plain XYZ has no cell."""
    positions: list[Floats] = []
    cells: list[Floats] = []
    numbers: NDArray[np.int64] | None = None
    with path.open(encoding="utf-8") as handle:
        while line := handle.readline():
            if not line.strip():
                continue
            count = int(line)
            comment = handle.readline()
            rows = [handle.readline().split() for _ in range(count)]
            if count < 1 or not rows[-1]:
                raise UserError(f"frame {len(positions)} is cut off", file=path, mend="delete the incomplete frame")
            symbol_at, position_at = _columns(comment)
            found = np.array([_number(row[symbol_at], path) for row in rows], dtype=np.int64)
            if numbers is None:
                numbers = found
            elif not np.array_equal(found, numbers):
                raise UserError(f"frame {len(positions)} holds other ions than the first", file=path)
            positions.append(np.array([row[position_at : position_at + 3] for row in rows], dtype=float))
            lattice = re.search(r'Lattice\s*=\s*"([^"]+)"', comment, re.IGNORECASE)
            if lattice:
                cells.append(np.array(lattice[1].split(), dtype=float).reshape(3, 3))
    if numbers is None:
        raise UserError("holds no frames", file=path)
    return _Frames(np.array(positions), np.array(cells) if len(cells) == len(positions) else None, numbers)


def _columns(comment: str) -> tuple[int, int]:
    """Return the columns of the symbol and of x."""
    match = re.search(r"Properties\s*=\s*\"?([^\s\"]+)", comment, re.IGNORECASE)
    if match is None:
        return 0, 1
    at, found = 0, {}
    words = match[1].split(":")
    for name, width in zip(words[::3], words[2::3], strict=False):
        found[name.lower()] = at
        at += int(width)
    return found.get("species", 0), found.get("pos", 1)


def _read_ase(path: Path) -> _Frames:
    try:
        from ase.io import iread
    except ImportError:
        raise DependencyError("reading this format needs ASE", file=path, mend="pip install 'ionsieve[ase]'") from None
    from ase.io.formats import UnknownFileTypeError

    positions, cells, numbers = [], [], None
    try:
        for atoms in iread(str(path), index=":"):
            if numbers is None:
                numbers = np.asarray(atoms.numbers, dtype=np.int64)
            elif not np.array_equal(numbers, atoms.numbers):
                raise UserError(f"frame {len(positions)} holds other ions than the first", file=path)
            positions.append(np.array(atoms.positions))
            cells.append(np.array(atoms.cell.array))
    except UnknownFileTypeError:
        raise UserError("is of no format that ASE knows", file=path) from None
    if numbers is None:
        raise UserError("holds no frames", file=path)
    whole = np.array(cells)
    return _Frames(np.array(positions), whole if np.abs(np.linalg.det(whole)).min() > 1e-6 else None, numbers)
