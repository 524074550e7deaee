"""Counts against brute-force enumeration of orbits."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ewald.search.brute_force import arrangements
from ewald.space.counting import colourings, cycle_types
from ewald.space.space import ConfigurationSpace
from ewald.space.sublattice import Sublattice
from tests.ewald.cells import random_space


def brute_force(space):
    """Count allowed arrangements and their orbits one by one."""
    allowed = [a for a in arrangements(space.form) if space.form.allowed(a)]
    orbits = {min(a[p].tobytes() for p in space.group.permutations) for a in allowed}
    return len(allowed), len(orbits)


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10**6), symmetric=st.booleans())
def test_burnside_equals_enumeration(seed, symmetric):
    space = random_space(seed, symmetric=symmetric)
    assert (space.configurations, space.distinct_configurations()) == brute_force(space)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10**6), limit=st.floats(1.6, 4.0))
def test_burnside_with_forbidden_pairs_equals_enumeration(seed, limit):
    first = random_space(seed)
    if any("vacancy" not in s.species for s in first.variable_sublattices):
        return
    space = replace(first, min_distance_A=limit)
    assert space.configurations_exact
    assert (space.configurations, space.distinct_configurations()) == brute_force(space)


def test_three_species_on_one_ring():
    # Necklaces of 6 beads, 2 of each of 3 colours, under rotation: (90 + 2 * ... ) / 6 = 16 (OEIS A000013's kin).
    ring = [np.roll(np.arange(6), k) for k in range(6)]
    fixed = [math.prod(colourings(t, (2, 2, 2)) for t in cycle_types(p, [6])) for p in ring]
    assert fixed[0] == 90
    assert sum(fixed) / 6 == 16


def test_counts_are_exact_beyond_any_float():
    lattice = 100.0 * np.eye(3)
    coords = np.random.default_rng(0).random((400, 3))
    space = ConfigurationSpace(
        lattice,
        coords,
        (
            Sublattice("A", tuple(range(200)), ("Na+", "vacancy"), (1, 0), (100, 100)),
            Sublattice("B", tuple(range(200, 400)), ("Cl-", "vacancy"), (-1, 0), (100, 100)),
        ),
        # Random sites may fall on one another; this test is about numbers, not distances.
    )
    object.__setattr__(space, "forbidden", np.empty((0, 2), dtype=np.int64))
    assert space.configurations == math.comb(200, 100) ** 2
    assert space.distinct_configurations() == math.comb(200, 100) ** 2


def test_published_count_of_li10gep2s12():
    # 9 * C(20, 4)^2 arrangements (216 sites) in the EwaldSolidSolution paper.
    sizes = ((9, 8), (20, 16), (20, 16))
    assert math.prod(colourings(((1, n),), (k, n - k)) for n, k in sizes) == 211_266_225


@pytest.mark.parametrize(
    ("dopants", "distinct"),
    [(3, 635_608), (6, 109_536_643_329), (9, 579_613_668_621_687), (12, 216_378_775_737_811_864)],
)
def test_doped_na3sbs4(doped_na3sbs4, dopants, distinct):
    space = doped_na3sbs4(dopants, dopants)
    assert space.configurations == math.comb(24, dopants) * math.comb(72, dopants)
    assert space.symmetry_order == 192
    assert space.distinct_configurations() == distinct
