"""Representatives of the first picks: every way to make them stands behind exactly one representative."""

import itertools
import math

import numpy as np
import pytest

from ewald.search.exhaustive.orbits import choose_prefix, completions, extend, no_prefix, visits
from ewald.search.exhaustive.runs import RunProblem
from tests.ewald.search.exhaustive.small_spaces import rock_salt


@pytest.fixture(scope="module")
def salt():
    space = rock_salt()
    form = space.form
    return RunProblem.from_form(form), space.group


def test_representatives_and_their_copies_are_all_ways_to_pick(salt):
    problem, group = salt
    assert group.order > 1
    prefix = no_prefix(problem)
    for _ in range(3):
        run = next(k for k, one in enumerate(problem.runs) if prefix.taken[k] < one.count)
        prefix = extend(problem, group, prefix, run)
        seen = set()
        for sites, copies in zip(prefix.sites, prefix.copies, strict=True):
            label = np.zeros(problem.n, dtype=np.int8)
            for site, one in zip(sites, prefix.runs(problem.runs), strict=True):
                label[site] = problem.runs.index(one) + 1
            images = {tuple(label[permutation]) for permutation in group.permutations}
            assert len(images) == copies
            assert not images & seen
            seen |= images
        assert len(seen) == ways_to_pick(problem, prefix.taken)


def ways_to_pick(problem, taken):
    """Count labellings with so many picks of each run, by going through the sites of each sublattice."""
    found = 1
    for low, runs in itertools.groupby(
        sorted(range(len(taken)), key=lambda k: problem.runs[k].low), lambda k: problem.runs[k].low
    ):
        free = problem.runs[next(k for k in range(len(taken)) if problem.runs[k].low == low)].high - low
        for k in runs:
            found *= math.comb(free, taken[k])
            free -= taken[k]
    return found


def test_the_chosen_prefix_leaves_no_more_to_visit_and_counts_nothing_twice(salt):
    problem, group = salt
    chosen = choose_prefix(problem, group)
    everything = completions(problem.runs, no_prefix(problem).taken)
    assert visits(problem.runs, chosen) <= everything
    assert int(chosen.copies.sum()) * completions(problem.runs, chosen.taken) == everything * chosen.overcount
