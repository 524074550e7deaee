"""DL_POLY's HISTORY, in angstrom and ps.

A frame begins with `timestep`, its step, the number of ions, two keys, the integration time step and, from DL_POLY 3
on, the time; cell vectors and two to four rows for each ion follow. DL_POLY 2 writes no time.
"""

from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import TextIO

import numpy as np

from ewald.errors import UserError
from screening.trajectory.formats.frame import Frame, Frames, of_the_same_ions
from screening.trajectory.formats.hints import Hints
from screening.trajectory.formats.opening import Source, frame_rows

_OTHER_CELLS = {4: "a truncated octahedron", 5: "a rhombic dodecahedron", 7: "a hexagonal prism"}
"""Boundary conditions whose images are not those of the vectors that the file gives."""


def is_history(head: str) -> bool:
    """Whether a file that begins so is a HISTORY."""
    return any(line.lower().startswith("timestep ") and len(line.split()) >= 6 for line in head.splitlines()[:4])


def read_history(source: Source, hints: Hints) -> Frames:
    """Read a HISTORY; ions are put in the order of their numbers."""
    frames = _frames(source.text(), source.path)
    first = next(frames, None)
    if first is None:
        raise UserError("holds no frames", file=source.path)
    labels, _, timestep_fs = first
    numbers = np.array([hints.elements.number(label, source.path) for label in labels], dtype=np.int64)

    labelled = ((others, frame) for others, frame, _ in chain([first], frames))
    return Frames(numbers, of_the_same_ions(labelled, labels, source.path), timestep_fs=timestep_fs)


def _frames(handle: TextIO, path: Path) -> Iterator[tuple[list[str], Frame, float]]:
    at = 0
    while line := handle.readline():
        words = line.split()
        if not words:
            continue
        if words[0].lower() != "timestep":
            if at or handle.tell() > 400:
                raise UserError(f"frame {at} has a row too many", file=path, value=line.strip()[:40])
            continue
        step, count, key, periodic, timestep_ps = *(int(word) for word in words[1:5]), float(words[5])
        if periodic == 0:
            raise UserError("has no periodic cell", file=path)
        if periodic == 6:
            raise UserError("is not periodic in all three directions", file=path)
        if periodic in _OTHER_CELLS:
            fix = "the vectors in the file are not those of its lattice: give a run in a cell of three vectors"
            raise UserError(f"is periodic as {_OTHER_CELLS[periodic]}", file=path, value=f"imcon {periodic}", fix=fix)
        cell = np.array([handle.readline().split() for _ in range(3)], dtype=float)
        each = key + 2
        rows = frame_rows(handle, count * each, at, path)
        heads = [row.split() for row in rows[::each]]
        order = np.argsort([int(head[1]) for head in heads], kind="stable")
        positions = np.array([row.split() for row in rows[1::each]], dtype=float)
        if positions.shape != (count, 3):
            raise UserError(f"frame {at} is truncated or its rows are of unequal length", file=path)
        time_fs = float(words[6]) * 1000 if len(words) > 6 else step * timestep_ps * 1000
        labels = [heads[i][0] for i in order]
        yield labels, Frame(positions[order], cell, step, time_fs), timestep_ps * 1000
        at += 1
