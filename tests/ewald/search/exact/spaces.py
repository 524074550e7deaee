"""Small configuration spaces drawn by hypothesis, the degenerate and the awkward ones among them."""

import itertools
import math

import numpy as np
from hypothesis import strategies as st

from ewald.ions import VACANCY
from ewald.space.space import ConfigurationSpace
from ewald.space.sublattice import Sublattice

CHARGES = (-2.0, -1.0, 0.0, 1.0, 1.0, 2.0, 5.0)


@st.composite
def sublattices(draw, first_site, name, most_sites):
    size = draw(st.integers(2, most_sites))
    kinds = draw(st.integers(1, min(3, size)))
    counts = [1] * kinds
    for _ in range(size - kinds):
        counts[draw(st.integers(0, kinds - 1))] += 1
    charges = [draw(st.sampled_from(CHARGES)) for _ in range(kinds)]
    species = [f"{name}{k}" for k in range(kinds)]
    if kinds > 1 and draw(st.booleans()):
        vacant = draw(st.integers(0, kinds - 1))
        species[vacant], charges[vacant] = VACANCY, 0.0
    return Sublattice(name, tuple(range(first_site, first_site + size)), tuple(species), tuple(charges), tuple(counts))


@st.composite
def spaces(draw):
    """Neutral spaces of at most some hundreds of arrangements, on a cubic grid (many ties) or a random lattice."""
    parts = []
    sites = 0
    for name in "ABC"[: draw(st.integers(1, 3))]:
        part = draw(sublattices(sites, name, 6))
        if math.prod(p.configurations for p in [*parts, part]) > 400:
            break
        parts.append(part)
        sites += len(part.sites)
    total = math.fsum(p.charge for p in parts)
    parts.append(Sublattice("rest", (sites, sites + 1), ("R",), (-total / 2,), (2,)))
    sites += 2
    rng = np.random.default_rng(draw(st.integers(0, 2**16)))
    if draw(st.booleans()):
        grid = np.array([(i, j, k) for i in range(2) for j in range(2) for k in range(5)])
        chosen = rng.permutation(len(grid))[:sites] if draw(st.booleans()) else np.arange(sites)
        lattice, frac = np.diag([5.0, 5.0, 12.5]), grid[chosen] / [2, 2, 5]
    else:
        lattice = np.diag([5.0, 6.0, 7.0]) + rng.uniform(-1, 1, (3, 3))
        frac = _spread(rng, sites)
    distance = draw(st.sampled_from([0.0, 0.0, 2.6, 3.6]))
    return ConfigurationSpace(lattice, frac, tuple(parts), min_distance_A=distance)


def _spread(rng, sites):
    grid = np.array([(i, j, k) for i in range(3) for j in range(3) for k in range(3)])
    return (grid[rng.permutation(27)[:sites]] + rng.uniform(-0.2, 0.2, (sites, 3))) / 3 % 1.0


def salt(n_dopant, cells=(2, 2, 2)):
    """Na/Sb sites of cubic Na3SbS4 without its sulfur: W on Sb, vacancies on Na, one charge smeared over the Sb."""
    cell_sb = np.array([[0, 0, 0], [0.5, 0.5, 0.5]])
    cell_na = np.array([[0, 0.5, 0.5], [0.5, 0, 0.5], [0.5, 0.5, 0], [0.5, 0, 0], [0, 0.5, 0], [0, 0, 0.5]])
    shifts = np.array(list(itertools.product(*(range(c) for c in cells))))
    sb = ((cell_sb[None] + shifts[:, None]) / cells).reshape(-1, 3)
    na = ((cell_na[None] + shifts[:, None]) / cells).reshape(-1, 3)
    charge = -3.0
    return ConfigurationSpace(
        7.19 * np.diag(cells),
        np.concatenate([sb, na]),
        (
            Sublattice("Sb", tuple(range(len(sb))), ("Sb", "W"), (charge, charge + 1), (len(sb) - n_dopant, n_dopant)),
            Sublattice(
                "Na",
                tuple(range(len(sb), len(sb) + len(na))),
                ("Na+", "vacancy"),
                (1, 0),
                (len(na) - n_dopant, n_dopant),
            ),
        ),
    )
