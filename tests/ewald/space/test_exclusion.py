"""Counts where pairs of sites exclude one another, against going through every arrangement."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ewald.ions import VACANCY
from ewald.space import exclusion
from ewald.space.exclusion import Entangled, count_fixed
from ewald.space.sublattice import Sublattice


def by_hand(permutation, sublattices, forbidden):
    """Go through every arrangement: allowed, and left as it is by the permutation."""
    fillings = []
    for sublattice in sublattices:
        labels = [s for s, count in zip(sublattice.species, sublattice.counts, strict=True) for _ in range(count)]
        fillings.append(sorted(set(itertools.permutations(labels))))
    found = 0
    for parts in itertools.product(*fillings):
        species = [one for part in parts for one in part]
        fixed = all(species[image] == one for image, one in zip(permutation, species, strict=True))
        clash = any(species[i] != VACANCY and species[j] != VACANCY for i, j in forbidden)
        found += fixed and not clash
    return found


@st.composite
def spaces(draw):
    """One or two sublattices of at most six sites, a permutation that keeps each, and forbidden pairs."""
    sublattices, permutation, start = [], [], 0
    for name in draw(st.sampled_from(["A", "AB"])):
        ions = draw(st.lists(st.integers(1, 2), min_size=1, max_size=2))
        empty = draw(st.integers(0, 2))
        sites = sum(ions) + empty
        species = [f"{name}{k}+" for k in range(len(ions))] + [VACANCY] * bool(empty)
        counts = (*ions, empty) if empty else tuple(ions)
        charges = tuple(float(s != VACANCY) for s in species)
        sublattices.append(Sublattice(name, tuple(range(start, start + sites)), tuple(species), charges, counts))
        permutation += [start + k for k in draw(st.permutations(range(sites)))]
        start += sites
    pairs = st.tuples(st.integers(0, start - 1), st.integers(0, start - 1)).filter(lambda pair: pair[0] < pair[1])
    forbidden = draw(st.lists(pairs, max_size=5, unique=True))
    return permutation, sublattices, forbidden


@given(spaces())
@settings(max_examples=200, deadline=None)
def test_the_count_is_that_of_going_through_all(drawn):
    permutation, sublattices, forbidden = drawn
    pairs = np.array(forbidden, dtype=np.int64).reshape(-1, 2)
    found = count_fixed(np.array(permutation, dtype=np.int32), sublattices, pairs)
    assert found == by_hand(permutation, sublattices, forbidden)


def test_ions_on_a_ring_that_are_no_neighbours():
    """k ions on a ring of n sites, no two of them neighbours: n / (n - k) C(n - k, k) ways (I. Kaplansky, 1943)."""
    ring = Sublattice("A", tuple(range(10)), ("Na+", VACANCY), (1.0, 0.0), (3, 7))
    neighbours = np.array([(k, (k + 1) % 10) for k in range(10)])
    assert count_fixed(np.arange(10, dtype=np.int32), [ring], neighbours) == 50


def test_a_count_that_takes_too_long_is_given_up(monkeypatch):
    monkeypatch.setattr(exclusion, "MOST_BYTES", 10)
    exclusion._fillings.cache_clear()
    ring = Sublattice("A", tuple(range(12)), ("Na+", VACANCY), (1.0, 0.0), (3, 9))
    with pytest.raises(Entangled):
        count_fixed(np.arange(12, dtype=np.int32), [ring], np.array([(k, (k + 1) % 12) for k in range(12)]))
    exclusion._fillings.cache_clear()
