"""Counts where pairs of sites exclude one another, against going through every arrangement."""

import itertools

import numpy as np
import pytest
from ase.spacegroup import Spacegroup
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


@st.composite
def graphs(draw):
    """Up to twelve sites, any pairs of them, a number of ions, and the sites numbered in another way."""
    sites = draw(st.integers(2, 12))
    pairs = list(itertools.combinations(range(sites), 2))
    chosen = draw(st.lists(st.sampled_from(pairs), max_size=30, unique=True))
    return sites, draw(st.integers(0, sites)), chosen, draw(st.permutations(range(sites)))


@given(graphs())
@settings(max_examples=100, deadline=None)
def test_any_graph_counts_the_same_however_its_sites_are_numbered(drawn):
    sites, ions, chosen, renamed = drawn
    room = Sublattice("A", tuple(range(sites)), ("Na+", VACANCY), (1.0, 0.0), (ions, sites - ions))
    free = sum(
        not any(i in taken and j in taken for i, j in chosen)
        for taken in map(frozenset, itertools.combinations(range(sites), ions))
    )
    pairs = np.array(chosen, dtype=np.int64).reshape(-1, 2)
    identity = np.arange(sites, dtype=np.int32)
    assert count_fixed(identity, [room], pairs) == free
    assert count_fixed(identity, [room], np.array(renamed)[pairs]) == free


def garnet_pairs():
    """Pairs closer than 2.02 A of the 168 Li sites of a cubic garnet (24d, 48g, 96h of Ia-3d, a = 12.8 A)."""
    positions = [(3 / 8, 0, 1 / 4), (1 / 8, 0.6875, 0.5625), (0.0966, 0.6853, 0.5771)]
    sites = np.asarray(Spacegroup(230).equivalent_sites(positions)[0])
    apart = sites[:, None] - sites[None]
    lengths_A = 12.8 * np.linalg.norm(apart - np.round(apart), axis=-1)
    return np.argwhere(np.triu(lengths_A < 2.02, 1))


def test_a_garnet_is_counted_however_its_sites_are_numbered():
    pairs = garnet_pairs()
    assert len(pairs) == 336
    room = Sublattice("Li", tuple(range(168)), ("Li+", VACANCY), (1.0, 0.0), (40, 128))
    identity = np.arange(168, dtype=np.int32)
    numberings = [identity, *(np.random.default_rng(seed).permutation(168) for seed in range(3))]
    assert {count_fixed(identity, [room], renamed[pairs]) for renamed in numberings} == {19392127923416058750014869545}


@pytest.mark.parametrize("seed", range(3))
def test_hard_squares_on_a_board_numbered_at_random(seed):
    """Arrangements of any number of ions on a board of 9 by 9, none next to another (OEIS A006506)."""
    number = np.random.default_rng(seed).permutation(81).reshape(9, 9)
    across = np.stack([number[:, :-1].ravel(), number[:, 1:].ravel()], axis=1)
    down = np.stack([number[:-1].ravel(), number[1:].ravel()], axis=1)
    pairs = np.concatenate([across, down])
    boards = (Sublattice("A", tuple(range(81)), ("Na+", VACANCY), (1.0, 0.0), (k, 81 - k)) for k in range(42))
    assert sum(count_fixed(np.arange(81, dtype=np.int32), [b], pairs) for b in boards) == 770548397261707


def test_a_count_that_takes_too_long_is_given_up(monkeypatch):
    monkeypatch.setattr(exclusion, "MOST_BYTES", 10)
    exclusion._fillings.cache_clear()
    ring = Sublattice("A", tuple(range(12)), ("Na+", VACANCY), (1.0, 0.0), (3, 9))
    with pytest.raises(Entangled):
        count_fixed(np.arange(12, dtype=np.int32), [ring], np.array([(k, (k + 1) % 12) for k in range(12)]))
    exclusion._fillings.cache_clear()
