"""One frame, and the frames of one file, as every reader gives them: in angstrom, fs and eV."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ewald.errors import UserError

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Frame:
    """Positions at one time.

    Attributes
    ----------
    positions_A
        (N, 3) Cartesian.
    cell_A
        (3, 3), rows are the lattice vectors; None where the file gives no cell.
    step
        MD step, where the file gives it.
    time_fs
        Time, where the file gives it.
    potential_eV
        Potential energy, where the file gives it.
    temperature_K
        Of the ions at that time, where the file gives it or their velocities in a known unit.
    unwrapped
        The file says that its positions are unwrapped.
    """

    positions_A: Floats
    cell_A: Floats | None = None
    step: int | None = None
    time_fs: float | None = None
    potential_eV: float | None = None
    unwrapped: bool = False
    temperature_K: float | None = None


@dataclass(frozen=True)
class Frames:
    """The frames of one file.

    Attributes
    ----------
    numbers
        (N,) atomic numbers, the same in every frame.
    frames
        One after another, read as they are asked for.
    spacing_fs
        Time between frames that the file states for all of them.
    timestep_fs
        MD time step that the file states.
    steps_are_counts
        `Frame.step` counts stored frames, not MD steps.
    target_K
        Temperature of the thermostat that the file states.
    elements_from_structure
        The file holds no elements: they are those of the structure, in its order.
    """

    numbers: NDArray[np.int64]
    frames: Iterator[Frame]
    spacing_fs: float | None = None
    timestep_fs: float | None = None
    steps_are_counts: bool = False
    target_K: float | None = None
    elements_from_structure: bool = False


def of_the_same_ions(
    labelled: Iterable[tuple[Sequence[str], Frame]], labels: Sequence[str], path: Path
) -> Iterator[Frame]:
    """Give frames one by one as long as their ions have the same labels.

    Parameters
    ----------
    labelled
        Labels and frame, in the order of the file.
    labels
        What every frame has to have.
    path
        For messages.

    Raises
    ------
    UserError
        When a frame has others.
    """
    for at, (others, frame) in enumerate(labelled):
        if others != labels:
            raise UserError(f"frame {at} holds other ions than the first", file=path)
        yield frame


def cell_of_parameters(lengths_A: Floats, angles_deg: Floats) -> Floats:
    """Return the cell with a along x and b in the xy plane.

    Examples
    --------
    >>> cell_of_parameters(np.array([3.0, 4.0, 5.0]), np.array([90.0, 90.0, 90.0])).round(9).tolist()
    [[3.0, 0.0, 0.0], [0.0, 4.0, 0.0], [0.0, 0.0, 5.0]]
    """
    alpha, beta, gamma = np.where(np.abs(angles_deg - 90) < 1e-9, 0.0, np.cos(np.radians(angles_deg)))
    sine = np.sqrt(1 - gamma**2)
    c_y = (alpha - beta * gamma) / sine
    height = 1 - beta**2 - c_y**2
    if not height > 0:
        raise ValueError(f"the angles {angles_deg.tolist()} make no cell")
    directions = np.array([[1, 0, 0], [gamma, sine, 0], [beta, c_y, np.sqrt(height)]])
    return np.asarray(directions * np.asarray(lengths_A)[:, None])
