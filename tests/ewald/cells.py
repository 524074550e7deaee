"""Makers of the cells that several tests of the Ewald engine share."""

import numpy as np
from pymatgen.core import Lattice, Structure

from ewald.space.space import ConfigurationSpace
from ewald.space.sublattice import Sublattice


def na3sbs4(dopants: int, vacancies: int, supercell=(2, 2, 3)) -> ConfigurationSpace:
    """Cubic Na3SbS4 with W on Sb, compensated by Na vacancies."""
    structure = Structure.from_spacegroup(
        "I-43m", Lattice.cubic(7.19), ["Na", "Sb", "S"], [[0, 0.5, 0.5], [0, 0, 0], [0.187] * 3]
    )
    structure.make_supercell(supercell)
    sites = {
        element: tuple(i for i, site in enumerate(structure) if site.specie.symbol == element)
        for element in ("Na", "Sb", "S")
    }
    na, sb, s = sites["Na"], sites["Sb"], sites["S"]
    return ConfigurationSpace(
        structure.lattice.matrix,
        structure.frac_coords,
        (
            Sublattice("Na", na, ("Na+", "vacancy"), (1, 0), (len(na) - vacancies, vacancies)),
            Sublattice("Sb", sb, ("Sb5+", "W6+"), (5, 6), (len(sb) - dopants, dopants)),
            Sublattice("S", s, ("S2-",), (-2,), (len(s),)),
        ),
    )


def random_space(seed: int, *, symmetric: bool = True) -> ConfigurationSpace:
    """Make a small neutral space of two or three sublattices, on a lattice with or without symmetry."""
    rng = np.random.default_rng(seed)
    if symmetric:
        a, b, c = (rng.choice([3.0, 3.5]) for _ in range(3))
        shape = [(2, 2, 1), (2, 1, 1), (3, 1, 1), (2, 2, 2)][rng.integers(4)]
        grid = np.argwhere(np.ones(shape)) / np.array(shape)
        lattice = np.diag([a, b, c]) * np.array(shape)[:, None]
        coords = np.concatenate([grid, grid + 0.5 / np.array(shape)])
        half = len(grid)
    else:
        half = int(rng.integers(2, 5))
        corners = np.argwhere(np.ones((2, 2, 2)))
        coords = (corners[rng.permutation(8)[: 2 * half]] + rng.uniform(-0.3, 0.3, (2 * half, 3))) / 2
        lattice = np.eye(3) * 9 + rng.normal(size=(3, 3))
    cations, anions = tuple(range(half)), tuple(range(half, 2 * half))
    doped = int(rng.integers(1, half))
    if rng.random() < 0.5:
        first = Sublattice("M", cations, ("Na+", "Mg2+"), (1, 2), (half - doped, doped))
        holes = half - doped
        second = (
            Sublattice("X", anions, ("O2-", "F-"), (-2, -1), (doped, holes))
            if holes
            else Sublattice("X", anions, ("O2-",), (-2,), (half,))
        )
    else:
        first = Sublattice("M", cations, ("Na+", "vacancy"), (1, 0), (half - doped, doped))
        second = Sublattice("X", anions, ("Cl-", "vacancy"), (-1, 0), (half - doped, doped))
    return ConfigurationSpace(lattice, coords, (first, second))


def doped_cif(tmp_path, vacancy=1 / 24, dopant=1 / 8, states=False):
    """Write a CIF of Na3SbS4 with W on Sb and vacancies on Na."""
    na, w = {"Na": 1 - vacancy}, {"Sb": 1 - dopant, "W": dopant}
    if states:
        na, w = {"Na+": 1 - vacancy}, {"Sb5+": 1 - dopant, "W6+": dopant}
    structure = Structure.from_spacegroup(
        "I-43m", Lattice.cubic(7.19), [na, w, "S2-" if states else "S"], [[0, 0.5, 0.5], [0, 0, 0], [0.187] * 3]
    )
    path = tmp_path / "doped.cif"
    structure.to(str(path), fmt="cif")
    return path
