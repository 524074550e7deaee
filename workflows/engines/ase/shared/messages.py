"""What workers and the server that they share say to each other.

A message is a line of JSON and the arrays after it, as bytes: nothing in it can run code.
"""

import json
from dataclasses import asdict, dataclass
from typing import Any, Self

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

    def packed(self) -> bytes:
        """Return the message."""
        cell = self.cell
        numbers, places = cell.numbers.astype(np.int64), np.vstack([cell.cell_A, cell.positions_A])
        return _packed({"stress": cell.stress, "attempt": self.attempt}, numbers.tobytes(), places)

    @classmethod
    def read(cls, message: bytes) -> Self:
        """Read a message."""
        header, rest = _read(message)
        # Of each ion a number and three coordinates, and three cell vectors: eight bytes each.
        ions = (len(rest) // 8 - 9) // 4
        places = np.frombuffer(rest[8 * ions :]).reshape(-1, 3)
        cell = Cell(np.frombuffer(rest[: 8 * ions], dtype=np.int64), places[:3], places[3:], header["stress"])
        return cls(cell, header["attempt"])


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

    def packed(self) -> bytes:
        """Return the message."""
        answer = self.answer
        header = {key: value for key, value in asdict(self).items() if key != "answer"}
        if answer is None:
            return _packed(header)
        stress = None if answer.stress_eV_A3 is None else answer.stress_eV_A3.tolist()
        return _packed(header | {"energy_eV": answer.energy_eV, "stress_eV_A3": stress}, answer.forces_eV_A)

    @classmethod
    def read(cls, message: bytes) -> Self:
        """Read a message."""
        header, rest = _read(message)
        if "energy_eV" not in header:
            return cls(None, **header)
        energy, stress = header.pop("energy_eV"), header.pop("stress_eV_A3")
        forces = np.frombuffer(rest).reshape(-1, 3)
        return cls(Answer(energy, forces, None if stress is None else np.array(stress)), **header)


def _packed(header: dict[str, Any], *arrays: bytes | NDArray[np.float64]) -> bytes:
    parts = [part if isinstance(part, bytes) else np.asarray(part, dtype=np.float64).tobytes() for part in arrays]
    return b"".join([json.dumps(header).encode(), b"\n", *parts])


def _read(message: bytes) -> tuple[dict[str, Any], bytes]:
    header, _, rest = message.partition(b"\n")
    return json.loads(header), rest
