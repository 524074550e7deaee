"""The permutation group: closed, complete, independent of how the cell is written."""

import itertools

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from ewald.search import brute_force as reference
from ewald.space.space import ConfigurationSpace
from ewald.space.sublattice import Sublattice
from ewald.space.symmetry import SymmetryGroup
from tests.ewald.cells import na3sbs4, random_space


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_permutations_form_a_group(seed):
    permutations = random_space(seed).group.permutations
    known = {p.tobytes() for p in permutations}
    assert np.arange(permutations.shape[1], dtype=np.int32).tobytes() in known
    for p, q in itertools.islice(itertools.product(permutations, repeat=2), 400):
        assert p[q].tobytes() in known


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


def test_large_supercell_is_quick_enough():
    space = na3sbs4(4, 4, (5, 5, 5))
    assert len(space) == 2000
    assert space.symmetry_order == 48 * 125


def test_what_keeps_pairs_is_a_subgroup_of_what_keeps_the_sites():
    """A square of four sites has eight symmetries (2D); one diagonal keeps half of them, one side a quarter."""
    square = SymmetryGroup(
        16, np.array([p for p in itertools.permutations(range(4)) if abs(p[0] - p[2]) == 2], dtype=np.int32)
    )
    assert square.order == 8
    both = square.keeping(np.array([[0, 2], [1, 3]]))
    assert (both.order, both.operations) == (8, 16)
    diagonal = square.keeping(np.array([[0, 2]]))
    assert (diagonal.order, diagonal.operations) == (4, 8)
    side = square.keeping(np.array([[1, 0]]))
    assert (side.order, side.operations) == (2, 4)
    assert side.permutations[0].tolist() == [0, 1, 2, 3]
