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
    return _sound(float(atoms.get_potential_energy()), np.array(atoms.get_forces(), dtype=np.float64))


def _sound(energy: float, forces: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
    """Return energy and forces if they are numbers."""
    if not math.isfinite(energy) or not np.isfinite(forces).all():
        raise EngineError(
            FailureReason.NOT_A_NUMBER,
            "the calculator returned an energy or force that is not a number",
            fix="check for overlapping ions, or elements the potential was not trained on",
        )
    return energy, forces


class MovingAtoms:
    """Atoms of which nothing but the positions changes, for MD: calls the calculator without comparing the rest.

    ASE compares all that a calculation may depend on at every call, several times; with a fast potential that takes
    as long as a tenth of the forces. A calculator with an answer of its own to `get_property` is asked through ASE.
    """

    def __init__(self, atoms: Any) -> None:
        from ase.calculators.calculator import Calculator

        self._atoms = atoms
        self._plain = getattr(type(atoms.calc), "get_property", None) is Calculator.get_property
        self._known = False
        if self._plain:
            # Results of almost equal positions, left from other work, would change the last bits of this run.
            atoms.calc.reset()

    def evaluate(self, positions_A: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        """Return the potential energy (eV) and forces (N, 3) in eV/A at these positions (N, 3).

        Raises
        ------
        EngineError
            When either is not a number.
        """
        self._atoms.positions[:] = positions_A
        if not (self._plain and self._known):
            # The first call tells the calculator of cell and species, whatever it was used for before.
            self._known = True
            return evaluate(self._atoms)
        calculator = self._atoms.calc
        calculator.results = {}
        calculator.calculate(self._atoms, ["energy", "forces"], ["positions"])
        results = calculator.results
        return _sound(float(results["energy"]), np.array(results["forces"], dtype=np.float64))


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
