"""Read what VASP wrote."""

import re
import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pymatgen.core import Structure

from workflows.engines.errors import EngineError, FailureReason

_kB_GPa = 0.1
_MD_LINE = re.compile(r"^\s*(\d+)\s+T=\s*(\S+)\s+E=\s*(\S+)\s+F=\s*(\S+)\s+E0=\s*(\S+)", re.MULTILINE)


@dataclass(frozen=True)
class VaspResult:
    """End of a VASP run: energy (eV), structure, forces (N, 3) in eV/A, stress (3, 3) in GPa.

    Attributes
    ----------
    energy_eV
        Of the cell, at the last step.
    structure
        Geometry of the last step.
    forces_eV_A, stress_GPa
        Of the last step, shapes (N, 3) and (3, 3).
    ionic_steps
        Steps of the run.
    scf_converged, ionic_converged
        Whether every SCF, and the relaxation, converged.
    version
        What VASP reports.
    """

    energy_eV: float
    structure: Structure
    forces_eV_A: NDArray[np.float64]
    stress_GPa: NDArray[np.float64]
    ionic_steps: int
    scf_converged: bool
    ionic_converged: bool
    version: str


def read_result(folder: Path) -> VaspResult:
    """Read vasprun.xml.

    Raises
    ------
    EngineError
        When it is missing, cut, or holds what is not a number.
    """
    from pymatgen.io.vasp.outputs import Vasprun

    file = folder / "vasprun.xml"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            run = Vasprun(str(file), parse_dos=False, parse_eigen=False, parse_potcar_file=False)
            last = run.ionic_steps[-1]
            result = VaspResult(
                float(run.final_energy),
                run.final_structure,
                np.array(last["forces"], dtype=np.float64),
                np.array(last["stress"], dtype=np.float64) * _kB_GPa,
                len(run.ionic_steps),
                bool(run.converged_electronic),
                bool(run.converged_ionic),
                str(run.vasp_version),
            )
    except Exception as error:  # pymatgen takes the file as it comes, and fails in as many ways as it can be wrong
        raise EngineError(FailureReason.TRUNCATED, f"{file} cannot be read ({error})") from error
    finite = all(np.isfinite(part).all() for part in (result.energy_eV, result.forces_eV_A, result.stress_GPa))
    if not finite:
        raise EngineError(FailureReason.NOT_A_NUMBER, f"an energy, force or stress in {file} is not a number")
    return result


def read_energies(folder: Path) -> list[tuple[float, float, float]]:
    """Read (temperature K, potential eV, conserved quantity eV) of every MD step from OSZICAR."""
    path = folder / "OSZICAR"
    text = path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""
    try:
        return [(float(t), float(f), float(e)) for _, t, e, f, _ in _MD_LINE.findall(text)]
    except ValueError as error:
        raise EngineError(FailureReason.NOT_A_NUMBER, f"{path} holds what is not a number ({error})") from error


def read_configurations(folder: Path, ions: int) -> list[NDArray[np.float64]]:
    """Read the whole configurations of XDATCAR, fractional (N, 3); a cut last one is left out."""
    path = folder / "XDATCAR"
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines(keepends=True) if path.exists() else []
    starts = [number for number, line in enumerate(lines) if line.startswith("Direct configuration")]
    configurations: list[NDArray[np.float64]] = []
    for start in starts:
        block = lines[start + 1 : start + 1 + ions]
        if len(block) < ions or not block[-1].endswith("\n"):
            break
        try:
            configurations.append(np.array([line.split()[:3] for line in block], dtype=np.float64))
        except ValueError:
            break
    return configurations


def continuation(folder: Path, configurations: list[NDArray[np.float64]]) -> tuple[str, int] | None:
    """Return CONTCAR's text and the number of steps done at its positions; None when there is no whole CONTCAR.

    A CONTCAR whose positions are those of a written configuration goes on from there, and one whose positions are
    new is one step ahead of the last.
    """
    from pymatgen.io.vasp import Poscar

    path = folder / "CONTCAR"
    try:
        text = path.read_text(encoding="utf-8")
        poscar = Poscar.from_str(text)
    except Exception:  # a CONTCAR that was cut or damaged fails in many ways, and none of them is worth more than none
        return None
    if not configurations or poscar.velocities is None or len(poscar.structure) != len(configurations[0]):
        return None
    place = np.array(poscar.structure.frac_coords)
    for number in reversed(range(len(configurations))):
        difference = configurations[number] - place
        if np.abs(difference - np.round(difference)).max() < 1e-6:
            return text, number
    return text, len(configurations)
