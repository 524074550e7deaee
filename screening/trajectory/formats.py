"""Trajectories that IonSieve did not write: XDATCAR, (extended) XYZ, CP2K's positions, and whatever ASE reads.

Positions that were wrapped into the cell are unwrapped by the nearest image from frame to frame, which is right as
long as no ion moves half a cell between two stored frames. Files that carry unwrapped positions pass through
unchanged: their steps are short already.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pymatgen.core import Element

from ewald.constants import HARTREE_eV
from ewald.errors import DependencyError, UserError, install_extra
from screening.species import leading_element
from screening.trajectory.trajectory import Trajectory

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class _Frames:
    """Frames as a file gives them; times and energies only where every frame has one."""

    positions_A: Floats
    cells_A: Floats | None
    numbers: NDArray[np.int64]
    time_fs: Floats | None = None
    potential_eV: Floats | None = None


@dataclass
class _Collected:
    """Frames while they are read."""

    path: Path
    numbers: NDArray[np.int64] | None = None
    symbols: list[str] = field(default_factory=list)
    positions_A: list[Floats] = field(default_factory=list)
    cells_A: list[Floats] = field(default_factory=list)
    time_fs: list[float] = field(default_factory=list)
    potential_eV: list[float] = field(default_factory=list)

    def expect(self, symbols: list[str]) -> None:
        """Take the ions of the first frame, and refuse a later frame with others."""
        if symbols == self.symbols:
            return
        numbers = np.array([_number(symbol, self.path) for symbol in symbols], dtype=np.int64)
        if self.numbers is None:
            self.numbers, self.symbols = numbers, symbols
        elif not np.array_equal(numbers, self.numbers):
            raise UserError(f"frame {len(self.positions_A)} holds other ions than the first", file=self.path)

    def frames(self) -> _Frames:
        """Return what was read."""
        if self.numbers is None:
            raise UserError("holds no frames", file=self.path)
        count = len(self.positions_A)
        whole = [
            np.array(values) if len(values) == count else None
            for values in (self.cells_A, self.time_fs, self.potential_eV)
        ]
        return _Frames(np.array(self.positions_A), whole[0], self.numbers, whole[1], whole[2])


def read_external(paths: Sequence[Path], *, timestep_fs: float | None, every: int = 1) -> Trajectory:
    """Read the parts of a trajectory that IonSieve did not write, see :func:`screening.trajectory.read_trajectory`."""
    if timestep_fs is not None and (not timestep_fs > 0 or every < 1):
        raise UserError("time step and stride must be positive", field="timestep_fs", value=timestep_fs)
    parts = [_read(item) for item in paths]
    for item, part in zip(paths[1:], parts[1:], strict=True):
        if not np.array_equal(part.numbers, parts[0].numbers):
            raise UserError("holds other ions than the first file", file=item)
    frame_fs = timestep_fs * every if timestep_fs is not None else _frame_fs(parts, paths[0])
    positions = parts[0].positions_A if len(parts) == 1 else np.concatenate([part.positions_A for part in parts])
    cells = None if any(part.cells_A is None for part in parts) else np.concatenate([_cells(p) for p in parts])
    where = str(paths[0])
    if not np.isfinite(positions).all() or (cells is not None and not np.isfinite(cells).all()):
        raise UserError("holds positions or cells that are not numbers", file=where, fix="repeat that run")
    cell = None if cells is None else cells.mean(axis=0)
    if cells is not None:
        positions = unwrap(positions, cells, where)
    energies = [part.potential_eV for part in parts if part.potential_eV is not None]
    return Trajectory(
        positions,
        cell,
        parts[0].numbers,
        frame_fs,
        potential_eV=np.concatenate(energies) if len(energies) == len(parts) else None,
        sources=tuple(str(item) for item in paths),
    )


def _frame_fs(parts: Sequence[_Frames], path: Path) -> float:
    """Return the time between frames that the file itself gives."""
    times = [part.time_fs for part in parts if part.time_fs is not None]
    if len(times) < len(parts) or sum(map(len, times)) < 2:
        raise UserError(
            "the file does not say how far apart its frames are", file=path, fix="give --timestep-fs and --every"
        )
    steps = np.diff(np.concatenate(times))
    usual = float(np.median(steps))
    if usual <= 0 or not np.allclose(steps, usual, rtol=1e-3, atol=1e-3):
        at = int(np.argmax(np.abs(steps - usual))) + 1
        raise UserError(
            f"the times of its frames are not equally spaced (frame {at}): one is doubled or missing", file=path
        )
    return usual


def unwrap(positions_A: Floats, cells_A: Floats, where: str | None = None) -> Floats:
    """Undo wrapping: take the nearest image from frame to frame.

    Parameters
    ----------
    positions_A
        (F, N, 3).
    cells_A
        (F, 3, 3); positions are returned in the mean cell when it changes, so that breathing is not motion.
    where
        File named in errors.
    """
    if len(cells_A) != len(positions_A):
        raise UserError("has cells and positions of different numbers of frames", file=where)
    if np.any(np.abs(np.linalg.det(cells_A)) < 1e-6):
        raise UserError("the cell is not three independent vectors", file=where)
    scaled = np.matmul(positions_A, np.linalg.inv(cells_A))
    images = np.diff(scaled, axis=0)
    np.round(images, out=images)
    if not images.any() and np.allclose(cells_A, cells_A[0], atol=1e-9):
        return positions_A
    scaled[1:] -= np.cumsum(images, axis=0, out=images)
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
    read = _Collected(path)
    with path.open(encoding="utf-8") as handle:
        numbers, cell = _xdatcar_header(list(islice(handle, 7)), path)
        read.numbers = numbers
        while line := handle.readline():
            if line.lstrip().lower().startswith("direct configuration"):
                rows = list(islice(handle, len(numbers)))
                words = _words(rows, len(numbers), len(read.positions_A), path)
                width = len(words) // len(numbers)
                scaled = [list(map(float, words[axis::width])) for axis in range(3)]
                read.positions_A.append(np.array(scaled).T @ cell)
                read.cells_A.append(cell)
            elif line.strip():
                again, cell = _xdatcar_header([line, *islice(handle, 6)], path)
                if not np.array_equal(again, numbers):
                    raise UserError("its frames hold different ions", file=path)
    return read.frames()


def _words(rows: list[str], count: int, frame: int, path: Path) -> list[str]:
    """Return the words of the rows of one frame, which all have equally many, three at least."""
    words = "".join(rows).split()
    if len(rows) < count or len(words) % count or len(words) < 3 * count or not rows[-1].strip():
        raise UserError(f"frame {frame} is cut off", file=path, fix="delete the last, incomplete frame")
    return words


def _xdatcar_header(lines: list[str], path: Path) -> tuple[NDArray[np.int64], Floats]:
    if len(lines) < 7:
        raise UserError("is cut off", file=path)
    scale = float(lines[1])
    cell = np.array([row.split() for row in lines[2:5]], dtype=float)
    cell *= scale if scale > 0 else (-scale / abs(np.linalg.det(cell))) ** (1 / 3)
    symbols, counts = lines[5].split(), [int(word) for word in lines[6].split()]
    if len(symbols) != len(counts):
        raise UserError("its element and count lines do not fit together", file=path)
    return np.repeat([_number(symbol, path) for symbol in symbols], counts).astype(np.int64), cell


def _number(symbol: str, path: Path) -> int:
    element = leading_element(symbol)
    if element is None:
        raise UserError("is not an element", file=path, value=symbol)
    return int(Element(element).Z)


def _read_extxyz(path: Path) -> _Frames:
    """Read extended XYZ with `Lattice` and `Properties` in the comment line, CP2K's positions, or plain XYZ."""
    read = _Collected(path)
    with path.open(encoding="utf-8") as handle:
        while line := handle.readline():
            if not line.strip():
                continue
            count, comment = int(line), handle.readline()
            if count < 1:
                raise UserError(f"frame {len(read.positions_A)} has no ions", file=path)
            words = _words(list(islice(handle, count)), count, len(read.positions_A), path)
            width = len(words) // count
            symbol_at, position_at = _columns(comment)
            read.expect(words[symbol_at::width])
            axes = [list(map(float, words[position_at + axis :: width])) for axis in range(3)]
            read.positions_A.append(np.array(axes).T)
            _read_comment(comment, read)
    return read.frames()


_LATTICE = re.compile(r'Lattice\s*=\s*"([^"]+)"', re.IGNORECASE)
_ENERGY = re.compile(r"(?:^|\s)energy=([-+.\deE]+)", re.IGNORECASE)
_CP2K = re.compile(r"i\s*=\s*\d+,\s*time\s*=\s*([-+.\deE]+),\s*E\s*=\s*([-+.\deE]+)")


def _read_comment(comment: str, read: _Collected) -> None:
    """Take cell, time and energy from a comment line; CP2K's is `i = 10, time = 5.000, E = -123.4` in fs and Ha."""
    if lattice := _LATTICE.search(comment):
        read.cells_A.append(np.array(lattice[1].split(), dtype=float).reshape(3, 3))
    if cp2k := _CP2K.search(comment):
        read.time_fs.append(float(cp2k[1]))
        read.potential_eV.append(float(cp2k[2]) * HARTREE_eV)
    elif energy := _ENERGY.search(comment):
        read.potential_eV.append(float(energy[1]))


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


def _collect(read: _Collected, atoms: Any, path: Path) -> None:
    """Take over one frame of ASE's."""
    if read.numbers is None:
        read.numbers = np.asarray(atoms.numbers, dtype=np.int64)
    elif not np.array_equal(read.numbers, atoms.numbers):
        raise UserError(f"frame {len(read.positions_A)} holds other ions than the first", file=path)
    read.positions_A.append(np.array(atoms.positions))
    read.cells_A.append(np.array(atoms.cell.array))
    energy = atoms.calc.results.get("energy") if atoms.calc is not None else None
    if energy is not None:
        read.potential_eV.append(float(energy))


def _read_ase(path: Path) -> _Frames:
    try:
        from ase.io import iread
    except ImportError:
        raise DependencyError("reading this format needs ASE", file=path, fix=install_extra("ase")) from None
    from ase.io.formats import UnknownFileTypeError

    read = _Collected(path)
    try:
        for atoms in iread(str(path), index=":"):
            _collect(read, atoms, path)
    except UnknownFileTypeError:
        raise UserError("is of no format that ASE knows", file=path) from None
    except UserError:
        raise
    except Exception as error:  # ASE's readers take a file as it comes, and fail in as many ways as it can be wrong
        said = " ".join(f"{type(error).__name__}: {error}".split())
        raise UserError(f"cannot be read as a trajectory: {said}", file=path) from None
    frames = read.frames()
    if frames.cells_A is not None and np.abs(np.linalg.det(frames.cells_A)).min() < 1e-6:
        return replace(frames, cells_A=None)
    return frames
