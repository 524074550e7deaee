"""Orbits of pairs of variables against the images of every pair."""

import numpy as np
from hypothesis import given, settings

from ewald.search.exact.relaxation.literals import LiteralProblem
from ewald.search.exact.relaxation.pair_orbits import PairOrbits
from tests.ewald.search.exact.spaces import salt, spaces


@settings(max_examples=40, deadline=None)
@given(spaces())
def test_a_pair_is_in_the_orbit_of_its_images_and_of_no_others(space):
    problem = LiteralProblem.from_form(space.form, space.group)
    if problem.size == 0:
        return
    orbits = PairOrbits.of(problem, space.group.permutations, 10_000)
    n = orbits.one_hot.size
    for a in range(n):
        for b in range(n):
            images = {frozenset((int(i[a]), int(i[b]))) for i in orbits.images}
            same = {frozenset((c, d)) for c, d in np.argwhere(orbits.label == orbits.label[a, b]).tolist()}
            assert images == same


def test_sums_and_means_belong_together_and_too_many_orbits_are_given_up():
    space = salt(3)
    problem = LiteralProblem.from_form(space.form, space.group)
    orbits = PairOrbits.of(problem, space.group.permutations, 10_000)
    mean = np.arange(orbits.count, dtype=float)
    spread = orbits.bordered(mean)
    assert np.allclose(orbits.sums(spread[1:, 1:]), mean * orbits.size)
    assert np.allclose(spread[0, 1:], np.diag(spread)[1:])
    assert PairOrbits.of(problem, space.group.permutations, orbits.count - 1) is None
