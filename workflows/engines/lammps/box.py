"""The cell as LAMMPS wants it: the first vector along x, the second in the plane of x and y.

A lattice L of row vectors is turned by an orthogonal matrix Q so that L Q is lower triangular with a positive diagonal
(the QR decomposition of its transpose). Q mirrors a left-handed lattice, which changes no energy. Vectors, such as
forces, are turned back by the transpose of Q, and tensors by it from both sides.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Box:
    """A lower-triangular cell and the matrix that turned the lattice into it.

    Attributes
    ----------
    cell_A
        (3, 3), rows are vectors.
    turn
        (3, 3) orthogonal: a row vector v of the crystal is v @ turn in the box.
    """

    cell_A: NDArray[np.float64]
    turn: NDArray[np.float64]

    @classmethod
    def of(cls, lattice_A: NDArray[np.float64]) -> "Box":
        """Turn a lattice (3, 3); one that fits already is kept to the bit.

        Examples
        --------
        >>> box = Box.of(np.array([[0, 2.0, 2.0], [2.0, 0, 2.0], [2.0, 2.0, 0]]))
        >>> bool(np.allclose(box.vectors(box.cell_A)[0], [0, 2.0, 2.0]))
        True
        """
        lattice = np.array(lattice_A, dtype=np.float64)
        if not np.triu(lattice, 1).any() and (lattice.diagonal() > 0).all():
            return cls(lattice, np.eye(3))
        turn, upper = np.linalg.qr(lattice.T)
        signs = np.sign(upper.diagonal())
        return cls(np.tril((upper * signs[:, None]).T), turn * signs)

    def places(self, positions_A: NDArray[np.float64]) -> NDArray[np.float64]:
        """Positions (N, 3) of the crystal in the box."""
        return positions_A @ self.turn

    def vectors(self, in_box: NDArray[np.float64]) -> NDArray[np.float64]:
        """Positions, forces or cell vectors (N, 3) of the box in the crystal."""
        return in_box @ self.turn.T

    def tensor(self, in_box: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return a tensor (3, 3) of the box, such as the stress, in the crystal."""
        return self.turn @ in_box @ self.turn.T
