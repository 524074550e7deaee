"""Read what LAMMPS wrote, and tell a whole, sound output from a cut or failed one."""

import io
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ewald.constants import GPa_PER_eV_A3
from ewald.errors import CampaignError, DependencyError, IonSieveError, UserError
from screening.trajectory.formats.lammps import DumpFrame, dump_frames
from workflows.engines.errors import EngineError, FailureReason
from workflows.engines.lammps import inputs
from workflows.engines.lammps.box import Box
from workflows.engines.lammps.units import Units

_ERROR = re.compile(r"^ERROR(?: on proc \d+)?: (.+)$", re.MULTILINE)
_SOURCE_LINE = re.compile(r"\s*\((?:\.\./|src/|/)?[\w./-]*\w+\.(?:cpp|h):\d+\)\s*$")
_LAST_COMMAND = re.compile(r"^Last (?:input line|command): (.*)$", re.MULTILINE)
_GRID = re.compile(r"^\s*(\d+) by (\d+) by (\d+) MPI processor grid", re.MULTILINE)
_LOST = re.compile(
    r"Lost atoms|Out of range atoms|Non-numeric|Simulation unstable|[Bb]ox (?:size|bounds).*(?:NaN|inf)|too far|"
    r"Too many neighbor bins"
)
_ABSENT = re.compile(
    r"Unknown (pair|kspace) style|Unrecognized (pair|kspace) style|not enabled|GPU library|without KOKKOS|"
    r"package command without|Using suffix|requires.*(?:package|installed)"
)
_FIELD = "engine.settings.potential"


def check_output(text: str, *, ranks: int, source: Path) -> None:
    """Refuse an output that is cut, failed or of another number of ranks.

    Raises
    ------
    CampaignError, DependencyError
        When LAMMPS refused the potential's lines, or lacks what they need.
    EngineError
        When the run failed, with the reason and the file to look at.
    """
    check_ranks(text, ranks=ranks, source=source)
    error = _ERROR.search(text)
    if error is not None:
        raise _refusal(_SOURCE_LINE.sub("", error[1]).strip(), text, source)
    if "Total wall time" not in text:
        raise EngineError(FailureReason.TRUNCATED, f"{source} has no end: LAMMPS was killed or the disk is full")


def check_ranks(text: str, *, ranks: int, source: Path) -> None:
    """Refuse another number of ranks than the preset's: a launcher of another MPI starts independent copies of one.

    Raises
    ------
    EngineError
        With both numbers.
    """
    grid = _GRID.search(text)
    found = math.prod(int(count) for count in grid.groups()) if grid else ranks
    if found != ranks:
        raise EngineError(
            FailureReason.CRASHED,
            f"{found} MPI ranks ran where the preset asks for {ranks}; see {source}",
            fix="make launcher and ranks of the preset agree, and use the MPI that LAMMPS was built with",
        )


def _refusal(message: str, text: str, source: Path) -> IonSieveError:
    """Sort LAMMPS' message: a crystal that flew apart, a line that it does not take, or a crash."""
    if _LOST.search(message):
        return EngineError(
            FailureReason.EXPLODED,
            f"LAMMPS: {message}; see {source}",
            fix="check for overlapping ions, use a smaller time step, or check the potential's short range",
        )
    command = _LAST_COMMAND.search(text)
    line = command[1].strip() if command else None
    if _ABSENT.search(message):
        return DependencyError(
            f"LAMMPS: {message}",
            field=_FIELD,
            value=line,
            fix="correct the line, or name a LAMMPS that was built with it (executable); `lmp -h` lists what yours has",
        )
    if not any(True for _ in tables(text)):
        cannot_open = re.search(r"annot open|No such file|file .* not found", message)
        fix = (
            "name the file under `files` and write its name in braces"
            if cannot_open
            else "correct the potential's lines"
        )
        return CampaignError(f"LAMMPS: {message}", field=_FIELD, value=line, fix=f"{fix}; see {source}")
    return EngineError(FailureReason.CRASHED, f"LAMMPS: {message}; see {source}")


def tables(text: str) -> Iterator[list[list[float]]]:
    """Yield the rows of numbers of every run in an output; a cut last row is left out."""
    rows: list[list[float]] | None = None
    width = 0
    for line in text.splitlines(keepends=True):
        words = line.split()
        if words[:1] == ["Step"]:
            if rows:
                yield rows
            rows, width = [], len(words)
        elif rows is not None and line.startswith("Loop time"):
            if rows:
                yield rows
            rows = None
        elif rows is not None and line.endswith("\n") and len(words) == width:
            try:
                rows.append([float(word) for word in words])
            except ValueError:
                continue
    if rows:
        yield rows


@dataclass(frozen=True)
class StaticPoint:
    """Energy (eV), forces (N, 3) in eV/A and stress (3, 3) in eV/A^3 of one geometry."""

    energy_eV: float
    forces_eV_A: NDArray[np.float64]
    stress_eV_A3: NDArray[np.float64]


def read_point(folder: Path, box: Box, *, ions: int, units: Units) -> StaticPoint:
    """Read energy, forces and stress of a single point.

    Parameters
    ----------
    folder
        Where LAMMPS wrote them.
    box
        That of the geometry.
    ions, units
        Number of ions, and the units of the potential.

    Raises
    ------
    EngineError
        When one is missing or not a number.
    """
    words = (folder / inputs.POINT).read_text(encoding="utf-8").split()
    frames = list(whole_frames(folder / inputs.FORCES, ("fx", "fy", "fz"), ions))
    if len(words) != 7 or len(frames) != 1:
        raise EngineError(FailureReason.TRUNCATED, f"{folder} lacks energy, forces or stress")
    energy, *pressure = (float(word) for word in words)
    if not np.isfinite([energy, *pressure]).all() or not np.isfinite(frames[0].values).all():
        raise EngineError(
            FailureReason.NOT_A_NUMBER,
            f"an energy, force or stress in {folder} is not a number",
            fix="check for overlapping ions",
        )
    xx, yy, zz, xy, xz, yz = (-one * units.pressure_GPa / GPa_PER_eV_A3 for one in pressure)
    stress = np.array([[xx, xy, xz], [xy, yy, yz], [xz, yz, zz]])
    forces = box.vectors(frames[0].values) * units.energy_eV
    return StaticPoint(energy * units.energy_eV, forces, box.tensor(stress))


def whole_frames(path: Path, columns: tuple[str, ...], ions: int) -> Iterator[DumpFrame]:
    """Yield the whole frames of a dump, ions in order; a cut last one is left out.

    Parameters
    ----------
    path
        The dump; a missing one has no frames.
    columns
        Names of the columns wanted.
    ions
        Number of ions of a whole frame.
    """
    if not path.exists():
        return
    text = path.read_text(encoding="utf-8", errors="replace")
    # A number that lost its last digits looks like another number: only whole lines count.
    whole = io.StringIO(text[: text.rfind("\n") + 1])
    try:
        yield from (frame for frame in dump_frames(whole, columns, path) if len(frame.values) == ions)
    except (UserError, ValueError, KeyError):
        return


def newest_state(folder: Path) -> tuple[Path, int] | None:
    """Return the newest restart file of an attempt and its step; LAMMPS renames it when it is whole."""
    numbered = {int(path.name.split(".")[1]): path for path in folder.glob(inputs.STATE.format("*"))}
    return (numbered[max(numbered)], max(numbered)) if numbered else None


def log_of(folder: Path) -> str:
    """Return the log of a run, of which every row was written out at once; nothing where there is none."""
    path = folder / inputs.LOG
    return path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""
