"""GROMACS' `.gro` with one frame after another, as `gmx trjconv` writes it: in nm, with the time in ps in the title."""

import re
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import TextIO

import numpy as np

from ewald.errors import UserError
from screening.species import leading_element
from screening.trajectory.formats.frame import Floats, Frame, Frames, of_the_same_ions
from screening.trajectory.formats.hints import Hints
from screening.trajectory.formats.opening import Source, frame_rows

_PS_FS = 1000.0
_TIME = re.compile(r"\bt\s*=\s*([-+.\deE]+)")
_STEP = re.compile(r"\bstep\s*=\s*(\d+)")
_ROW = re.compile(r"^.{10}.{5}[\d ]{5}(?:\s*-?\d+\.\d+){3}")

_DIAGONAL_FIRST = ((0, 0), (1, 1), (2, 2), (0, 1), (0, 2), (1, 0), (1, 2), (2, 0), (2, 1))
"""Entries of the cell in the order of the last line."""


def is_gro(head: str) -> bool:
    """Whether a file that begins so is a `.gro`: a title, a number of ions, rows of fixed width."""
    lines = head.splitlines()
    return len(lines) > 2 and lines[1].strip().isdigit() and _ROW.match(lines[2]) is not None


def read_gro(source: Source, hints: Hints) -> Frames:
    """Read all frames; an ion is the element that its name begins with, or what the user says of the name."""
    frames = _frames(source.text(), source.path, hints)
    first = next(frames, None)
    if first is None:
        raise UserError("holds no frames", file=source.path)
    names, _ = first
    numbers = np.array([hints.elements.number(_label(name, hints), source.path) for name in names], dtype=np.int64)

    return Frames(numbers, of_the_same_ions(chain([first], frames), names, source.path))


def _label(name: str, hints: Hints) -> str:
    """Return the name, in the letters of a symbol where GROMACS wrote it in capitals."""
    return name if name in hints.elements.by_label or leading_element(name) else name.capitalize()


def _frames(handle: TextIO, path: Path, hints: Hints) -> Iterator[tuple[list[str], Frame]]:
    at, unit = 0, hints.length_A(path, "nm")
    while title := handle.readline():
        if not title.strip():
            continue
        rows = frame_rows(handle, int(handle.readline()), at, path)
        # The columns are as wide as the digits behind the points are far apart: 8 for the usual three.
        dots = [found.start() for found in re.finditer(r"\.", rows[0][20:])]
        width = dots[1] - dots[0]
        columns = [slice(20 + i * width, 20 + (i + 1) * width) for i in range(3)]
        positions = np.array([[row[column] for column in columns] for row in rows], dtype=float) * unit
        time, step = _TIME.search(title), _STEP.search(title)
        yield (
            [row[10:15].strip() for row in rows],
            Frame(
                positions,
                _cell(handle.readline(), at, path) * unit,
                int(step[1]) if step else None,
                float(time[1]) * _PS_FS if time else None,
            ),
        )
        at += 1


def _cell(line: str, at: int, path: Path) -> Floats:
    words = line.split()
    if len(words) not in {3, 9}:
        raise UserError(f"frame {at} is truncated", file=path, fix="delete the last, incomplete frame")
    cell = np.zeros((3, 3))
    for place, word in zip(_DIAGONAL_FIRST, words, strict=False):
        cell[place] = float(word)
    return cell
