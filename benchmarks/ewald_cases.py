"""The cells that the benchmarks of the Ewald engine use."""

from itertools import product
from pathlib import Path

import numpy as np

from ewald import ConfigurationSpace
from ewald.space.sublattice import Sublattice

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


def as_many_as_lgps_headline() -> ConfigurationSpace:
    """Li10GeP2S12, 2 x 2 x 1 cells, with as many arrangements as a published screen of it: 9 C(20,4)^2 = 211,266,225.

    The published choice of sites is not to be had, so this one is ours: four vacancies on 20 sites of each of two Li
    orbits and one Ge on nine tetrahedra; all other sites are filled such that the cell is neutral.
    """
    path = Path(__file__).parents[1] / "screening/data/structures/ewald_cases/Li10GeP2S12.cif"
    parent = ConfigurationSpace.from_file(path, supercell="2 2 1", couple=["Li"])
    names = {s.name: s for s in parent.sublattices}
    lithium = list(names["Li"].sites)
    mixed = next(s for s in parent.variable_sublattices if s.name != "Li")
    fixed = [s for s in parent.sublattices if s.name != "Li" and s is not mixed]
    first, second, rest = lithium[:20], lithium[40:60], lithium[20:40] + lithium[60:]
    tetrahedra, others = list(mixed.sites[:9]), list(mixed.sites[9:])
    charge = sum(s.charge for s in fixed) + 32 + 4 + 5 * (len(tetrahedra) - 1 + len(others))
    filled = round(-charge)
    parts = [
        Sublattice("Li a", first, ("Li+", "vacancy"), (1, 0), (16, 4)),
        Sublattice("Li b", second, ("Li+", "vacancy"), (1, 0), (16, 4)),
        Sublattice("Li", rest[:filled], ("Li+",), (1,), (filled,)),
        Sublattice("Li empty", rest[filled:], ("vacancy",), (0,), (len(rest) - filled,)),
        Sublattice("Ge/P", tetrahedra, ("P5+", "Ge4+"), (5, 4), (8, 1)),
        Sublattice("P", others, ("P5+",), (5,), (len(others),)),
    ]
    return ConfigurationSpace(parent.lattice, parent.frac_coords, (*parts, *fixed))
