"""The moves of the tabu search against full recomputations."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ewald.search.sampling import hunt, tabu
from ewald.space.form import QuadraticForm
from ewald.space.sublattice import Sublattice
from tests.ewald.cells import na3sbs4
from tests.ewald.search.kernels import entry

swap_cost, swap, best_swap = entry(tabu.swap_cost), entry(tabu.swap), entry(tabu._best_swap)
note, next_random = entry(tabu.note), entry(tabu.next_random)


def begun(form, seed):
    """A walk from a random arrangement."""
    problem, walk = hunt.compiled_problem(form), hunt.new_walk(form.n, seed + 1)
    occupation = hunt.random_occupation(form, np.random.default_rng(seed))
    put(form, problem, walk, occupation)
    return problem, walk


def put(form, problem, walk, occupation):
    walk.species[:] = occupation
    walk.dq[:] = form.charge_changes(occupation)
    walk.ion[:] = form.ions(occupation)
    tabu.begin(problem, walk)


def random_form(seed, pairs):
    """Two sublattices, of three species and of two, with random interactions and forbidden pairs."""
    rng = np.random.default_rng(seed)
    A = rng.normal(size=(11, 11))
    sublattices = (
        Sublattice("M", tuple(range(6)), ("Li+", "Mg2+", "vacancy"), (1, 2, 0), (2, 1, 3)),
        Sublattice("X", tuple(range(6, 11)), ("F-", "vacancy"), (-1, 0), (2, 3)),
    )
    forbidden = np.array(sorted({tuple(sorted(pair)) for pair in pairs if pair[0] != pair[1]}), dtype=np.int64)
    return QuadraticForm(
        np.arange(11),
        np.repeat([0, 1], [6, 5]),
        sublattices,
        0.5,
        rng.normal(size=11),
        A + A.T,
        forbidden.reshape(-1, 2),
    )


def cost(form, problem, occupation):
    """Energy with penalties, all of it computed anew."""
    ions = form.ions(occupation)
    clashes = (ions[form.forbidden[:, 0]] & ions[form.forbidden[:, 1]]).sum()
    return form.energy(occupation) - form.E0_eV + problem.penalty_eV * clashes


PAIRS = st.sets(st.tuples(st.integers(0, 10), st.integers(0, 10)), max_size=12)


@given(st.integers(0, 999), PAIRS)
@settings(max_examples=40, deadline=None)
def test_a_swap_costs_what_it_says_and_all_sums_are_kept(seed, pairs):
    form = random_form(seed, pairs)
    problem, walk = begun(form, seed)
    for i in range(11):
        for j in range(i + 1, problem.last[i]):
            assert tabu.swap_costs(problem, walk)[i, j] == pytest.approx(swap_cost(problem, walk, i, j), abs=1e-9)
            before, change = cost(form, problem, walk.species), swap_cost(problem, walk, i, j)
            swap(problem, walk, i, j)
            assert cost(form, problem, walk.species) - before == pytest.approx(change, abs=1e-9)
            kept = walk.phi.copy(), walk.near.copy()
            assert np.allclose(walk.dq, form.charge_changes(walk.species))
            put(form, problem, walk, walk.species.copy())
            assert np.allclose(kept[0], walk.phi)
            assert np.array_equal(kept[1], walk.near)


@given(st.integers(0, 999), PAIRS, st.sets(st.integers(0, 10), max_size=4))
@settings(max_examples=40, deadline=None)
def test_the_swap_chosen_is_the_best_of_all_that_are_open(seed, pairs, at_rest):
    form = random_form(seed, pairs)
    problem, walk = begun(form, seed)
    resting = np.zeros(11)
    resting[list(at_rest)] = 1e30
    walk.energy[tabu.BEST] = walk.energy[tabu.NOW] - 0.5
    costs = {
        (i, j): swap_cost(problem, walk, i, j)
        for i in range(11)
        for j in range(i + 1, problem.last[i])
        if walk.species[i] != walk.species[j]
    }
    possible = [c for (i, j), c in costs.items() if c < -0.5 - 1e-7 or not {i, j} & at_rest]
    i, j = best_swap(problem, walk, resting)
    if possible:
        assert costs[min(i, j), max(i, j)] == pytest.approx(min(possible), abs=1e-9)
    else:
        assert (i, j) == (-1, -1)


def test_energies_do_not_drift():
    form = na3sbs4(6, 6).form
    problem, walk = begun(form, 1)
    energies, kept = np.empty(16), np.empty((16, form.n), dtype=np.int8)
    count, ended = tabu.advance(problem, walk, 3000, 10**9, np.inf, energies, kept)
    assert not ended
    assert form.allowed(walk.species)
    assert walk.energy[tabu.NOW] == pytest.approx(form.energy(walk.species) - form.E0_eV, abs=1e-7)
    assert walk.energy[tabu.BEST] == pytest.approx(form.energy(walk.best) - form.E0_eV, abs=1e-7)
    assert count == 16
    assert energies == pytest.approx([form.energy(one) - form.E0_eV for one in kept], abs=1e-7)
    assert energies.min() == pytest.approx(walk.energy[tabu.BEST], abs=1e-7)


@given(st.lists(st.integers(0, 9), max_size=30))
def test_the_lowest_seen_are_kept_each_once(offered):
    energies, kept, count = np.empty(3), np.empty((3, 1), dtype=np.int8), 0
    for value in offered:
        count = note(energies, kept, count, float(value), np.array([value], dtype=np.int8))
    assert sorted(energies[:count].tolist()) == sorted(set(offered))[:3]
    assert (kept[:count, 0] == energies[:count]).all()


def test_random_numbers_are_even_and_repeatable():
    states = np.array([12345], dtype=np.uint64)
    drawn = [next_random(states, 10) for _ in range(4000)]
    assert np.bincount(drawn, minlength=10) == pytest.approx(400, abs=100)
    again = np.array([12345], dtype=np.uint64)
    assert [next_random(again, 10) for _ in range(3)] == drawn[:3]
