"""A tabu search that is cut short goes on where it stopped."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from ewald.search.brute_force import search as evaluate_all
from ewald.search.sampling.hunt import Hunt, crossed, random_occupation, shaken
from tests.ewald.cells import na3sbs4, random_space


def hunt_for(space, keep, seed):
    return Hunt.start(space.form, space.group, keep, np.random.SeedSequence(seed))


def never():
    return False


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_what_is_found_is_what_evaluating_all_finds(seed):
    space = random_space(seed)
    if space.configurations > 2000:
        return
    keep = min(3, space.distinct_configurations())
    hunt = hunt_for(space, keep, seed)
    for _ in range(60):
        hunt.round(never)
    expected = evaluate_all(space.form, space.group, 1)
    assert abs(hunt.lowest_eV() - expected.lowest[0][0]) < 1e-7
    assert len(hunt.lowest()) <= keep


def test_rounds_cut_short_are_the_same_rounds():
    space = na3sbs4(3, 3)
    whole, cut = hunt_for(space, 2, 1), hunt_for(space, 2, 1)
    for _ in range(5):
        whole.round(never)
    asked = 0

    def soon():
        nonlocal asked
        asked += 1
        return asked % 2 == 0

    while cut.rounds < 5 or cut.walking:
        cut.round(soon)
    assert cut.swaps == whole.swaps
    assert [one.tobytes() for one in cut.lowest()] == [one.tobytes() for one in whole.lowest()]


@given(seed=st.integers(0, 10**6))
@settings(max_examples=20, deadline=None)
def test_new_starts_have_the_right_counts(seed):
    form, rng = random_space(seed).form, np.random.default_rng(seed)
    one, other = (random_occupation(form, rng) for _ in range(2))
    for start in (one, shaken(form, one, rng), crossed(form, one, other, rng)):
        assert form.allowed(start)
    common = one == other
    assert (crossed(form, one, other, rng)[common] == one[common]).all()
