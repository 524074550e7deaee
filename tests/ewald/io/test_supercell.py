"""Supercells."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ewald.errors import StructureError
from ewald.io.supercell import expand, expand_pairs, shapes, supercell_matrix


@pytest.mark.parametrize("text", ["2 2 3", "2x2x3", "2,2,3", [2, 2, 3], np.diag([2, 2, 3]), "2 0 0 0 2 0 0 0 3"])
def test_ways_to_write_one(text):
    assert (supercell_matrix(text) == np.diag([2, 2, 3])).all()


@pytest.mark.parametrize("text", ["2 2", "a b c", "0 1 1", "-1 1 1", "1.5 1 1", "1 1 0 1 1 0 0 0 1", "", [1, 2, 3, 4]])
def test_ways_not_to(text):
    with pytest.raises(StructureError, match="not a supercell"):
        supercell_matrix(text)


@pytest.mark.parametrize("text", ["6252", "1e300", "1 0 0 9999 1 9999 0 0 1", "1000 0 0 0 1000 0 0 0 1000", "47 47 47"])
def test_one_beyond_any_memory(text):
    with pytest.raises(StructureError, match="100000 cells"):
        supercell_matrix(text)


@given(entries=st.lists(st.integers(-2, 2), min_size=9, max_size=9))
def test_any_matrix_is_filled_without_doubles(entries):
    matrix = np.array(entries).reshape(3, 3)
    volume = round(abs(np.linalg.det(matrix)))
    if volume == 0:
        return
    sites = expand(np.array([[0.1, 0.2, 0.3]]), matrix)
    assert len(sites) == volume
    back = sites @ matrix - [0.1, 0.2, 0.3]
    assert np.allclose(back, np.rint(back), atol=1e-9)
    apart = sites[:, None] - sites[None]
    apart -= np.rint(apart)
    assert (np.abs(apart).max(axis=2) + np.eye(volume) > 1e-6).all()


def test_compact_shapes_first():
    assert shapes(12)[0] in {(2, 2, 3), (1, 3, 4)}
    assert shapes(8)[0] == (2, 2, 2)


@given(entries=st.lists(st.integers(-2, 2), min_size=9, max_size=9), shift=st.tuples(*[st.integers(-2, 2)] * 3))
def test_copies_of_a_pair_are_as_far_apart_as_the_pair(entries, shift):
    matrix = np.array(entries).reshape(3, 3)
    copies = round(abs(np.linalg.det(matrix)))
    if not copies:
        return
    coords = np.array([[0.1, 0.2, 0.3], [0.45, 0.35, 0.25]])
    placed = expand(coords, matrix)
    pairs = expand_pairs([(0, 1, shift)], matrix)
    assert len(pairs) == copies
    for i, j in pairs:
        miss = (placed[j] - placed[i]) - (coords[1] + shift - coords[0]) @ np.linalg.inv(matrix)
        assert np.abs(miss - np.rint(miss)).max() < 1e-9
