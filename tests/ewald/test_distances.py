"""Close pairs against brute force."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ewald.distances import close_pairs


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
