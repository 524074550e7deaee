"""A configuration space without a file: rock salt whose cations and anions both may change.

The two sublattices are coupled by neutrality: vacancies and S2- balance the extra charge of Mg2+.
"""

import numpy as np

from ewald import ConfigurationSpace, Sublattice, screen

CELLS = 2
points = np.argwhere(np.ones((2 * CELLS, 2 * CELLS, 2 * CELLS)))
is_cation = points.sum(axis=1) % 2 == 0
cations = np.flatnonzero(is_cation)
anions = np.flatnonzero(~is_cation)

# 28 Na+ and 3 Mg2+ are two charges more than 32 Cl- can hold; two S2- in place of Cl- make up for them.
space = ConfigurationSpace(
    5.64 * CELLS * np.eye(3),
    points / (2 * CELLS),
    (
        Sublattice("cations", cations, ("Na+", "Mg2+", "vacancy"), (1, 2, 0), (28, 3, 1)),
        Sublattice("anions", anions, ("Cl-", "S2-"), (-1, -2), (30, 2)),
    ),
)
for line in space.describe():
    print(line)
print(f"neutral: {space.neutral}; {space.configurations} arrangements, {space.distinct_configurations()} distinct")

# Arrangements of equal energy that no symmetry operation joins are kept apart.
for found in screen(space, keep=5, workers=1).lowest:
    print(f"{found.energy_eV:.4f} eV, {found.multiplicity} copies")
