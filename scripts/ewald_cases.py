"""The cells that the benchmarks of the Ewald engine use."""

from itertools import product

import numpy as np

from ewald.space import ConfigurationSpace, Sublattice

LATTICE_A = 7.19
# Fractional coordinates of Na3SbS4 in I-43m: Na on 6b, Sb on 2a, S on 8c with x = 0.187.
X = 0.187
NA = [[0, 0.5, 0.5], [0.5, 0, 0.5], [0.5, 0.5, 0]]
SB = [[0, 0, 0]]
S = [[X, X, X], [X, -X, -X], [-X, X, -X], [-X, -X, X]]


def doped_na3sbs4(dopants: int, cells: tuple[int, int, int] = (2, 2, 3)) -> ConfigurationSpace:
    """Cubic Na3SbS4 supercell with as many W6+ on Sb sites as vacancies on Na sites."""
    parts = []
    for basis in (NA, SB, S):
        centred = np.concatenate([np.array(basis, dtype=float), np.array(basis, dtype=float) + 0.5])
        shifts = np.array(list(product(*(range(n) for n in cells))), dtype=float)
        parts.append(((centred[None] + shifts[:, None]).reshape(-1, 3) / np.array(cells)) % 1.0)
    sizes = [len(part) for part in parts]
    na, sb, s = (tuple(range(sum(sizes[:k]), sum(sizes[: k + 1]))) for k in range(3))
    return ConfigurationSpace(
        LATTICE_A * np.diag(cells).astype(float),
        np.concatenate(parts),
        (
            Sublattice("Na", na, ("Na+", "vacancy"), (1, 0), (len(na) - dopants, dopants)),
            Sublattice("Sb", sb, ("Sb5+", "W6+"), (5, 6), (len(sb) - dopants, dopants)),
            Sublattice("S", s, ("S2-",), (-2,), (len(s),)),
        ),
    )
