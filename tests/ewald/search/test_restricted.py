"""Searches of spaces in which some species may sit on some sites only, against going through every arrangement."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ewald import ConfigurationSpace, Sublattice, screen
from ewald.search import brute_force
from ewald.search.exact.search import search as exact
from ewald.search.exhaustive.search import search as exhaustive


@st.composite
def restricted_spaces(draw):
    """A pool of lithium, a dopant that is restricted, vacancies, sometimes sites that exclude one another."""
    rng = np.random.default_rng(draw(st.integers(0, 10**6)))
    lattice = np.diag([5.0, 5.5, 6.0])
    layers = draw(st.integers(2, 3))
    coords = [(x / 2, y / 2, (z + 0.05 * x) / layers) for z in range(layers) for x in range(2) for y in range(2)]
    sites = len(coords)
    own = draw(st.integers(2, sites - 1))
    allowed = (
        tuple(sorted(rng.choice(sites, own, replace=False).tolist())) if draw(st.booleans()) else tuple(range(own))
    )
    dopants = draw(st.integers(1, min(2, own)))
    vacancies = draw(st.integers(2, 4)) if sites - dopants > 4 else 1
    lithium = sites - dopants - vacancies
    pool = Sublattice(
        "Li", range(sites), ("Li+", "Al3+", "vacancy"), (1, 3, 0), (lithium, dopants, vacancies), {"Al3+": allowed}
    )
    anions = [
        (x / 2 + 0.25, y / 2 + 0.25, (z + 0.5) / layers) for z in range(layers) for x in range(2) for y in range(2)
    ]
    rest = -(lithium + 3 * dopants) / len(anions)
    fixed = Sublattice("X", range(sites, sites + len(anions)), ("X-",), (rest,), (len(anions),))
    closest = {"Al-Li": 2.6, "Li-Li": 2.6, "Al-Al": 2.6} if draw(st.booleans()) else {}
    return ConfigurationSpace(lattice, np.array(coords + anions), (pool, fixed), closest_A=closest)


@settings(max_examples=25, deadline=None)
@given(restricted_spaces(), st.sampled_from(["auto", "exact", "exhaustive", "sample"]))
def test_every_search_keeps_restricted_species_on_their_sites(space, method):
    form, group = space.form, space.group
    allowed = [one for one in brute_force.arrangements(form) if form.allowed(one)]
    assert space.configurations == len(allowed)
    distinct = {group.canonical(one)[0].tobytes() for one in allowed}
    assert space.distinct_configurations() == len(distinct)
    if not allowed:
        return
    keep = min(3, len(distinct))
    expected = brute_force.search(form, group, keep).lowest
    found = screen(space, keep=keep, method=method, seed=1)
    for (energy_eV, multiplicity, _), one in zip(expected, found.lowest, strict=True):
        assert abs(energy_eV - one.energy_eV) < 1e-6
        if method != "sample":
            assert multiplicity == one.multiplicity
        assert form.allowed(np.asarray(one.occupation)[form.sites])


@settings(max_examples=12, deadline=None)
@given(restricted_spaces())
def test_branch_and_bound_and_the_compiled_visit_too(space):
    form, group = space.form, space.group
    expected = brute_force.search(form, group, 3).lowest
    if not expected:
        return
    for search in (exact, exhaustive):
        found = search(form, group, keep=len(expected)).lowest
        assert [e for e, _, _ in found] == pytest.approx([e for e, _, _ in expected])
        assert [m for _, m, _ in found] == [m for _, m, _ in expected]
        assert all(form.allowed(occupation) for _, _, occupation in found)
