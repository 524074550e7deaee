"""A trajectory: unwrapped positions of all ions at equally spaced times."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ewald.errors import UserError

Floats = NDArray[np.float64]
Positions = NDArray[np.floating[Any]]
"""In double or single precision: reading whole files takes single, which resolves 0.00001 A."""


@dataclass(frozen=True)
class Trajectory:
    """Unwrapped positions of all ions at equally spaced times in a fixed cell.

    Attributes
    ----------
    positions_A
        (F, N, 3) Cartesian, unwrapped, in angstrom.
    cell_A
        (3, 3), rows are the lattice vectors, in angstrom; None when the file had no cell.
    numbers
        (N,) atomic numbers.
    frame_fs
        Time between frames in fs.
    potential_eV, temperature_K
        (F,) each, or None where the source had none.
    target_temperature_K
        Temperature of the thermostat, where known.
    sources
        Files it came from.

    Raises
    ------
    UserError
        When the arrays do not fit together, hold NaN, or there are fewer than two frames.
    """

    positions_A: Positions
    cell_A: Floats | None
    numbers: NDArray[np.int64]
    frame_fs: float
    potential_eV: Floats | None = None
    temperature_K: Floats | None = None
    target_temperature_K: float | None = None
    sources: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        where = self.sources[0] if self.sources else None
        shape = self.positions_A.shape
        if len(shape) != 3 or shape[2] != 3 or shape[1] != len(self.numbers) or shape[1] == 0:
            raise UserError(f"positions of shape {shape} do not fit {len(self.numbers)} ions", file=where)
        if shape[0] < 2:
            raise UserError(
                f"has {shape[0]} frame(s); displacements need at least two",
                file=where,
                fix="store more frames or run longer",
            )
        if not np.isfinite(self.positions_A).all():
            frame = int(np.flatnonzero(~np.isfinite(self.positions_A).all(axis=(1, 2)))[0])
            raise UserError(f"frame {frame} holds positions that are not numbers", file=where, fix="repeat that run")
        if not (np.isfinite(self.frame_fs) and self.frame_fs > 0):
            raise UserError("the time between frames must be positive", file=where, value=self.frame_fs)
        if self.cell_A is not None and (not np.isfinite(self.cell_A).all() or abs(np.linalg.det(self.cell_A)) < 1e-6):
            raise UserError("the cell is not three independent vectors", file=where)

    @property
    def frames(self) -> int:
        """Number of frames."""
        return int(self.positions_A.shape[0])

    @property
    def volume_A3(self) -> float | None:
        """Volume of the cell in cubic angstrom."""
        return None if self.cell_A is None else float(abs(np.linalg.det(self.cell_A)))

    @property
    def length_ps(self) -> float:
        """Time from the first frame to the last, in ps."""
        return (self.frames - 1) * self.frame_fs / 1000

    @property
    def symbols(self) -> tuple[str, ...]:
        """Element symbols that occur, in order of atomic number."""
        from pymatgen.core import Element

        return tuple(Element.from_Z(int(z)).symbol for z in np.unique(self.numbers))

    def indices(self, element: str) -> NDArray[np.int64]:
        """Return the indices of the ions of one element.

        Parameters
        ----------
        element
            Symbol of the element.
        """
        from pymatgen.core import Element

        return np.flatnonzero(self.numbers == Element(element).Z)

    def after(self, frame: int) -> "Trajectory":
        """Return the part from `frame` on, without copying the positions.

        Parameters
        ----------
        frame
            First frame to keep, counted from 0.
        """
        return self.between(frame, None)

    def between(self, start: int, stop: int | None) -> "Trajectory":
        """Return a part of the run, without copying the positions.

        Parameters
        ----------
        start
            First frame of the part, counted from 0.
        stop
            First frame after it; None for all to the end.
        """
        return replace(
            self,
            positions_A=self.positions_A[start:stop],
            potential_eV=None if self.potential_eV is None else self.potential_eV[start:stop],
            temperature_K=None if self.temperature_K is None else self.temperature_K[start:stop],
        )


def unwrap(positions_A: Floats, cells_A: Floats, where: str | None = None) -> Floats:
    """Undo wrapping into the cell: each ion moves to its nearest image from frame to frame.

    It is right where no ion moves by more than half a cell between two frames. Positions that were not wrapped pass
    through: their steps are short already.

    Parameters
    ----------
    positions_A
        (F, N, 3).
    cells_A
        (F, 3, 3); positions are returned in the mean cell when it changes, so that breathing is not motion.
    where
        File named in errors.

    Raises
    ------
    UserError
        When the numbers of frames differ, or a cell has no volume.
    """
    if len(cells_A) != len(positions_A):
        raise UserError("has cells and positions of different numbers of frames", file=where)
    if np.any(np.abs(np.linalg.det(cells_A)) < 1e-6):
        raise UserError("the cell is not three independent vectors", file=where)
    scaled = np.matmul(positions_A, np.linalg.inv(cells_A))
    images = np.diff(scaled, axis=0)
    np.round(images, out=images)
    if not images.any() and np.allclose(cells_A, cells_A[0], atol=1e-9):
        return positions_A
    scaled[1:] -= np.cumsum(images, axis=0, out=images)
    return np.asarray(scaled @ cells_A.mean(axis=0))
