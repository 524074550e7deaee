"""VASP's XDATCAR of every age: 5 and later, 5.2 with blank lines between frames, and 4 without elements or vectors.

The number after `Direct configuration=` counts stored frames, whatever `NBLOCK` is; the file gives no time. Where a
repeated header begins to count at 1 again, parts of a run were joined, and the count goes on.
"""

import re
from collections.abc import Iterator
from itertools import chain, islice
from pathlib import Path
from typing import TextIO

import numpy as np
from numpy.typing import NDArray

from ewald.errors import UserError
from screening.trajectory.formats.frame import Floats, Frame, Frames
from screening.trajectory.formats.hints import Hints
from screening.trajectory.formats.opening import Source, frame_rows, row_words

_MARK = re.compile(r"\s*(?:direct configuration|konfig)\s*=\s*(\d*)", re.IGNORECASE)


def is_xdatcar(head: str) -> bool:
    """Whether a file that begins so is an XDATCAR."""
    lines = head.splitlines()[:12]
    named = any(_MARK.match(line) for line in lines)
    return named or (len(lines) > 8 and not lines[7].strip() and _is_header(lines[:7]))


def _is_header(lines: list[str]) -> bool:
    try:
        vectors = [[float(word) for word in line.split()] for line in lines[1:5]]
        counts = [int(word) for word in lines[6].split()]
    except ValueError:
        return False
    return [len(row) for row in vectors] == [1, 3, 3, 3] and len(lines[5].split()) == len(counts) > 0


def read_xdatcar(source: Source, hints: Hints) -> Frames:
    """Read an XDATCAR; the header may be repeated, with another cell, before every frame."""
    handle = source.text()
    first = list(islice(handle, 5))
    if len(first) > 3 and first[3].strip() == "CAR":
        return _version_4(handle, first, source.path, hints)
    numbers, cell = _header([*first, *islice(handle, 2)], source.path, hints)
    return Frames(numbers, _frames(handle, numbers, cell, source.path, hints), steps_are_counts=True)


def _version_4(handle: TextIO, head: list[str], path: Path, hints: Hints) -> Frames:
    """Take elements and vectors from the structure: the header has the lengths of the vectors alone."""
    count = int(head[0].split()[0])
    if hints.structure is None or hints.structure.cell_A is None:
        raise UserError(
            "is an XDATCAR of VASP 4, which has no elements and no cell vectors",
            file=path,
            fix="give --structure with the POSCAR of the run, with its elements in line 6",
        )
    numbers, cell = hints.ordered_numbers(count, path), hints.structure.cell_A
    lengths_A = np.array([float(word) for word in head[1].split()[1:4]]) * 1e10
    if not np.allclose(lengths_A, np.linalg.norm(cell, axis=1), rtol=2e-3):
        raise UserError(
            f"its cell vectors are {', '.join(f'{x:.3f}' for x in lengths_A)} A long, those of the structure "
            f"{', '.join(f'{x:.3f}' for x in np.linalg.norm(cell, axis=1))} A",
            file=path,
        )
    frames = _frames(handle, numbers, cell, path, hints)
    return Frames(numbers, frames, steps_are_counts=True, elements_from_structure=hints.order_from_structure)


def _frames(handle: TextIO, numbers: NDArray[np.int64], cell: Floats, path: Path, hints: Hints) -> Iterator[Frame]:
    blanks: bool | None = None  # whether blank lines alone part the frames
    at, before, offset, repeated = 0, 0, 0, False
    while line := handle.readline():
        mark = _MARK.match(line)
        if mark:
            blanks = False
            rows: Iterator[str] = iter(handle)
        elif not line.strip():
            blanks = blanks is None or blanks
            continue
        elif blanks:
            rows = chain([line], handle)
        else:
            again, cell = _header([line, *islice(handle, 6)], path, hints)
            if not np.array_equal(again, numbers):
                raise UserError("its frames hold different ions", file=path)
            repeated = True
            continue
        step = _step(mark)
        if step is not None:
            offset = offset + before if repeated and step == 1 else offset
            before = step
        yield Frame(_scaled(rows, len(numbers), at, path) @ cell, cell, step=None if step is None else offset + step)
        at, repeated = at + 1, False


def _step(mark: re.Match[str] | None) -> int | None:
    return int(mark[1]) if mark and mark[1] else None


def _scaled(lines: Iterator[str], count: int, frame: int, path: Path) -> Floats:
    rows = frame_rows(lines, count, frame, path)
    words = row_words(rows, frame, path)
    width = len(words) // count
    if width == 3:
        return np.array(words, dtype=float).reshape(count, 3)
    return np.array([words[axis::width] for axis in range(3)], dtype=float).T


def _header(lines: list[str], path: Path, hints: Hints) -> tuple[NDArray[np.int64], Floats]:
    if len(lines) < 7:
        raise UserError("is truncated", file=path)
    scale = float(lines[1])
    cell = np.array([row.split() for row in lines[2:5]], dtype=float)
    cell *= scale if scale > 0 else (-scale / abs(np.linalg.det(cell))) ** (1 / 3)
    symbols, counts = lines[5].split(), [int(word) for word in lines[6].split()]
    if len(symbols) != len(counts) or min(counts) < 1:
        raise UserError("its element and count lines do not fit together", file=path)
    numbers = [hints.elements.number(symbol, path) for symbol in symbols]
    return np.repeat(numbers, counts).astype(np.int64), cell
