"""Blocks of numpy tell what the compiled search tells."""

import subprocess
import sys
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ewald.search import brute_force as reference
from ewald.search.enumeration.search import search
from ewald.search.exhaustive import search as compiled
from tests.ewald.cells import random_space
from tests.ewald.search.exhaustive.small_spaces import brute_force, rock_salt, same_lowest, small_forms

RELAXED = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}


@given(small_forms(), st.integers(1, 6))
@settings(max_examples=40, **RELAXED)
def test_equals_brute_force(problem, keep):
    form, group = problem
    energies, lowest = brute_force(form, group, keep)
    found = search(form, group, keep=keep)
    assert same_lowest(found.lowest, lowest)
    assert found.evaluated == len(energies)
    assert found.statistics["mean_eV"] == pytest.approx(energies.mean(), rel=1e-9, abs=1e-7)
    assert found.statistics["variance_eV2"] == pytest.approx(energies.var(), rel=1e-6, abs=1e-9)
    assert sum(found.histogram.counts) == len(energies)
    for number in range(len(found.histogram.counts)):
        edge = found.histogram.low_eV + number * found.histogram.width_eV
        below = sum(found.histogram.counts[:number])
        assert (energies < edge - 1e-6).sum() <= below <= (energies < edge + 1e-6).sum()


@given(st.integers(0, 10**6), st.floats(0.0, 3.2))
@settings(max_examples=15, **RELAXED)
def test_equals_the_reference_with_forbidden_pairs(seed, limit):
    space = replace(random_space(seed), min_distance_A=limit)
    if not 0 < space.configurations <= 1500:
        return
    assert same_lowest(search(space.form, space.group).lowest, reference.search(space.form, space.group, 5).lowest)


@pytest.mark.parametrize("use_symmetry", [True, False])
def test_equals_the_compiled_search_to_the_last_bit(use_symmetry):
    space = rock_salt()
    group = space.group if use_symmetry else type(space.group).trivial(space.form.n)
    mine = search(space.form, group, keep=12)
    theirs = compiled.search(space.form, group, keep=12, use_symmetry=use_symmetry, progress=False)
    assert same_lowest(mine.lowest, theirs.lowest)
    assert mine.evaluated == theirs.statistics["configurations_counted"] == space.configurations
    assert mine.histogram.width_eV == pytest.approx(theirs.histogram.width_eV)
    unit = theirs.statistics["unit_eV"]
    assert mine.statistics["mean_eV"] == pytest.approx(theirs.statistics["mean_eV"], abs=4 * unit)
    for one, other in zip(mine.statistics["thermal"], theirs.statistics["thermal"], strict=True):
        assert one["mean_energy_eV"] == pytest.approx(other["mean_energy_eV"], abs=0.02)


def test_a_small_space_is_screened_without_compiled_code():
    program = """
import sys, numpy as np
from ewald import ConfigurationSpace, Sublattice, screen
grid = np.argwhere(np.ones((2, 2, 5))) / [2, 2, 5]
sites = Sublattice("A", range(20), ("K+", "Cl-"), (1, -1), (10, 10))
space = ConfigurationSpace(np.diag([6.0, 6.0, 15.0]), grid, (sites,))
for method in ("auto", "exact", "exhaustive"):
    assert screen(space, method=method).certified
assert space.configurations == 184756
assert "numba" not in sys.modules
"""
    subprocess.run([sys.executable, "-c", program], check=True, timeout=120)
