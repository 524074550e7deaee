"""Read what CP2K wrote, and tell a whole, sound output from a cut or failed one."""

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ewald.constants import HARTREE_BOHR_eV_A, HARTREE_eV
from workflows.engines.cp2k.inputs import PROJECT, RESTART_FILE
from workflows.engines.errors import EngineError, FailureReason

NUMBER = r"([-+]?(?:\d+\.?\d*(?:[Ee][-+]?\d+)?|NaN|Inf(?:inity)?|\*+))"
ENERGY = re.compile(rf"ENERGY\| Total FORCE_EVAL.*?:\s+{NUMBER}", re.IGNORECASE)
_STRESS_HEAD = "STRESS| Analytical stress tensor [GPa]"
_STRESS_ROW = re.compile(r"^ STRESS\|\s+[xyz]\s+(\S+)\s+(\S+)\s+(\S+)\s*$", re.MULTILINE)
_FORCE_ROW = re.compile(r"^\s+\d+\s+\d+\s+[A-Z][a-z]?\s+(\S+)\s+(\S+)\s+(\S+)\s*$", re.MULTILINE)
_FRAME_STEP = re.compile(r"i\s*=\s*(\d+)")
#: Messages of a run that ended for want of something, and what it wants.
_ABORTS = (
    (re.compile(r"Insufficient memory|out of memory|std::bad_alloc", re.IGNORECASE), "ran out of memory"),
    (re.compile(r"\[ABORT\]"), "CP2K aborted"),
)


def check_output(text: str, *, ranks: int, source: Path) -> None:
    """Refuse an output that is cut, aborted, not a number, or of another number of ranks.

    Raises
    ------
    EngineError
        With the reason, the first sign of it and the file to look at.
    """
    found = re.search(r"GLOBAL\| Total number of message passing processes\s+(\d+)", text)
    if found and int(found.group(1)) != ranks:
        raise EngineError(
            FailureReason.CRASHED,
            f"{found.group(1)} MPI ranks ran where the preset asks for {ranks}; see {source}",
            fix="make launcher and ranks of the preset agree, and use the MPI that CP2K was built with",
        )
    for pattern, meaning in _ABORTS:
        if pattern.search(text):
            raise EngineError(FailureReason.CRASHED, f"{meaning}: {_abort_message(text)}; see {source}")
    energies = ENERGY.findall(text)
    if any(re.search(r"[Nn*]", energy) for energy in energies):
        raise EngineError(FailureReason.NOT_A_NUMBER, f"an energy in {source} is not a number")
    if "PROGRAM ENDED AT" not in text:
        raise EngineError(FailureReason.TRUNCATED, f"{source} has no end: CP2K was killed or the disk is full")
    if "SCF run NOT converged" in text:
        count = text.count("SCF run NOT converged")
        raise EngineError(FailureReason.SCF, f"{count} SCF cycles did not converge; see {source}")


def _abort_message(text: str) -> str:
    """Return the words of CP2K's box around an abort."""
    box = text[text.rfind("[ABORT]") :][:1500] if "[ABORT]" in text else text[-300:]
    words = re.sub(r"[*/\\|_]|\[ABORT\]| O | o ", " ", box.split("===== Routine")[0])
    return " ".join(words.split())[:200] or "no message"


@dataclass(frozen=True)
class SinglePoint:
    """Energy (eV), forces (N, 3) in eV/A and stress (3, 3) in GPa of one geometry."""

    energy_eV: float
    forces_eV_A: NDArray[np.float64]
    stress_GPa: NDArray[np.float64]


def read_single_point(text: str, ions: int, *, source: Path) -> SinglePoint:
    """Read the last energy, forces and stress of an output."""
    energies = ENERGY.findall(text)
    # The eigenvectors that follow the tensor are printed in rows of the same look: the first three rows count.
    stress = _STRESS_ROW.findall(text[max(text.rfind(_STRESS_HEAD), 0) :])
    forces = _FORCE_ROW.findall(text[text.rfind("ATOMIC FORCES in") :])
    if not energies or len(stress) < 3 or len(forces) < ions:
        raise EngineError(FailureReason.TRUNCATED, f"{source} lacks energy, forces or stress")
    try:
        point = SinglePoint(
            float(energies[-1]) * HARTREE_eV,
            np.array(forces[:ions], dtype=np.float64) * HARTREE_BOHR_eV_A,
            np.array(stress[:3], dtype=np.float64),
        )
    except ValueError as error:
        # Fortran prints asterisks where a number does not fit.
        raise EngineError(FailureReason.NOT_A_NUMBER, f"{source} holds what is not a number ({error})") from None
    if not (np.isfinite(point.forces_eV_A).all() and np.isfinite(point.stress_GPa).all()):
        raise EngineError(FailureReason.NOT_A_NUMBER, f"a force or stress in {source} is not a number")
    return point


def optimisation_completed(text: str) -> bool:
    """Tell a relaxation that met its thresholds from one that hit its step limit: both end normally."""
    return "GEOMETRY OPTIMIZATION COMPLETED" in text


def read_frames(path: Path, ions: int) -> dict[int, NDArray[np.float64]]:
    """Read the whole frames of an XYZ trajectory, step -> positions (N, 3) in A; a cut last frame is left out."""
    frames: dict[int, NDArray[np.float64]] = {}
    if not path.exists():
        return frames
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines(keepends=True)
    for start in range(0, len(lines) - ions - 1, ions + 2):
        block = lines[start + 2 : start + 2 + ions]
        step = _FRAME_STEP.search(lines[start + 1])
        if step is None or not block[-1].endswith("\n"):
            break
        try:
            positions = np.array([line.split()[1:4] for line in block], dtype=np.float64)
        except ValueError:
            break
        if positions.shape != (ions, 3):
            break
        frames[int(step.group(1))] = positions
    return frames


def read_cells(path: Path) -> dict[int, NDArray[np.float64]]:
    """Read step -> cell (3, 3) in A from a `.cell` file."""
    return {int(row[0]): row[2:11].reshape(3, 3) for row in _rows(path, 12)}


def read_energies(path: Path) -> dict[int, tuple[float, float, float]]:
    """Read step -> (temperature K, potential eV, conserved quantity eV) from an `.ener` file."""
    return {int(row[0]): (row[3], row[4] * HARTREE_eV, row[5] * HARTREE_eV) for row in _rows(path, 6)}


def _rows(path: Path, columns: int) -> list[NDArray[np.float64]]:
    """Read the whole lines of a table of numbers; comments and a cut last line are left out."""
    rows: list[NDArray[np.float64]] = []
    if not path.exists():
        return rows
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines(keepends=True):
        words = line.split()
        if line.lstrip().startswith("#") or not line.endswith("\n") or len(words) < columns:
            continue
        try:
            rows.append(np.array(words[:columns], dtype=np.float64))
        except ValueError:
            break
    return rows


def restart_step(path: Path) -> int | None:
    """Return the step that a restart file goes on from; None when it is missing or cut."""
    if not path.exists():
        return None
    text = path.read_text(encoding="utf-8", errors="replace")
    opened = len(re.findall(r"^\s*&(?!END)", text, re.MULTILINE))
    closed = len(re.findall(r"^\s*&END", text, re.MULTILINE))
    step = re.search(r"STEP_START_VAL\s+(\d+)", text)
    if step is None or opened != closed or "&FORCE_EVAL" not in text:
        return None
    return int(step.group(1))


def newest_restart(folder: Path) -> tuple[Path, int] | None:
    """Return the newest whole restart file of an attempt, and its step."""
    for name in (f"{PROJECT}-1.restart", f"{PROJECT}-1.restart.bak-1", RESTART_FILE):
        step = restart_step(folder / name)
        if step is not None:
            return folder / name, step
    return None
