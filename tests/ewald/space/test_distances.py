"""Close pairs against brute force."""

import itertools
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ewald import ConfigurationSpace, Sublattice, screen
from ewald.errors import StructureError
from ewald.space.distances import close_pairs


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10**6), limit=st.floats(0.3, 6.0))
def test_all_pairs_and_their_shortest_distance(seed, limit):
    rng = np.random.default_rng(seed)
    lattice = np.eye(3) * 4 + rng.normal(size=(3, 3))
    frac = rng.normal(size=(6, 3))
    shifts = np.array(list(itertools.product(range(-5, 6), repeat=3)))
    expected = {}
    for i, j in itertools.combinations(range(6), 2):
        delta = frac[i] - frac[j]
        nearest = np.linalg.norm((delta - np.rint(delta) + shifts) @ lattice, axis=1).min()
        if nearest < limit:
            expected[i, j] = nearest
    found = {(i, j): d for i, j, d in close_pairs(lattice, frac, limit)}
    assert found == pytest.approx(expected)


def close_space(counts):
    """Four sites in a row, neighbours 1.2 A apart, and Cl far off; ``counts`` of Na and vacancies on each pair."""
    coords = [[0, 0, 0], [0.12, 0, 0], [0.24, 0, 0], [0.36, 0, 0], [0.5, 0.5, 0.5], [0, 0.5, 0.5]]
    chlorine = sum(ions for ions, _ in counts)
    anions = Sublattice("Cl", (4, 5), ("Cl-", "vacancy"), (-1, 0), (chlorine, 2 - chlorine))
    pairs = [
        Sublattice(f"Na{k}", (2 * k, 2 * k + 1), ("Na+", "vacancy"), (1, 0), numbers)
        for k, numbers in enumerate(counts)
    ]
    return ConfigurationSpace(10 * np.eye(3), coords, (*pairs, anions), min_distance_A=1.3)


def test_sites_that_are_always_vacant_forbid_nothing():
    space = close_space([(1, 1), (0, 2)])
    assert space.forbidden.tolist() == [[0, 1]]
    assert space.configurations == 2 * 2
    assert len(screen(space, keep=4).lowest) == space.distinct_configurations()
    near = close_space([(0, 2), (1, 1)])
    lowest = screen(near, keep=near.distinct_configurations(), method="exhaustive").lowest
    assert sum(arrangement.multiplicity for arrangement in lowest) == 4


def test_sites_that_are_always_filled_forbid_nothing_but_one_spot():
    # As documented: the distance holds between two sites that both can be vacant.
    assert close_space([(1, 1), (1, 1)]).forbidden.tolist() == [[0, 1], [1, 2], [2, 3]]
    assert close_space([(2, 0), (0, 2)]).forbidden.tolist() == []
    tight = replace(close_space([(2, 0), (0, 2)]), lattice=7 * np.eye(3), min_distance_A=0.0)
    with pytest.raises(StructureError, match="two ions on one position"):
        _ = tight.form
    empty = replace(close_space([(0, 2), (1, 1)]), lattice=7 * np.eye(3), min_distance_A=1.0)
    assert empty.forbidden.tolist() == [[0, 1]]
