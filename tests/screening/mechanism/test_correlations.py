"""Pairs are counted as pymatgen finds them, and correlation functions are those of walks that are known."""

import numpy as np
import pytest
from pymatgen.core import Lattice, Structure

from screening.mechanism.correlations import _first_shell, pair_counts, radial_distributions, van_hove
from screening.trajectory import Trajectory


@pytest.mark.parametrize("cell", [np.eye(3) * 20.0, np.eye(3) * 6.0, np.array([[7.0, 0, 0], [3, 8, 0], [-2, 3, 6]])])
def test_pairs_are_those_of_a_search_for_neighbours(cell):
    rng = np.random.default_rng(0)
    places = rng.random((14, 3)) * 3 - 1
    crystal = Structure(Lattice(cell), ["Li"] * 8 + ["S"] * 6, places)
    edges = np.arange(0, 8.1, 0.47)
    for first, second in ((range(8), range(8)), (range(8), range(8, 14))):
        counts = pair_counts(places[list(first)], places[list(second)], cell, edges, same=first == second)
        found = [
            n.nn_distance for i in first for n in crystal.get_neighbors(crystal[i], edges[-1]) if n.index in second
        ]
        np.testing.assert_array_equal(counts, np.histogram(found, edges)[0])


def test_a_gas_has_no_structure_and_a_crystal_its_shells():
    rng = np.random.default_rng(1)
    gas = Trajectory(rng.random((40, 200, 3)) * 20.0, np.eye(3) * 20.0, np.full(200, 3), 100.0)
    only = radial_distributions(gas)[0]
    assert only.elements == ("Li", "Li")
    assert np.array(only.g)[np.array(only.r_A) > 3].mean() == pytest.approx(1.0, abs=0.02)
    corners = np.argwhere(np.ones((4, 4, 4))) * 3.0
    both = np.concatenate([corners, corners + 1.5])
    solid = both + rng.normal(0, 0.1, (30, 128, 3))
    numbers = np.array([3] * 64 + [9] * 64)
    found = {one.elements: one for one in radial_distributions(Trajectory(solid, np.eye(3) * 12.0, numbers, 100.0))}
    assert set(found) == {("Li", "Li"), ("Li", "F"), ("F", "F")}
    mixed = found["Li", "F"]
    assert mixed.peak_A == pytest.approx(1.5 * 3**0.5, abs=0.1)
    assert mixed.neighbours == pytest.approx(8, abs=0.1)
    assert found["Li", "Li"].neighbours == pytest.approx(6, abs=0.3)
    assert mixed.around("F", {"Li": 64, "F": 32}) == pytest.approx(2 * mixed.neighbours)


def test_a_shallow_shell_does_not_end_where_the_curve_does():
    edges = np.arange(0, 8.05, 0.1)
    middle = (edges[1:] + edges[:-1]) / 2
    g = np.where(middle < 2.5, 0.0, 1 + 0.5 * np.exp(-((middle - 3.7) ** 2)) - 0.15 * np.exp(-((middle - 5.2) ** 2)))
    shells = 4 * np.pi / 3 * np.diff(edges**3)
    found = _first_shell(edges, 0.02 * g * shells, 0.02 * shells)
    assert found["peak_A"] == pytest.approx(3.7, abs=0.1)
    assert found["shell_A"] == pytest.approx(5.4, abs=0.2)


def test_van_hove_of_free_walkers():
    rng = np.random.default_rng(2)
    steps = rng.normal(0, 0.2, (50, 3, 2000))
    walk = steps.cumsum(axis=2) / 15.0 + rng.random((50, 3, 1))
    found = van_hove(walk, np.eye(3) * 15.0, 0.1)
    assert found.lag_ps[0] == pytest.approx(0.1)
    first = np.array(found.self_per_A[0])
    assert first.sum() * 0.1 == pytest.approx(1.0)
    assert (first * np.array(found.r_A) ** 2).sum() * 0.1 == pytest.approx(3 * 0.04, rel=0.02)
    # Walkers that know nothing of each other are as likely here as there.
    assert np.mean(np.array(found.distinct)[:, 20:]) == pytest.approx(1.0, abs=0.05)


def test_an_ion_that_takes_the_place_of_another_is_seen_at_no_distance():
    here = np.array([[1.0, 1, 1], [4.0, 1, 1]])
    path = np.array([here if frame < 50 else here[::-1] for frame in range(100)]).transpose(1, 2, 0) / 9.0
    found = van_hove(path, np.eye(3) * 9.0, 0.1)
    near = np.array(found.distinct)[:, 0]
    assert near[-1] > 10 * near[0] > 0
