"""The values that describe a sublattice."""

import itertools
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ewald.errors import StructureError
from ewald.space.sublattice import Sublattice, site_labels


@given(st.lists(st.integers(0, 3), min_size=1, max_size=3).filter(sum))
def test_ways_to_fill_are_those_of_listing_them(counts):
    n = sum(counts)
    names = ("A", "B", "C")[: len(counts)]
    one = Sublattice("S", tuple(range(n)), names, (1.0, -2.0, 0.5)[: len(counts)], tuple(counts))
    ions = [k for k, count in enumerate(counts) for _ in range(count)]
    assert one.configurations == len(set(itertools.permutations(ions)))
    assert one.variable == (one.configurations > 1)
    assert one.charge == sum((1.0, -2.0, 0.5)[k] for k in ions)


def test_ways_are_exact_beyond_any_float():
    one = Sublattice("S", tuple(range(200)), ("A", "vacancy"), (1, 0), (100, 100))
    assert one.configurations == math.comb(200, 100)


def test_charges_are_counted_against_the_first_of_the_most_abundant():
    assert Sublattice("S", (0, 1, 2, 3), ("A", "B", "C"), (1, 2, 3), (1, 2, 1)).reference == 1
    assert Sublattice("S", (0, 1), ("A", "B"), (1, 2), (1, 1)).reference == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("A", (), ("Na+",), (1,), (0,)), "empty sublattice"),
        (("A", (0,), (), (), ()), "empty sublattice"),
        (("A", (0, 0), ("Na+",), (1,), (2,)), "site twice"),
        (("A", (0, 1), ("Na+", "Na+"), (1, 1), (1, 1)), "species twice"),
        (("A", (0, 1), ("Na+",), (1, 2), (2,)), "differ in length"),
        (("A", (0,), ("Na+",), (None,), (1,)), "without a charge"),
        (("A", (0,), ("Na+",), (math.nan,), (1,)), "without a charge"),
        (("A", (0,), ("vacancy",), (1,), (1,)), "carries no charge"),
        (("A", (0, 1), ("Na+", "vacancy"), (1, 0), (1, 2)), "add up to its 2 sites"),
        (("A", (0, 1), ("Na+", "vacancy"), (1, 0), (3, -1)), "add up to its 2 sites"),
    ],
)
def test_bad_sublattices(arguments, message):
    with pytest.raises(StructureError, match=message):
        Sublattice(*arguments)


def test_species_that_may_sit_on_some_sites_only():
    pool = Sublattice("Li", range(5), ("Li+", "Al3+", "vacancy"), (1, 3, 0), (2, 2, 1), {"Al3+": (1, 0, 3)})
    assert pool.only == (("Al3+", (0, 1, 3)),)
    assert pool.kinds == tuple(frozenset({0, 1, 2} if site in {0, 1, 3} else {0, 2}) for site in range(5))
    assert pool.configurations == 3 * 3  # Al on two of three sites, then the vacancy on one of three
    assert pool.reference == 0
    assert Sublattice("Li", (0, 1), ("Li+", "Al3+"), (1, 3), (1, 1), {"Al3+": (0, 1)}).only == ()
    crowded = Sublattice("Li", range(4), ("Al3+", "Li+"), (3, 1), (3, 1), {"Al3+": (0, 1, 2)})
    assert crowded.reference == 1
    assert crowded.configurations == 1


@pytest.mark.parametrize(
    ("only", "message"),
    [
        ({"Na+": (0,)}, "does not have"),
        ({"Al3+": (7,)}, "does not have"),
        ({"Al3+": (0,)}, "more ions than the 1 sites"),
        ({"Al3+": (0, 1), "Li+": (1, 2), "vacancy": (0, 2)}, "no species may sit on all"),
    ],
)
def test_restrictions_that_cannot_be(only, message):
    with pytest.raises(StructureError, match=message):
        Sublattice("Li", range(3), ("Li+", "Al3+", "vacancy"), (1, 3, 0), (1, 2, 0), only)


def test_sites_of_one_label_may_hold_the_same():
    pool = Sublattice("Li", range(4), ("Li+", "Al3+", "vacancy"), (1, 3, 0), (2, 1, 1), {"Al3+": (1, 2)})
    labels = site_labels([pool])
    assert labels[1] == labels[2] != labels[0] == labels[3]
