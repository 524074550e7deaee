"""The moves of the tempering against full recomputations."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ewald.search.sampling.tempering import clashes, note, potential, swap, swap_energy, uniform

N = 7


def crystal(seed):
    rng = np.random.default_rng(seed)
    A = rng.normal(size=(N, N))
    return A + A.T, rng.normal(size=N), rng.integers(-2, 3, N).astype(float)


def energy(A, v, dq):
    return v @ dq + 0.5 * dq @ A @ dq


@given(st.integers(0, 999), st.integers(0, N - 1), st.integers(0, N - 1))
def test_a_swap_changes_the_energy_by_what_it_says_and_keeps_the_potential(seed, i, j):
    A, v, dq = crystal(seed)
    species, ion = np.arange(N, dtype=np.int8), dq != 0
    phi = potential(A, v, dq)
    before, change = energy(A, v, dq), swap_energy(A, phi, dq, i, j)
    swap(A, phi, dq, species, ion, i, j)
    assert energy(A, v, dq) - before == pytest.approx(change, abs=1e-10)
    assert np.allclose(phi, v + A @ dq)
    assert (species[i], species[j]) == (j, i)
    assert (ion == (dq != 0)).all()


@given(st.sets(st.tuples(st.integers(0, N - 1), st.integers(0, N - 1)), max_size=9), st.data())
def test_clashes_are_those_of_counting_before_and_after(pairs, data):
    pairs = {(min(p), max(p)) for p in pairs if p[0] != p[1]}
    ion = np.array(data.draw(st.lists(st.booleans(), min_size=N, max_size=N)))
    i, j = data.draw(st.permutations(range(N)))[:2]
    around = [sorted({a + b - k for a, b in pairs if k in (a, b)}) for k in range(N)]
    starts = np.cumsum([0, *map(len, around)])
    neighbours = np.array([k for row in around for k in row], dtype=np.int64)
    after = ion.copy()
    after[i], after[j] = ion[j], ion[i]
    expected = sum(after[a] and after[b] for a, b in pairs) - sum(ion[a] and ion[b] for a, b in pairs)
    assert clashes(i, j, ion, starts, neighbours) == expected


@given(st.lists(st.integers(0, 9), max_size=30))
def test_the_lowest_seen_are_kept_each_once(offered):
    energies, kept, count = np.empty(3), np.empty((3, 1), dtype=np.int8), 0
    for value in offered:
        count = note(energies, kept, count, float(value), np.array([value], dtype=np.int8))
    assert sorted(energies[:count].tolist()) == sorted(set(offered))[:3]
    assert (kept[:count, 0] == energies[:count]).all()


def test_random_numbers_are_even_and_repeatable():
    states = np.array([12345, 999], dtype=np.uint64)
    drawn = np.array([uniform(states, 0) for _ in range(4000)])
    assert 0 <= drawn.min() < drawn.max() < 1
    assert np.histogram(drawn, bins=10, range=(0, 1))[0] == pytest.approx(400, abs=100)
    assert states[1] == 999
    again = np.array([12345], dtype=np.uint64)
    assert [uniform(again, 0) for _ in range(3)] == drawn[:3].tolist()
