"""Orderly generation beside exact counts, in spaces too large to list with their copies."""

import tracemalloc

import numpy as np
import pytest

from ewald.search.enumeration.distinct import energies_eV, visit_distinct
from ewald.search.enumeration.picks import Picks
from tests.ewald.cells import random_space
from tests.ewald.search.exhaustive.small_spaces import rock_salt


@pytest.mark.parametrize(
    ("cells", "cations", "anions"),
    [
        ((1, 1, 2), (3, 5, 0), (2, 6)),
        ((1, 1, 2), (2, 3, 3), (7, 1)),
        ((1, 2, 2), (3, 12, 1), (2, 14)),
        ((2, 2, 2), (3, 28, 1), (31, 1)),
    ],
)
def test_numbers_are_those_of_burnside(cells, cations, anions):
    space = rock_salt(cells=cells, cations=cations, anions=anions)
    picks = Picks.of(space.form)
    distinct = copies = 0
    for chosen, multiplicity in visit_distinct(picks, space.group.permutations):
        distinct += len(chosen)
        copies += multiplicity * len(chosen)
    assert (distinct, copies) == (space.distinct_configurations(), space.configurations)


@pytest.mark.parametrize("seed", range(5))
def test_energies_are_those_of_the_form(seed):
    space = random_space(seed)
    picks = Picks.of(space.form)
    for chosen, _ in visit_distinct(picks, space.group.permutations):
        for energy_eV, occupation in zip(energies_eV(picks, chosen), picks.occupations(chosen), strict=True):
            assert energy_eV == pytest.approx(space.form.energy(occupation), abs=1e-8)


def test_memory_does_not_grow_with_the_space():
    space = rock_salt(cells=(2, 2, 2), cations=(4, 26, 2), anions=(4, 28))
    assert space.configurations > 10**9
    picks, permutations = Picks.of(space.form), space.group.permutations
    tracemalloc.start()
    listed = 0
    for chosen, _ in visit_distinct(picks, permutations):
        listed += len(chosen)
        if listed > 200_000:
            break
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert listed > 200_000
    assert peak < 200 * 2**20
    assert np.all(permutations >= 0)
