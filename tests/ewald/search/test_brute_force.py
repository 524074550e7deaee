"""The searches against brute force through pymatgen, and what their results must not depend on."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pymatgen.analysis.ewald import EwaldSummation

from ewald import ConfigurationSpace, Sublattice, screen
from ewald.io.cif import ordered_structure
from ewald.search import brute_force as reference
from tests.ewald.cells import na3sbs4, random_space

SHEAR = np.array([[1, 1, 0], [0, 1, -2], [0, 0, 1]])


def told_differently(space, seed):
    """Make the same crystal from another origin, in another unit cell, its sites and sublattices in another order."""
    rng = np.random.default_rng(seed)
    order = rng.permutation(len(space))
    number = np.argsort(order)
    sublattices = [
        Sublattice(s.name, [int(number[site]) for site in rng.permutation(s.sites)], s.species, s.charges, s.counts)
        for s in space.sublattices
    ]
    coords = (space.frac_coords + rng.random(3)) @ np.linalg.inv(SHEAR)
    return ConfigurationSpace(SHEAR @ space.lattice, coords[order], tuple(sublattices[::-1]), space.min_distance_A)


@settings(max_examples=6, deadline=None)
@given(seed=st.integers(0, 10**6), symmetric=st.booleans())
def test_lowest_and_multiplicities_equal_brute_force_through_pymatgen(seed, symmetric):
    space = random_space(seed, symmetric=symmetric)
    if space.configurations > 120:
        return
    energies = []
    for occupation in reference.arrangements(space.form):
        structure = ordered_structure(space, space.full_occupation(occupation))
        energies.append(EwaldSummation(structure, acc_factor=14).total_energy)
    found = screen(space, keep=space.distinct_configurations(), method="exhaustive").lowest
    assert sum(arrangement.multiplicity for arrangement in found) == len(energies) == space.configurations
    listed = itertools.chain.from_iterable([a.energy_eV] * a.multiplicity for a in found)
    assert list(listed) == pytest.approx(sorted(energies), abs=1e-5)


@pytest.mark.parametrize("method", ["exhaustive", "sample"])
@pytest.mark.parametrize("seed", [1, 2])
def test_results_do_not_depend_on_order_origin_or_cell(method, seed):
    space = na3sbs4(2, 2, (1, 1, 2))
    other = told_differently(space, seed)
    assert other.symmetry_order == space.symmetry_order
    assert other.distinct_configurations() == space.distinct_configurations()
    # Degenerate arrangements may come in another order: energies and multiplicities are compared as sets of ties.
    one, two = (screen(s, keep=6, method=method, seed=seed) for s in (space, other))
    energies = [[a.energy_eV for a in result.lowest] for result in (one, two)]
    assert energies[0] == pytest.approx(energies[1], abs=1e-6)
    last = energies[0][-1] - 1e-5
    copies = [
        sorted((round(a.energy_eV, 4), a.multiplicity) for a in result.lowest if a.energy_eV < last)
        for result in (one, two)
    ]
    assert copies[0] == copies[1]
