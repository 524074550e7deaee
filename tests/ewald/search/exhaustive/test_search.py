"""The exhaustive search against brute force."""

import math

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ewald.search.exhaustive.search import search
from ewald.space.space import ConfigurationSpace
from ewald.space.sublattice import Sublattice
from tests.ewald.search.exhaustive.small_spaces import brute_force, rock_salt, same_lowest, small_forms

RELAXED = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow, HealthCheck.data_too_large]}


def check(form, group, keep, **options):
    """Compare everything a search reports with brute force."""
    energies, lowest = brute_force(form, group, keep)
    found = search(form, group, keep=keep, progress=False, **options)
    assert same_lowest(found.lowest, lowest)
    unit = found.statistics["unit_eV"]
    assert found.statistics["configurations_counted"] == len(energies)
    if options.get("histogram", True):
        assert sum(found.histogram.counts) == len(energies)
        assert found.statistics["mean_eV"] == pytest.approx(energies.mean(), abs=4 * unit)
        spread = math.sqrt(found.statistics["variance_eV2"])
        assert spread == pytest.approx(energies.std(), rel=1e-6, abs=4 * unit)
        for bound in range(len(found.histogram.counts)):
            edge = found.histogram.low_eV + bound * found.histogram.width_eV
            below = sum(found.histogram.counts[:bound])
            assert (energies < edge - 4 * unit).sum() <= below <= (energies < edge + 4 * unit).sum()
    return found, energies


@given(small_forms(), st.integers(1, 6), st.booleans(), st.integers(1, 200))
@settings(max_examples=60, **RELAXED)
def test_equals_brute_force(problem, keep, use_symmetry, unit):
    form, group = problem
    check(form, group, keep, use_symmetry=use_symmetry, unit_configurations=unit)


@given(small_forms(most=300), st.booleans())
@settings(max_examples=25, **RELAXED)
def test_without_histogram(problem, use_symmetry):
    form, group = problem
    check(form, group, 3, use_symmetry=use_symmetry, histogram=False)


@pytest.mark.parametrize("use_symmetry", [True, False])
def test_real_crystal_with_ties(use_symmetry):
    space = rock_salt(cells=(1, 1, 1), cations=(1, 2, 1), anions=(3, 1))
    _, energies = check(space.form, space.group, 8, use_symmetry=use_symmetry)
    assert len(energies) == space.configurations
    assert sum(m for _, m, _ in search(space.form, space.group, keep=1000, progress=False).lowest) == len(energies)


def test_both_modes_agree_on_a_larger_crystal():
    space = rock_salt(cells=(2, 1, 1), cations=(2, 4, 2), anions=(5, 3))
    plain = search(space.form, space.group, keep=7, use_symmetry=False, progress=False)
    reduced = search(space.form, space.group, keep=7, use_symmetry=True, progress=False)
    assert plain.evaluated == space.configurations
    assert reduced.evaluated < plain.evaluated / 4
    assert same_lowest(plain.lowest, reduced.lowest)
    assert reduced.statistics["configurations_counted"] == space.configurations
    assert sum(reduced.histogram.counts) == space.configurations
    assert plain.statistics["mean_eV"] == pytest.approx(reduced.statistics["mean_eV"], abs=1e-6)
    assert plain.statistics["variance_eV2"] == pytest.approx(reduced.statistics["variance_eV2"], rel=1e-6)


@pytest.mark.parametrize("use_symmetry", [True, False])
def test_forbidden_pairs(use_symmetry):
    """Split sites: every Na has a near twin, and only one of two copies_of may be filled."""
    rng = np.random.default_rng(3)
    centres = np.array([[x, y, 0.25] for x in (0.25, 0.75) for y in (0.25, 0.75)])
    split = np.concatenate([centres - np.array([0, 0, 0.06]), centres + np.array([0, 0, 0.06])])
    anions = centres + [0.25, 0.25, 0.5] + 0.01 * rng.normal(size=(4, 3)) * (not use_symmetry)
    space = ConfigurationSpace(
        8.0 * np.eye(3),
        np.concatenate([split, anions]),
        (
            Sublattice("Na", tuple(range(8)), ("Na+", "Ag+", "vacancy"), (1, 1, 0), (2, 1, 5)),
            Sublattice("Cl", (8, 9, 10, 11), ("Cl-", "vacancy"), (-1, 0), (3, 1)),
        ),
        min_distance_A=2.0,
    )
    assert len(space.form.forbidden) == 4
    check(space.form, space.group, 5, use_symmetry=use_symmetry)


def test_all_energies_equal():
    """Species of one charge: everything ties, and still the first canonical forms come back."""
    space = rock_salt(cells=(1, 1, 1), cations=(1, 2, 1), anions=(3, 1))
    flat = Sublattice("X", (4, 5, 6, 7), ("O", "F"), (-1.0, -1.0), (3, 1))
    cations = Sublattice("M", (0, 1, 2, 3), ("A", "B", "C"), (1.0, 1.0, 1.0), (1, 2, 1))
    space = ConfigurationSpace(space.lattice, space.frac_coords, (cations, flat))
    check(space.form, space.group, 3)


def test_nothing_to_choose():
    space = ConfigurationSpace(
        4.0 * np.eye(3),
        [[0, 0, 0], [0.5, 0.5, 0.5]],
        (Sublattice("Cs", (0,), ("Cs+",), (1,), (1,)), Sublattice("Cl", (1,), ("Cl-",), (-1,), (1,))),
    )
    found = search(space.form, space.group, keep=3, progress=False)
    assert found.evaluated == 1
    assert len(found.lowest) == 1


@pytest.mark.parametrize("workers", [2, 3])
def test_threads_change_nothing(workers):
    space = rock_salt()
    one = search(space.form, space.group, keep=5, use_symmetry=False, progress=False, unit_configurations=700)
    more = search(
        space.form, space.group, keep=5, use_symmetry=False, progress=False, unit_configurations=700, workers=workers
    )
    assert same_lowest(one.lowest, more.lowest)
    assert one.histogram == more.histogram
    assert one.statistics == more.statistics
