"""The interaction matrix against pymatgen and itself; see also test_madelung.py and tests/external."""

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pymatgen.analysis.ewald import EwaldSummation
from pymatgen.core import Structure

from ewald.space.matrix import ewald_matrix


def random_cell(seed, sites):
    rng = np.random.default_rng(seed)
    while True:
        lattice = rng.normal(size=(3, 3)) * 6
        if abs(np.linalg.det(lattice)) > 60:
            break
    charges = rng.integers(-3, 4, sites).astype(float)
    charges[-1] -= charges.sum()
    return lattice, rng.random((sites, 3)), charges


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10**6), sites=st.integers(2, 9))
def test_triclinic_cells_agree_with_pymatgen(seed, sites):
    lattice, coords, charges = random_cell(seed, sites)
    structure = Structure(lattice, ["Na"] * sites, coords, site_properties={"charge": charges})
    structure.add_oxidation_state_by_site(charges.tolist())
    expected = EwaldSummation(structure, acc_factor=14).total_energy
    energy = 0.5 * charges @ ewald_matrix(lattice, coords) @ charges
    scale = max(abs(expected), np.abs(charges).max() ** 2)
    assert energy == pytest.approx(expected, abs=1e-8 * scale)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10**6), factor=st.floats(0.6, 1.6))
def test_result_does_not_depend_on_the_splitting_parameter(seed, factor):
    lattice, coords, _ = random_cell(seed, 6)
    alpha = factor * 6 / abs(np.linalg.det(lattice)) ** (1 / 3) / 2
    reference = ewald_matrix(lattice, coords)
    assert np.abs(ewald_matrix(lattice, coords, alpha) - reference).max() < 1e-11 * np.abs(reference).max()


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_energies_do_not_depend_on_origin_or_choice_of_cell(seed):
    lattice, coords, _ = random_cell(seed, 5)
    rng = np.random.default_rng(seed)
    reference = ewald_matrix(lattice, coords)
    moved = ewald_matrix(lattice, coords + rng.normal(size=3))
    shear = np.array([[1, 2, 0], [0, 1, -3], [0, 0, 1]])
    sheared = ewald_matrix(shear @ lattice, coords @ np.linalg.inv(shear))
    scale = np.abs(reference).max()
    assert np.abs(moved - reference).max() < 1e-11 * scale
    assert np.abs(sheared - reference).max() < 1e-11 * scale


def test_long_cells_are_no_problem():
    lattice = np.diag([3.0, 4.0, 90.0])
    coords = np.random.default_rng(1).random((8, 3))
    reference = ewald_matrix(lattice, coords)
    assert np.abs(ewald_matrix(lattice, coords, 0.5) - reference).max() < 1e-11 * np.abs(reference).max()


def test_two_thousand_sites_fit_in_memory():
    code = (
        "import resource, numpy as np; from ewald.space.matrix import ewald_matrix;"
        "A = ewald_matrix(36.0 * np.eye(3), np.random.default_rng(0).random((2000, 3)));"
        "assert A.shape == (2000, 2000);"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert float(done.stdout) < 1100
