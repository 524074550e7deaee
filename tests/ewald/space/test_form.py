"""The quadratic form and the reference search against pymatgen."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pymatgen.analysis.ewald import EwaldSummation

from ewald.errors import StructureError
from ewald.io.cif import ordered_structure
from ewald.search import brute_force as reference
from ewald.space.space import ConfigurationSpace
from ewald.space.sublattice import Sublattice
from tests.ewald.cells import na3sbs4, random_space


def pymatgen_energy_eV(space, occupation):
    structure = ordered_structure(space, space.full_occupation(occupation))
    return EwaldSummation(structure, acc_factor=14).total_energy


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10**6), symmetric=st.booleans())
def test_energies_equal_pymatgens(seed, symmetric):
    space = random_space(seed, symmetric=symmetric)
    rng = np.random.default_rng(seed)
    everything = list(reference.arrangements(space.form))
    for k in rng.choice(len(everything), size=min(3, len(everything)), replace=False):
        expected = pymatgen_energy_eV(space, everything[k])
        assert space.form.energy(everything[k]) == pytest.approx(expected, rel=1e-8, abs=1e-7)


@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_lowest_of_all_through_pymatgen(seed):
    space = random_space(seed)
    everything = [a for a in reference.arrangements(space.form) if space.form.allowed(a)]
    if len(everything) > 150:
        everything, keep = everything[:150], 1
        return
    keep = space.distinct_configurations()
    energies = sorted(pymatgen_energy_eV(space, a) for a in everything)
    outcome = reference.search(space.form, space.group, keep)
    assert sum(copies for _, copies, _ in outcome.lowest) == len(everything) == space.configurations
    repeated = sorted(e for energy, copies, _ in outcome.lowest for e in [energy] * copies)
    assert np.allclose(repeated, energies, rtol=1e-8, atol=1e-7)


def test_real_cell_against_pymatgen():
    space = na3sbs4(3, 3)
    rng = np.random.default_rng(5)
    occupation = space.form.reference_occupation()
    for k in range(2):
        occupation[rng.choice(space.form.members(k), 3, replace=False)] = 1 - space.form.sublattices[k].reference
    assert space.form.allowed(occupation)
    assert space.form.energy(occupation) == pytest.approx(pymatgen_energy_eV(space, occupation), rel=1e-9)


def test_symmetry_copies_have_equal_energies():
    space = na3sbs4(6, 6, (2, 2, 2))
    rng = np.random.default_rng(2)
    occupation = space.form.reference_occupation()
    for k in range(2):
        occupation[rng.choice(space.form.members(k), 6, replace=False)] = 1 - space.form.sublattices[k].reference
    energies = [space.form.energy(occupation[p]) for p in space.group.permutations]
    assert np.ptp(energies) < 1e-9


def test_charged_cell_is_refused_with_the_shares():
    space = ConfigurationSpace(
        4 * np.eye(3),
        [[0, 0, 0], [0.5, 0.5, 0.5]],
        (Sublattice("Na", (0,), ("Na+",), (1,), (1,)), Sublattice("S", (1,), ("S2-",), (-2,), (1,))),
    )
    with pytest.raises(StructureError, match=r"not neutral: Na \+1, S -2"):
        _ = space.form
