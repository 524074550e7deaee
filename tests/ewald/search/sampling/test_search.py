"""Parallel tempering against the reference, and the drift of its incremental energies."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ewald.search import brute_force as reference
from ewald.search.sampling import search as sample
from ewald.search.sampling import tempering
from tests.ewald.cells import na3sbs4, random_space


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_small_spaces_are_searched_completely(seed):
    space = random_space(seed)
    if space.configurations > 2000:
        return
    keep = min(3, space.distinct_configurations())
    expected = reference.search(space.form, space.group, keep)
    found = sample.search(space.form, space.group, keep, seed=seed)
    assert not found.certified
    assert found.bound_eV is None
    assert [e for e, _, _ in found.lowest] == [e for e, _, _ in expected.lowest]


def test_same_seed_same_result():
    space = na3sbs4(3, 3, (2, 2, 1))
    first, second, other = (sample.search(space.form, space.group, 5, seed=s) for s in (4, 4, 5))
    assert first.evaluated == second.evaluated
    for (e, m, a), (f, n, b) in zip(first.lowest, second.lowest, strict=True):
        assert (e, m) == (f, n)
        assert (a == b).all()
    assert other.lowest[0][0] == first.lowest[0][0]


def test_incremental_energies_do_not_drift():
    space = na3sbs4(6, 6)
    form, rng = space.form, np.random.default_rng(1)
    occupation = sample.random_occupation(form, rng)
    dq, ion = form.charge_changes(occupation), form.ions(occupation)
    states = np.array([12345], dtype=np.uint64)
    replica = tempering.Replica(dq, occupation, ion, states, 0)
    energy_eV, pairs, low_eV, low = tempering.run_replica(
        sample.compiled_problem(form), replica, 0.5, 100_000, np.inf, 16, form.energy(occupation), 0
    )
    assert pairs == 0
    assert form.allowed(occupation)
    assert energy_eV == pytest.approx(form.energy(occupation), abs=1e-7)
    assert len(low) == 16
    assert low_eV == pytest.approx([form.energy(one) for one in low], abs=1e-7)
    assert np.allclose(dq, form.charge_changes(occupation))


def test_forbidden_pairs_are_avoided():
    from ewald.space.space import ConfigurationSpace
    from ewald.space.sublattice import Sublattice

    # Ten split sites, each two positions 0.8 A apart, half of them filled once.
    centres = np.argwhere(np.ones((5, 2, 1))) / np.array([5, 2, 1])
    lattice = np.diag([15.0, 8.0, 6.0])
    split = np.concatenate([centres, centres + np.array([0.8 / 15, 0, 0])])
    anions = centres[:7] + np.array([0.1, 0.25, 0.5])
    space = ConfigurationSpace(
        lattice,
        np.concatenate([split, anions]),
        (
            Sublattice("Li", tuple(range(20)), ("Li+", "vacancy"), (1, 0), (7, 13)),
            Sublattice("Cl", tuple(range(20, 27)), ("Cl-",), (-1,), (7,)),
        ),
        min_distance_A=1.0,
    )
    assert len(space.form.forbidden) == 10
    found = sample.search(space.form, space.group, 3)
    assert len(found.lowest) == 3
    assert all(space.form.allowed(occupation) for _, _, occupation in found.lowest)
    expected = reference.search(space.form, space.group, 3)
    assert [e for e, _, _ in found.lowest] == [e for e, _, _ in expected.lowest]
