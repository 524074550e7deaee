"""What workers and the server that they share say to each other."""

from dataclasses import dataclass

import numpy as np
from ase import Atoms
from numpy.typing import NDArray


@dataclass(frozen=True)
class Cell:
    """What a calculation is asked for.

    Attributes
    ----------
    numbers
        Atomic numbers (N,).
    cell_A, positions_A
        Cell vectors as rows (3, 3) and positions (N, 3); periodic in all directions.
    stress
        Whether the stress is wanted.
    """

    numbers: NDArray[np.int64]
    cell_A: NDArray[np.float64]
    positions_A: NDArray[np.float64]
    stress: bool

    @property
    def atoms(self) -> Atoms:
        """The cell as ASE atoms."""
        return Atoms(numbers=self.numbers, cell=self.cell_A, positions=self.positions_A, pbc=True)


@dataclass(frozen=True)
class Answer:
    """Energy (eV), forces (N, 3) in eV/A and, where asked for, stress (6,) in eV/A^3 in Voigt's order."""

    energy_eV: float
    forces_eV_A: NDArray[np.float64]
    stress_eV_A3: NDArray[np.float64] | None


@dataclass(frozen=True)
class Request:
    """A cell to compute.

    Attributes
    ----------
    cell
        The cell.
    attempt
        How often the server has ended over a call in which this cell was.
    """

    cell: Cell
    attempt: int


@dataclass(frozen=True)
class Reply:
    """The answer to a request, the core seconds that it took, or what went wrong.

    Attributes
    ----------
    answer
        None when something went wrong.
    core_seconds
        The cell's share of the call, by its number of ions.
    error
        What went wrong, in words.
    user_error
        Whether the user has to correct a setting.
    """

    answer: Answer | None
    core_seconds: float = 0.0
    error: str = ""
    user_error: bool = False
