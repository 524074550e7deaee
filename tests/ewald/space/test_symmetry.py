"""The permutation group: closed, complete, independent of how the cell is written."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ewald.search import brute_force as reference
from ewald.space.space import ConfigurationSpace
from ewald.space.sublattice import Sublattice
from ewald.space.symmetrize import symmetrized
from ewald.space.symmetry import SymmetryGroup, site_labels
from tests.ewald.cells import na3sbs4, random_space


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_permutations_form_a_group(seed):
    permutations = random_space(seed).group.permutations
    known = {p.tobytes() for p in permutations}
    assert np.arange(permutations.shape[1], dtype=np.int32).tobytes() in known
    for p, q in itertools.islice(itertools.product(permutations, repeat=2), 400):
        assert p[q].tobytes() in known


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_canonical_form_is_the_orbits_first_and_its_size(seed):
    space = random_space(seed)
    rng = np.random.default_rng(seed)
    everything = list(reference.arrangements(space.form))
    occupation = everything[rng.integers(len(everything))]
    canonical, multiplicity = space.group.canonical(occupation)
    orbit = {occupation[p].tobytes() for p in space.group.permutations}
    assert canonical.tobytes() == min(orbit)
    assert multiplicity == len(orbit)
    assert multiplicity * len(space.group.stabiliser(occupation)) == space.group.order


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_lowest_energies_do_not_depend_on_order_origin_or_cell(seed):
    space = random_space(seed)
    rng = np.random.default_rng(seed)
    order = rng.permutation(len(space))
    place = np.argsort(order)
    shear = np.array([[1, 1, 0], [0, 1, 0], [2, 0, 1]])
    moved = ConfigurationSpace(
        shear @ space.lattice,
        ((space.frac_coords + rng.random(3)) @ np.linalg.inv(shear))[order],
        tuple(
            Sublattice(s.name, tuple(place[list(s.sites)]), s.species, s.charges, s.counts)
            for s in reversed(space.sublattices)
        ),
    )
    assert moved.symmetry_order == space.symmetry_order
    assert moved.distinct_configurations() == space.distinct_configurations()
    if space.configurations > 3000:
        return
    mine = reference.search(space.form, space.group, 6).lowest
    others = reference.search(moved.form, moved.group, 6).lowest
    assert np.allclose([e for e, _, _ in mine], [e for e, _, _ in others], rtol=1e-10)
    assert sorted(m for e, m, _ in mine if e < mine[-1][0] - 1e-6) == sorted(
        m for e, m, _ in others if e < others[-1][0] - 1e-6
    )


def test_known_orders():
    # I-43m has 48 operations per cubic cell; 2x2x3 keeps the 16 of I-42m, 12 times over by translations.
    assert na3sbs4(3, 3).symmetry_order == 192
    assert na3sbs4(1, 1, (2, 2, 2)).symmetry_order == 48 * 8


def test_rounded_coordinates_are_put_where_symmetry_says():
    exact = na3sbs4(3, 3, (2, 2, 1))
    lattice = exact.lattice + 1e-4 * np.array([[0, 1, 0], [0, -0.5, 0], [0, 0, 0.3]])
    rng = np.random.default_rng(3)
    coords = exact.frac_coords + rng.uniform(-2e-5, 2e-5, exact.frac_coords.shape)
    cell, sites, moved_A = symmetrized(lattice, coords, site_labels(exact), 0.01)
    assert 1e-5 < moved_A < 2e-3
    tidy = ConfigurationSpace(cell, sites, exact.sublattices)
    strict = SymmetryGroup.from_space(tidy, symprec_A=1e-8)
    assert strict.operations == exact.symmetry_order
    lengths = np.linalg.norm(cell, axis=1)
    assert lengths[0] == pytest.approx(lengths[1], abs=1e-12)


def test_large_supercell_is_quick_enough():
    space = na3sbs4(4, 4, (5, 5, 5))
    assert len(space) == 2000
    assert space.symmetry_order == 48 * 125
