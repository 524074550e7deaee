"""Positions of many frames, kept once and in single precision, which resolves 0.00001 A.

A thousand ions over 50,000 frames take 0.6 GB.
"""

import numpy as np
from numpy.typing import NDArray

from screening.trajectory.trajectory import Positions

_GROWTH_BYTES = 1 << 25


class PositionStore:
    """(F, N, 3) array that grows; `resize` moves it without a copy where the system can.

    Parameters
    ----------
    ions
        Of every frame.
    """

    def __init__(self, ions: int) -> None:
        self._block = max(16, _GROWTH_BYTES // (12 * ions))
        self._data = np.empty((self._block, ions, 3), dtype=np.float32)
        self.count = 0

    def append(self, positions: Positions) -> None:
        """Add the (N, 3) positions of one frame."""
        self.extend(positions[None])

    def extend(self, positions: Positions) -> None:
        """Add the (F, N, 3) positions of some frames."""
        needed = self.count + len(positions)
        if needed > len(self._data):
            self._data.resize((max(needed, len(self._data) + self._block), *self._data.shape[1:]), refcheck=False)
        self._data[self.count : needed] = positions
        self.count = needed

    def take(self) -> NDArray[np.float32]:
        """Return all positions; nothing can be added afterwards."""
        self._data.resize((self.count, *self._data.shape[1:]), refcheck=False)
        return self._data
