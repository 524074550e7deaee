"""Tabu search against the reference, proofs and its time limit."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from ewald.search import brute_force as reference
from ewald.search.exact.search import search as prove
from ewald.search.sampling import search as sample
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


class Ticks:
    """A clock that counts how often it is asked."""

    def __init__(self):
        self.time = 0

    def __call__(self):
        self.time += 1
        return self.time


def test_all_of_the_time_is_used_when_asked():
    space = na3sbs4(3, 3)
    clock = Ticks()
    patient = sample.search(space.form, space.group, 1, time_limit_s=400, use_all_time=True, clock=clock)
    assert clock.time > 400
    clock = Ticks()
    sample.search(space.form, space.group, 1, time_limit_s=4, use_all_time=True, clock=clock)
    assert clock.time < 30
    assert patient.statistics["starts"] > 60


def test_a_space_visited_over_and_over_ends_before_its_time():
    space = random_space(3)
    clock = Ticks()
    sample.search(space.form, space.group, 1, time_limit_s=1e6, use_all_time=True, clock=clock)
    assert clock.time < 1e5


def test_tabu_search_finds_what_is_proven():
    space = na3sbs4(6, 6, (2, 2, 2))
    proven = prove(space.form, space.group, keep=3)
    assert proven.certified
    for seed in range(3):
        found = sample.search(space.form, space.group, 3, seed=seed)
        assert [e for e, _, _ in found.lowest] == [e for e, _, _ in proven.lowest]


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
