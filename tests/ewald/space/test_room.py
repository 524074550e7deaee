"""Whether ions fit, against trying all sets of sites."""

import itertools

import numpy as np
import pytest

from ewald.space.room import have_room, most_occupied
from ewald.space.space import ConfigurationSpace
from ewald.space.sublattice import Sublattice


def largest(sites, forbidden):
    """Number of sites in the largest set without a forbidden pair, by trying."""
    for number in range(len(sites), 0, -1):
        for chosen in itertools.combinations(sites, number):
            if not any(a in chosen and b in chosen for a, b in forbidden):
                return number
    return 0


@pytest.mark.parametrize("seed", range(6))
def test_agrees_with_trying_every_set(seed):
    chance = np.random.default_rng(seed)
    pairs = [pair for pair in itertools.combinations(range(9), 2) if chance.random() < 0.35]
    room = largest(range(9), pairs)
    assert most_occupied(range(9), pairs) == room
    assert have_room([(range(9), room)], pairs)
    assert not have_room([(range(9), room + 1)], pairs)


def test_groups_are_filled_together():
    pairs = [(0, 2), (1, 3)]
    assert have_room([((0, 1), 1), ((2, 3), 1)], pairs)
    assert not have_room([((0, 1), 2), ((2, 3), 1)], pairs)
    assert have_room([((0, 1), 2)], [])
    assert most_occupied((4, 5), []) == 2


def test_ions_without_room_are_counted_as_none_where_a_count_is_out_of_reach(monkeypatch):
    def cube(ions):
        grid = np.argwhere(np.ones((4, 4, 4))) / 4
        cations = Sublattice("Na", range(64), ("Na+", "vacancy"), (1, 0), (ions, 64 - ions))
        anions = Sublattice("Cl", range(64, 128), ("Cl-", "vacancy"), (-1, 0), (ions, 64 - ions))
        coords = np.concatenate([grid, grid + 0.125])
        return ConfigurationSpace(12 * np.eye(3), coords, (cations, anions), min_distance_A=3.2)

    monkeypatch.setattr("ewald.space.exclusion.MOST_BYTES", 0)
    # Of the sites of a cubic lattice every second can be filled when neighbours exclude one another.
    full, too_many = cube(10), cube(33)
    assert not full.configurations_exact
    assert full.distinct_configurations() is None
    assert too_many.configurations_exact
    assert too_many.configurations == too_many.distinct_configurations() == 0
