"""Dimensions of networks whose every connection is given."""

import numpy as np
import pytest

from screening.mechanism.jumps import Jumps
from screening.mechanism.network import find_networks


def jumps(edges):
    origin, target = (np.array([edge[i] for edge in edges]) for i in (0, 1))
    image = np.array([edge[2:] for edge in edges]).reshape(-1, 3)
    zero = np.zeros(len(edges), dtype=int)
    return Jumps(zero, zero, origin, target, image.astype(float), image, np.ones(9), 0.1, 10)


@pytest.mark.parametrize(
    ("edges", "dimensions"),
    [
        ([(0, 1, 0, 0, 0), (1, 2, 0, 0, 0), (2, 0, 0, 0, 0)], 0),
        ([(0, 1, 0, 0, 0), (1, 0, 1, 0, 0)], 1),
        ([(0, 0, 1, 0, 0), (0, 0, 0, 1, 0)], 2),
        ([(0, 0, 1, 0, 0), (0, 0, 1, 1, 0), (0, 0, 2, 1, 0)], 2),
        ([(0, 1, 0, 0, 0), (1, 0, 1, 0, 0), (0, 2, 0, 1, 0), (2, 0, 0, 0, 0), (1, 1, 0, 0, -1)], 3),
    ],
)
def test_dimensions(edges, dimensions):
    first = find_networks(jumps(edges), 3)[0]
    assert first.dimensions == dimensions == len(first.directions)


def test_ways_that_were_taken_once_can_be_left_out():
    edges = [(0, 1, 0, 0, 0), (1, 0, 0, 0, 0), (1, 0, 1, 0, 0)]
    assert find_networks(jumps(edges), 2)[0].dimensions == 1
    assert find_networks(jumps(edges), 2, least_jumps=2)[0].dimensions == 0
    assert [len(n.sites) for n in find_networks(jumps(edges), 3)] == [2, 1]
