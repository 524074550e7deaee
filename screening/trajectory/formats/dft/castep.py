"""CASTEP's .md: one block for each step, in atomic units; the first line is its time.

Rows end with what they are: `<-- E` energies, `<-- T` temperature, `<-- h` cell, `<-- R` positions. A .geom is the same
without temperature and velocities, and of a relaxation. ASE writes the number of the frame where the time belongs.
"""

import re
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import TextIO

import numpy as np

from ewald.constants import BOHR_A, BOLTZMANN_eV_K, HARTREE_eV
from ewald.errors import UserError
from screening.trajectory.formats.frame import Frame, Frames, of_the_same_ions
from screening.trajectory.formats.hints import Hints
from screening.trajectory.formats.opening import Source

_TIME_FS = 0.024188843265864
"""Atomic unit of time, CODATA 2022."""

_ROW = re.compile(r"<--\s*(\w+)\s*$", re.MULTILINE)


def is_castep_md(head: str) -> bool:
    """Whether a file that begins so is a .md or .geom of CASTEP."""
    return "END header" in head and {"h", "R"} <= set(_ROW.findall(head))


def read_castep_md(source: Source, hints: Hints) -> Frames:
    """Read a .md; the times of its steps are in the file."""
    frames = _frames(source.text(), source.path)
    first = next(frames, None)
    if first is None:
        raise UserError("holds no frames", file=source.path)
    labels, _ = first
    # CASTEP writes Fe:up for an ion with a label.
    numbers = [hints.elements.number(label.split(":")[0], source.path) for label in labels]
    same = of_the_same_ions(chain([first], frames), labels, source.path)
    return Frames(np.array(numbers, dtype=np.int64), same)


def _blocks(handle: TextIO) -> Iterator[list[str]]:
    """Yield the lines between empty ones, without headers: a run that went on may have several."""
    block: list[str] = []
    header = False
    for line in handle:
        if "BEGIN header" in line:
            header = True
        elif "END header" in line:
            header = False
        elif line.strip() and not header:
            block.append(line)
        elif block:
            yield block
            block = []
    if block:
        yield block


def _frames(handle: TextIO, path: Path) -> Iterator[tuple[list[str], Frame]]:
    count = 0
    for at, block in enumerate(_blocks(handle)):
        rows: dict[str, list[list[str]]] = {}
        for line in block[1:]:
            values, _, kind = line.partition("<--")
            rows.setdefault(kind.strip(), []).append(values.split())
        if at == 0 and not {"T", "V"} & rows.keys():
            raise UserError("is a .geom of a relaxation, not of molecular dynamics", file=path, fix="give the .md")
        ions, cell = rows.get("R", []), rows.get("h", [])
        count = count or len(ions)
        if len(ions) != count or len(cell) != 3 or any(len(ion) < 5 for ion in ions):
            raise UserError(f"frame {at} is truncated", file=path, fix="delete the last, incomplete frame")
        time, energy, heat = float(block[0].split()[0]), _first(rows, "E"), _first(rows, "T")
        yield (
            [ion[0] for ion in ions],
            Frame(
                np.array([ion[2:5] for ion in ions], dtype=float) * BOHR_A,
                np.array(cell, dtype=float) * BOHR_A,
                time_fs=None if time == at > 0 else time * _TIME_FS,
                potential_eV=None if energy is None else energy * HARTREE_eV,
                temperature_K=heat * HARTREE_eV / BOLTZMANN_eV_K if heat else None,
            ),
        )


def _first(rows: dict[str, list[list[str]]], kind: str) -> float | None:
    """Return the first number of the row of a kind; None without one."""
    return float(rows[kind][0][0]) if kind in rows else None
