"""Automorphisms against trying every permutation."""

import itertools

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from ewald.proof.automorphisms import automorphisms


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 3), st.integers(2, 6))
def test_are_all_permutations_that_change_nothing(seed, kinds, n):
    rng = np.random.default_rng(seed)
    B = rng.integers(0, kinds, size=(n, n)).astype(float)
    B = np.triu(B, 1) + np.triu(B, 1).T
    h = rng.integers(0, 2, size=n).astype(float)
    every = [
        p
        for p in map(list, itertools.permutations(range(n)))
        if np.array_equal(B[np.ix_(p, p)], B) and np.array_equal(h[p], h)
    ]
    assert automorphisms(B, h).tolist() == every


def test_of_a_torus_are_its_translations_turns_and_mirrors():
    cells = np.array(list(itertools.product(range(5), repeat=2)))
    apart = np.abs(cells[:, None] - cells[None, :])
    distance = (np.minimum(apart, 5 - apart) ** 2).sum(axis=2).astype(float)
    assert len(automorphisms(distance, np.zeros(25))) == 25 * 8
