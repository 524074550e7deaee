"""Undoing the wrapping of positions into the cell.

The nearest image from frame to frame is right as long as no ion moves half a cell between two stored frames. Positions
that were not wrapped pass through: their steps are short already.
"""

import numpy as np
from numpy.typing import NDArray

from ewald.errors import UserError

Floats = NDArray[np.float64]


def unwrap(positions_A: Floats, cells_A: Floats, where: str | None = None) -> Floats:
    """Undo wrapping into the cell: each ion moves to its nearest image from frame to frame.

    It is right where no ion moves by more than half a cell between two frames.

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
