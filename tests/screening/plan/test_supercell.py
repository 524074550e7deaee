import itertools
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from screening.plan.supercell import common_multiple, describe_supercell, find_supercell, hermite_normal_forms

lattices = st.tuples(
    st.lists(st.floats(3, 12), min_size=3, max_size=3), st.lists(st.floats(-0.6, 0.6), min_size=3, max_size=3)
).map(lambda t: np.diag(t[0]) @ np.array([[1, 0, 0], [t[1][0], 1, 0], [t[1][1], t[1][2], 1]]))


def brute_force_image(lattice, matrix):
    vectors = np.array(matrix) @ lattice
    reach = range(-5, 6)
    lengths = [np.linalg.norm(np.array(n) @ vectors) for n in itertools.product(reach, reach, reach) if any(n)]
    return min(lengths)


def divisor_sum(n):
    return sum(d for d in range(1, n + 1) if n % d == 0)


@pytest.mark.parametrize("index", [1, 2, 6, 8, 12, 27])
def test_every_sublattice_of_an_index_once(index):
    forms = hermite_normal_forms(index)
    assert len(forms) == sum(d * divisor_sum(d) for d in range(1, index + 1) if index % d == 0)
    assert len(np.unique(forms.reshape(-1, 9), axis=0)) == len(forms)
    assert np.allclose(np.linalg.det(forms), index)


@settings(max_examples=60, deadline=None)
@given(lattice=lattices, multiple=st.integers(1, 6), target=st.integers(10, 60))
def test_the_matrix_has_the_claimed_volume(lattice, multiple, target):
    found = find_supercell(lattice, 4, target_ions=target, max_ions=80, multiple=multiple)
    assert found is not None
    determinant = np.linalg.det(np.array(found.matrix))
    assert determinant == pytest.approx(found.cells)
    assert found.cells % multiple == 0
    assert found.cells * 4 <= 80


@settings(max_examples=40, deadline=None)
@given(lattice=lattices, rows=st.lists(st.integers(-2, 2), min_size=9, max_size=9))
def test_the_minimum_image_is_the_shortest_of_all_lattice_vectors(lattice, rows):
    matrix = np.array(rows).reshape(3, 3)
    if abs(round(np.linalg.det(matrix))) == 0:
        return
    found = describe_supercell(lattice, tuple(map(tuple, matrix.tolist())))
    brute = brute_force_image(lattice, matrix)
    # The brute force looks only so far along the given vectors, which may be skewed: it can miss, never undercut.
    assert found.minimum_image_A <= brute + 1e-6
    inside = np.linalg.norm(np.array(matrix) @ lattice, axis=1).max()
    assert found.minimum_image_A <= inside + 1e-6


def test_the_shortest_vector_of_a_skewed_cube_is_its_edge():
    assert describe_supercell(np.eye(3) * 4, ((1, 0, 0), (5, 1, 0), (-7, 9, 1))).minimum_image_A == pytest.approx(4)


def test_no_shape_of_the_index_is_nearer_to_a_cube():
    lattice = np.array([[3.6, 0, 0], [-1.8, 3.118, 0], [0, 0, 19.5]])
    found = find_supercell(lattice, 12, target_ions=96, max_ions=96, multiple=8)
    images = [
        describe_supercell(lattice, tuple(map(tuple, form.tolist()))).minimum_image_A
        for form in hermite_normal_forms(8)
    ]
    assert found.cells == 8
    assert found.minimum_image_A == pytest.approx(max(images))


def test_a_cube_stays_a_cube():
    found = find_supercell(np.eye(3) * 5, 8, target_ions=216, max_ions=216)
    assert found.cells == 27
    assert np.allclose(np.abs(found.matrix), np.eye(3) * 3)
    assert found.cubicity == 1


def test_nothing_fits():
    assert find_supercell(np.eye(3) * 5, 30, target_ions=50, max_ions=50, multiple=2) is None


def test_common_multiple():
    assert common_multiple([Fraction(1, 4), Fraction(3, 2), Fraction(5)]) == 4
    assert common_multiple([]) == 1
