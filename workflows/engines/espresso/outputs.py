"""Read what pw.x wrote, and tell a whole, sound output from a cut or failed one."""

import io
import re
from pathlib import Path
from typing import Any

import numpy as np

from workflows.engines.errors import EngineError, FailureReason


def check_output(text: str, *, version: str, source: Path) -> None:
    """Refuse an output that is cut, failed, not converged, or of another version.

    Raises
    ------
    EngineError
        With the reason and the file to look at.
    """
    found = re.search(r"Program PWSCF v\.?\s*(\S+)", text)
    if found and not found.group(1).startswith(version):
        raise EngineError(
            FailureReason.CRASHED,
            f"pw.x {found.group(1)} ran where the preset says {version}",
            fix="correct version in the preset: energies of two versions are not mixed",
        )
    if "convergence NOT achieved" in text:
        raise EngineError(
            FailureReason.SCF,
            f"the SCF did not converge; see {source}",
            fix="lower mixing_beta, raise electron_maxstep",
        )
    error = re.search(r"%{20,}\s*\n(.*?)\n\s*%{20,}", text, re.DOTALL)
    if error:
        raise EngineError(FailureReason.CRASHED, f"pw.x says: {' '.join(error.group(1).split())[:200]}; see {source}")
    if re.search(r"^!\s+total energy\s*=\s*(NaN|\*+)", text, re.MULTILINE | re.IGNORECASE):
        raise EngineError(FailureReason.NOT_A_NUMBER, f"the energy in {source} is not a number")
    if "JOB DONE" not in text:
        raise EngineError(FailureReason.TRUNCATED, f"{source} has no end: pw.x was killed or the disk is full")


def read_results(text: str, *, source: Path, stress: bool = True) -> dict[str, Any]:
    """Return energy (eV), forces (eV/A) and, when it was computed, stress (eV/A^3) as ASE names them."""
    from ase.io.espresso import read_espresso_out

    try:
        atoms = list(read_espresso_out(io.StringIO(text)))[-1]
        results = dict(atoms.calc.results)
        found = {name: results[name] for name in ("energy", "forces", *(("stress",) if stress else ()))}
    except Exception as error:  # ASE takes the text as it comes, and fails in as many ways as it can be wrong
        raise EngineError(FailureReason.TRUNCATED, f"{source} lacks energy, forces or stress ({error})") from error
    if not all(np.isfinite(value).all() for value in found.values()):
        raise EngineError(FailureReason.NOT_A_NUMBER, f"an energy, force or stress in {source} is not a number")
    return {**found, "free_energy": found["energy"]}
