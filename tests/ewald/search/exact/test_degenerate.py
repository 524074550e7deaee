import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ewald.search import brute_force as reference
from ewald.search.exact import degenerate, search
from ewald.space.space import ConfigurationSpace
from ewald.space.sublattice import Sublattice


def two_kinds(counts):
    """K and Na, of one charge, and Ca on the corners of a cube; Cl in excess on its middle."""
    corners = np.argwhere(np.ones((2, 2, 2))) / 2
    charge = -float(counts[0] + counts[1] + 2 * counts[2]) / 8
    return ConfigurationSpace(
        5.0 * np.eye(3),
        np.concatenate([corners, corners + 0.25]),
        (
            Sublattice("A", tuple(range(8)), ("K+", "Na+", "Ca2+"), (1, 1, 2), counts),
            Sublattice("X", tuple(range(8, 16)), ("X",), (charge,), (8,)),
        ),
    )


@settings(max_examples=12, deadline=None)
@given(st.sampled_from([(4, 3, 1), (3, 3, 2), (5, 2, 1), (2, 2, 4), (6, 2, 0)]), st.integers(1, 9))
def test_ties_of_equal_charges_are_kept_apart_and_chosen_by_canonical_form(counts, keep):
    space = two_kinds(counts)
    truth = reference.search(space.form, space.group, keep)
    found = search(space.form, space.group, keep=keep)
    assert found.certified
    assert [entry[1] for entry in found.lowest] == [entry[1] for entry in truth.lowest]
    for (energy_eV, _, mine), (expected_eV, _, theirs) in zip(found.lowest, truth.lowest, strict=True):
        assert energy_eV == pytest.approx(expected_eV, abs=1e-9)
        assert np.array_equal(mine, theirs)


def test_deals_beyond_the_limit_are_still_distinct_and_repeatable(monkeypatch):
    monkeypatch.setattr(degenerate, "MAX_DEALS", 2)
    space = two_kinds((3, 3, 2))
    first = search(space.form, space.group, keep=4)
    again = search(space.form, space.group, keep=4, seed=5)
    keys = [entry[2].tobytes() for entry in first.lowest]
    assert len(set(keys)) == 4
    assert keys == [entry[2].tobytes() for entry in again.lowest]


def test_deals_are_not_listed_before_they_are_wanted():
    """18 of 48 sites: 7e12 deals, of which a search that keeps 5 looks at a few."""
    grid = np.argwhere(np.ones((4, 4, 3))) / (4, 4, 3)
    cations = Sublattice("A", tuple(range(48)), ("Bi3+", "In3+"), (3, 3), (30, 18))
    anions = Sublattice("X", tuple(range(48, 96)), ("X",), (-3.0,), (48,))
    space = ConfigurationSpace(
        12.0 * np.eye(3), np.concatenate([grid, grid + np.array([1, 1, 4 / 3]) / 8]), (cations, anions)
    )
    found = search(space.form, space.group, keep=5)
    assert found.certified
    assert len({entry[2].tobytes() for entry in found.lowest}) == 5
