"""A toy potential for tests, tutorials and demonstrations: milliseconds per step, any elements, no predictions.

Pair terms only, every one shifted smoothly to zero at the cutoff with a fifth-order switch, so that energy, forces
and stress are continuous:

- a Morse well whose minimum is the sum of radii (Shannon's ionic radii between ions of opposite sign, larger
  atomic radii otherwise) and whose depth grows with the product of the charges, so that a small, highly charged
  ion holds its anions while a monovalent one can move;
- a screened Coulomb term between nominal ionic charges, scaled so that the cell is neutral; a cell whose atoms
  all have charges of one sign is treated as uncharged.

The numbers were chosen by hand so that sulfides keep their volume within some percent and their tetrahedra whole.
They are fitted to nothing, and no result obtained with them says anything about a material.
"""

import math
from collections.abc import Sequence
from functools import cache
from typing import Any, ClassVar

import numpy as np
from ase import Atoms
from ase.calculators.calculator import Calculator, all_changes
from numba import njit
from numpy.typing import NDArray

from ewald.constants import COULOMB_eV_A

VERSION = "1"
_CHARGE_SCALE = 0.3
_SCREENING_A = 2.2
CUTOFF_A = 6.5
SWITCH_A = 5.0
_STIFFNESS = 5.0  # times 1 / well distance
_DEPTH_eV = 0.16
_NEUTRAL_DEPTH_eV = 0.15
_LIKE_REPULSION_eV = 0.045


class ToyCalculator(Calculator):
    """The toy potential as an ASE calculator; energy (eV), forces (eV/A), stress (eV/A^3)."""

    implemented_properties: ClassVar[list[str]] = ["energy", "free_energy", "forces", "stress"]

    def calculate(
        self,
        atoms: Atoms | None = None,
        properties: Sequence[str] = ("energy",),
        system_changes: Sequence[str] = all_changes,
    ) -> None:
        """Compute everything at once: it costs the same."""
        super().calculate(atoms, properties, system_changes)
        kinds, *tables = _pair_tables(tuple(int(z) for z in self.atoms.numbers))
        cell = np.ascontiguousarray(self.atoms.cell.array)
        energy, forces, virial = _evaluate(
            np.ascontiguousarray(self.atoms.positions), cell, np.linalg.inv(cell), kinds, *tables
        )
        stress = virial / abs(np.linalg.det(cell))
        self.results: dict[str, Any] = {
            "energy": energy,
            "free_energy": energy,
            "forces": forces,
            "stress": stress[(0, 1, 2, 1, 0, 0), (0, 1, 2, 2, 2, 1)],
        }


@cache
def _nominal(number: int) -> tuple[float, float, float]:
    """Nominal charge (e), ionic radius (A) and atomic radius (A) of an element."""
    from pymatgen.core import Element

    element = Element.from_Z(number)
    states = element.common_oxidation_states or element.oxidation_states or (0,)
    charge = float(min(states) if element.X > 2.4 and min(states) < 0 else max(states))
    radii = element.ionic_radii
    atomic = float(element.atomic_radius or 1.5)
    ionic = float(radii.get(int(charge)) or element.average_ionic_radius or atomic)
    return charge, ionic, max(atomic, ionic)


@cache
def _pair_tables(
    numbers: tuple[int, ...],
) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return each atom's kind and, by pair, repulsion, attraction (eV), distance (A), Coulomb strength (eV A)."""
    unique, kinds = np.unique(np.array(numbers), return_inverse=True)
    count = np.bincount(kinds)
    nominal = np.array([_nominal(int(z)) for z in unique])
    charge, ionic, atomic = nominal[:, 0].copy(), nominal[:, 1], nominal[:, 2]
    positive = float((charge * count)[charge > 0].sum())
    negative = float((charge * count)[charge < 0].sum())
    if positive and negative:
        charge[charge > 0] *= -negative / positive
    else:
        charge[:] = 0.0
    product = np.outer(charge, charge)
    depth = np.where(product < 0, _DEPTH_eV * np.sqrt(np.abs(product)), _NEUTRAL_DEPTH_eV)
    repulsion = np.where(product > 0, _LIKE_REPULSION_eV * product, depth)
    attraction = np.where(product > 0, 0.0, 2.0 * depth)
    distance = np.where(product < 0, np.add.outer(ionic, ionic), np.add.outer(atomic, atomic))
    return kinds.astype(np.int64), repulsion, attraction, distance, COULOMB_eV_A * _CHARGE_SCALE**2 * product


@njit(cache=True)
def _pair(r: float, repulsion: float, attraction: float, distance: float, strength: float) -> tuple[float, float]:
    """Pair energy (eV) and its derivative (eV/A), switched to zero between SWITCH_A and CUTOFF_A."""
    stiffness = _STIFFNESS / distance
    well = math.exp(-stiffness * (r - distance))
    coulomb = strength * math.exp(-r / _SCREENING_A) / r
    energy = well * (repulsion * well - attraction) + coulomb
    slope = -stiffness * well * (2.0 * repulsion * well - attraction) - coulomb * (1.0 / _SCREENING_A + 1.0 / r)
    if r > SWITCH_A:
        x = (r - SWITCH_A) / (CUTOFF_A - SWITCH_A)
        switch = 1.0 - x**3 * (10.0 - 15.0 * x + 6.0 * x * x)
        switch_slope = -30.0 * x * x * (1.0 - x) ** 2 / (CUTOFF_A - SWITCH_A)
        slope = slope * switch + energy * switch_slope
        energy *= switch
    return energy, slope


@njit(cache=True)
def _evaluate(  # noqa: PLR0917 - numba takes arrays, not objects
    positions: NDArray[np.float64],
    cell: NDArray[np.float64],
    inverse: NDArray[np.float64],
    kinds: NDArray[np.int64],
    repulsion: NDArray[np.float64],
    attraction: NDArray[np.float64],
    distance: NDArray[np.float64],
    strength: NDArray[np.float64],
) -> tuple[float, NDArray[np.float64], NDArray[np.float64]]:
    """Energy (eV), forces (eV/A) and virial (eV) by a plain loop over pairs and periodic images."""
    ions = positions.shape[0]
    forces = np.zeros((ions, 3))
    virial = np.zeros((3, 3))
    energy = 0.0
    reach = np.empty(3, dtype=np.int64)
    for axis in range(3):
        height = 1.0 / math.sqrt(inverse[0, axis] ** 2 + inverse[1, axis] ** 2 + inverse[2, axis] ** 2)
        reach[axis] = math.floor(CUTOFF_A / height + 0.5)
    fractional = positions @ inverse
    shift = np.empty(3)
    vector = np.empty(3)
    for i in range(ions):
        for j in range(i, ions):
            for axis in range(3):
                difference = fractional[j, axis] - fractional[i, axis]
                shift[axis] = difference - np.round(difference)
            half = 0.5 if i == j else 1.0
            for a in range(-reach[0], reach[0] + 1):
                for b in range(-reach[1], reach[1] + 1):
                    for c in range(-reach[2], reach[2] + 1):
                        if i == j and a == 0 and b == 0 and c == 0:
                            continue
                        square = 0.0
                        for axis in range(3):
                            vector[axis] = (
                                (shift[0] + a) * cell[0, axis]
                                + (shift[1] + b) * cell[1, axis]
                                + (shift[2] + c) * cell[2, axis]
                            )
                            square += vector[axis] ** 2
                        if square >= CUTOFF_A**2:
                            continue
                        r = math.sqrt(square)
                        ki, kj = kinds[i], kinds[j]
                        pair_energy, slope = _pair(
                            r, repulsion[ki, kj], attraction[ki, kj], distance[ki, kj], strength[ki, kj]
                        )
                        energy += half * pair_energy
                        for axis in range(3):
                            pull = slope * vector[axis] / r
                            forces[i, axis] += pull * half
                            forces[j, axis] -= pull * half
                            for other in range(3):
                                virial[axis, other] += half * pull * vector[other]
    return energy, forces, virial
