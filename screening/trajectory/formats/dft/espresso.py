"""Quantum ESPRESSO's output of pw.x in molecular dynamics: steps, time step, cell, energies and temperatures.

Every step prints the energy of the positions that it had, `Entering Dynamics` with its number, and the positions that
follow. The energy is kept with these, one step late: it only tells when the run has equilibrated, and the last
positions have none of their own. The time of a step is rounded to 0.1 fs, and is not used.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import chain
from pathlib import Path
from typing import TextIO

import numpy as np

from ewald.constants import BOHR_A, HARTREE_eV
from ewald.errors import UserError
from screening.trajectory.formats.frame import Floats, Frame, Frames, of_the_same_ions
from screening.trajectory.formats.hints import Hints
from screening.trajectory.formats.opening import Source, frame_rows

_RYDBERG_eV = HARTREE_eV / 2
_DECIMAL = re.compile(r"-?\d+\.\d+(?:[eEdD][-+]?\d+)?")
_UNIT = re.compile(r"[({]\s*(alat|bohr|angstrom|crystal)\s*=?\s*([\d.]*)", re.IGNORECASE)
_STEP = re.compile(r"Entering Dynamics[:;]\s+(?:iteration|it)\s*=\s*(\d+)")
_TELLS = re.compile(
    r"^\s*(?P<key>lattice parameter \(alat\)|celldm\(1\)|crystal axes:|number of atoms/cell|Time step  |"
    r"Entering Dynamics|!    total energy|temperature  |CELL_PARAMETERS|ATOMIC_POSITIONS|Begin final coordinates|"
    r"End final coordinates|BFGS Geometry|Damped Dynamics|Over-damped Langevin)"
)
"""What the lines begin with that say something; most of the file is that of the electrons."""

_NO_MD = {
    "BFGS Geometry": "a relaxation",
    "Damped Dynamics": "a relaxation by damped dynamics",
    "Over-damped Langevin": "over-damped Langevin dynamics, which has no time",
}


@dataclass
class _State:
    """What was said so far."""

    alat_A: float = 0.0
    cell_A: Floats | None = None
    ions: int = 0
    timestep_fs: float | None = None
    energy_eV: float | None = None
    step: int | None = None
    dynamics: bool = False
    final: bool = False
    waiting: tuple[list[str], Frame] | None = field(default=None, repr=False)


def is_pw_output(head: str) -> bool:
    """Whether a file that begins so is an output of pw.x."""
    return "Program PWSCF" in head


def read_pw_output(source: Source, hints: Hints) -> Frames:
    """Read molecular dynamics of pw.x, also several outputs of one run one after another."""
    state = _State()
    frames = _frames(source.text(), state, source.path)
    first = next(frames, None)
    if first is None:
        raise UserError("holds no steps of molecular dynamics", file=source.path)
    labels, _ = first
    numbers = np.array([hints.elements.number(label, source.path) for label in labels], dtype=np.int64)
    same = of_the_same_ions(chain([first], frames), labels, source.path)
    return Frames(numbers, same, timestep_fs=state.timestep_fs)


def _frames(handle: TextIO, state: _State, path: Path) -> Iterator[tuple[list[str], Frame]]:
    at = 0
    for line in handle:
        found = _TELLS.match(line)
        if found is None:
            continue
        key = found["key"]
        if key in _NO_MD:
            raise UserError(f"is of {_NO_MD[key]}, not of molecular dynamics", file=path)
        if key == "ATOMIC_POSITIONS" and not state.final:
            if not state.dynamics:
                raise UserError("is not of molecular dynamics", file=path, fix="give the output of calculation = 'md'")
            if state.waiting is not None:
                yield state.waiting
            state.waiting = _positions(line, handle, state, at, path)
            at += 1
        elif key == "temperature  " and state.waiting is not None:
            labels, frame = state.waiting
            state.waiting = labels, replace(frame, temperature_K=float(_DECIMAL.findall(line)[0]))
        else:
            _take(key, line, handle, state)
    if state.waiting is not None:
        yield state.waiting


def _take(key: str, line: str, handle: TextIO, state: _State) -> None:
    """Take what a line says of cell, time and ions."""
    if key in {"lattice parameter (alat)", "celldm(1)"}:
        state.alat_A = float(_DECIMAL.findall(line)[0]) * BOHR_A
    elif key == "crystal axes:":
        state.cell_A = np.array([_DECIMAL.findall(handle.readline()) for _ in range(3)], dtype=float) * state.alat_A
    elif key == "number of atoms/cell":
        state.ions = int(line.split("=")[1])
    elif key == "Time step  ":
        state.timestep_fs = float(_DECIMAL.findall(line)[-1])
    elif key == "!    total energy":
        state.energy_eV = float(_DECIMAL.findall(line)[0]) * _RYDBERG_eV
    elif key == "Entering Dynamics":
        step = _STEP.search(line)
        state.step, state.dynamics = (int(step[1]) if step else None), True
    elif key == "CELL_PARAMETERS":
        rows = np.array([handle.readline().split() for _ in range(3)], dtype=float)
        state.cell_A = rows * _length_A(line, state)
    else:
        state.final = key.startswith("Begin")


def _length_A(line: str, state: _State) -> float:
    """Return angstrom per unit of the line that opens a block."""
    unit = _UNIT.search(line)
    if unit is None:
        raise ValueError(f"a unit is missing: {line.strip()}")
    if unit[2]:
        return float(unit[2]) * BOHR_A
    return {"alat": state.alat_A, "bohr": BOHR_A, "angstrom": 1.0, "crystal": 1.0}[unit[1].lower()]


def _positions(line: str, handle: TextIO, state: _State, at: int, path: Path) -> tuple[list[str], Frame]:
    # Ions that are held have three flags more, so the rows may be of unequal length.
    rows = [row.split() for row in frame_rows(handle, state.ions, at, path)]
    if state.cell_A is None or not state.ions or any(len(row) < 4 for row in rows):
        raise UserError(f"frame {at} is truncated, or the head of the output is missing", file=path)
    read = np.array([row[1:4] for row in rows], dtype=float) * _length_A(line, state)
    scaled = "crystal" in line.lower()
    positions = read @ state.cell_A if scaled else read
    return [row[0] for row in rows], Frame(positions, state.cell_A, step=state.step, potential_eV=state.energy_eV)
