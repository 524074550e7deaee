"""From ASE atoms to typed results, with what cannot be true refused."""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pymatgen.core import Lattice, Structure

from ewald.constants import GPa_PER_eV_A3
from workflows.engines.errors import EngineError, FailureReason


def evaluate(atoms: Any) -> tuple[float, NDArray[np.float64]]:
    """Return the potential energy (eV) and forces (N, 3) in eV/A.

    Raises
    ------
    EngineError
        When either is not a number.
    """
    energy = float(atoms.get_potential_energy())
    forces = np.array(atoms.get_forces(), dtype=np.float64)
    if not math.isfinite(energy) or not np.isfinite(forces).all():
        raise EngineError(
            FailureReason.NOT_A_NUMBER,
            "the calculator returned an energy or force that is not a number",
            fix="look for ions on top of each other, or elements the potential was not trained on",
        )
    return energy, forces


def max_force_eV_A(atoms: Any) -> float:
    """Return the length of the largest force."""
    return float(np.linalg.norm(evaluate(atoms)[1], axis=1).max())


def max_stress_GPa(atoms: Any) -> float:
    """Return the largest component of the stress."""
    stress = np.array(atoms.get_stress(), dtype=np.float64)
    if not np.isfinite(stress).all():
        raise EngineError(FailureReason.NOT_A_NUMBER, "the calculator returned a stress that is not a number")
    return float(np.abs(stress).max() * GPa_PER_eV_A3)


def structure_from(atoms: Any, start: Structure) -> Structure:
    """Return the atoms as a structure that keeps the species (oxidation states) and site properties of the start."""
    return Structure(
        Lattice(np.array(atoms.cell.array)),
        start.species,
        np.array(atoms.positions),
        coords_are_cartesian=True,
        to_unit_cell=False,
        site_properties=start.site_properties,
    )
