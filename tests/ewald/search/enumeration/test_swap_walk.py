"""A walk of swaps visits what is allowed, evenly."""

from collections import Counter

import numpy as np

from ewald.search.enumeration.swap_walk import SwapWalk
from ewald.space.form import QuadraticForm
from ewald.space.sublattice import Sublattice


def ring(ions=3, sites=8):
    """Ions on a ring on which neighbours exclude one another, two species, one of them on the first sites only."""
    sublattice = Sublattice(
        "M", tuple(range(sites)), ("Li+", "Na+", "vacancy"), (1, 1, 0), (ions - 1, 1, sites - ions), {"Na+": range(4)}
    )
    forbidden = np.array(sorted(tuple(sorted((k, (k + 1) % sites))) for k in range(sites)))
    return QuadraticForm(
        np.arange(sites), np.zeros(sites, dtype=np.int64), (sublattice,), 0.0, np.zeros(sites), np.eye(sites), forbidden
    )


def test_every_allowed_arrangement_comes_up_equally_often():
    form = ring()
    start = np.array([1, 2, 0, 2, 0, 2, 2, 2], dtype=np.int8)
    assert form.allowed(start)
    walk = SwapWalk(form, start, np.random.default_rng(1))
    drawn = [walk.next() for _ in range(4000)]
    assert all(form.allowed(one) for one in drawn)
    every = {
        one.tobytes()
        for one in (np.array(np.unravel_index(k, (3,) * 8), dtype=np.int8) for k in range(3**8))
        if form.allowed(one)
    }
    often = Counter(one.tobytes() for one in drawn)
    assert set(often) == every
    expected = 4000 / len(every)
    deviation = sum((often[one] - expected) ** 2 / expected for one in every)
    # Chi squared with so many degrees of freedom: its mean and five standard deviations.
    assert deviation < len(every) + 5 * np.sqrt(2 * len(every))


def test_it_is_repeatable_and_stays_where_nothing_can_move():
    form = ring()
    start = np.array([1, 2, 0, 2, 0, 2, 2, 2], dtype=np.int8)
    first, again = (SwapWalk(form, start, np.random.default_rng(5)).next() for _ in range(2))
    assert np.array_equal(first, again)
    full = ring(ions=4)
    only = np.array([1, 2, 0, 2, 0, 2, 0, 2], dtype=np.int8)
    assert full.allowed(only)
    assert np.count_nonzero(SwapWalk(full, only, np.random.default_rng(0)).next() == 2) == 4
