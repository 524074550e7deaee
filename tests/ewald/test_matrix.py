"""The interaction matrix against tabulated Madelung constants, pymatgen, itself, and GULP."""

import shutil
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pymatgen.analysis.ewald import EwaldSummation
from pymatgen.core import Structure

from ewald.matrix import COULOMB_EV_A, ewald_matrix

FCC = [[0, 0, 0], [0, 0.5, 0.5], [0.5, 0, 0.5], [0.5, 0.5, 0]]


def shifted(sites, by):
    return [list(np.add(site, by)) for site in sites]


ROOT_8_3 = np.sqrt(8 / 3)
# name: lattice, coordinates, charges, formula units, nearest distance, Madelung constant per formula unit in units of
# e^2 / nearest distance. Values: Y. Sakamoto, J. Chem. Phys. 28, 164 (1958); I. J. Zucker, J. Phys. A 8, 1734 (1975);
# wurtzite with ideal axes.
MADELUNG = {
    "rock salt": (np.eye(3), FCC + shifted(FCC, [0.5, 0, 0]), [1] * 4 + [-1] * 4, 4, 0.5, 1.7475645946),
    "caesium chloride": (np.eye(3), [[0, 0, 0], [0.5] * 3], [1, -1], 1, np.sqrt(3) / 2, 1.7626747731),
    "zincblende": (np.eye(3), FCC + shifted(FCC, [0.25] * 3), [1] * 4 + [-1] * 4, 4, np.sqrt(3) / 4, 1.6380550534),
    "wurtzite": (
        [[1, 0, 0], [-0.5, np.sqrt(0.75), 0], [0, 0, ROOT_8_3]],
        [[1 / 3, 2 / 3, 0], [2 / 3, 1 / 3, 0.5], [1 / 3, 2 / 3, 3 / 8], [2 / 3, 1 / 3, 7 / 8]],
        [1, 1, -1, -1],
        2,
        3 / 8 * ROOT_8_3,
        1.6413216274,
    ),
    "fluorite": (
        np.eye(3),
        FCC + shifted(FCC, [0.25] * 3) + shifted(FCC, [0.75] * 3),
        [2] * 4 + [-1] * 8,
        4,
        np.sqrt(3) / 4,
        5.0387848798,
    ),
}


@pytest.mark.parametrize("name", MADELUNG)
def test_madelung_constants_to_ten_digits(name):
    lattice, coords, charges, formulas, distance, expected = MADELUNG[name]
    q = np.array(charges, dtype=float)
    energy = 0.5 * q @ ewald_matrix(np.array(lattice), np.array(coords)) @ q / COULOMB_EV_A
    assert -energy * distance / formulas == pytest.approx(expected, abs=1.0e-10)


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
        "import resource, numpy as np; from ewald.matrix import ewald_matrix;"
        "A = ewald_matrix(36.0 * np.eye(3), np.random.default_rng(0).random((2000, 3)));"
        "assert A.shape == (2000, 2000);"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert float(done.stdout) < 1000


def gulp_is_the_lattice_program() -> bool:
    """Debian's package of that name is a JavaScript build tool; the lattice program greets with its full name."""
    if shutil.which("gulp") is None:
        return False
    done = subprocess.run(["gulp"], input="", capture_output=True, text=True, timeout=20, check=False)
    return "GENERAL UTILITY LATTICE PROGRAM" in done.stdout.upper()


@pytest.mark.external
@pytest.mark.skipif(
    not gulp_is_the_lattice_program(),
    reason="the General Utility Lattice Program is not on PATH (Debian's gulp is a JavaScript build tool)",
)
def test_doped_cell_agrees_with_gulp(tmp_path, doped_na3sbs4):
    space = doped_na3sbs4(3, 3)
    form = space.form
    occupation = form.reference_occupation()
    for k in range(len(form.sublattices)):
        occupation[form.members(k)[[0, 7, 13]]] = 1 - form.sublattices[k].reference
    full = form.full_occupation(space, occupation)
    names, charges = space.species_of(full), space.charges_of(full)
    lines = ["single conp", "vectors"] + [" ".join(f"{x:.12f}" for x in row) for row in space.lattice]
    lines.append("fractional")
    labels = {"Na+": "Na", "Sb5+": "Sb", "W6+": "W", "S2-": "S"}
    for name, charge, xyz in zip(names, charges, space.frac_coords, strict=True):
        if name != "vacancy":
            lines.append(f"{labels[name]} core " + " ".join(f"{x:.12f}" for x in xyz) + f" {charge:.1f}")
    # GULP wants a potential of some kind; one of zero strength leaves the electrostatics alone.
    lines += ["accuracy 12", "lennard 12 6", "S core S core 0.0 0.0 0.0 5.0"]
    done = subprocess.run(
        ["gulp"], input="\n".join(lines) + "\n", capture_output=True, text=True, check=True, cwd=tmp_path
    )
    total = next(line for line in done.stdout.splitlines() if "Total lattice energy" in line and "eV" in line)
    # GULP prints eight decimals and uses an older value of the Coulomb constant.
    assert form.energy(occupation) == pytest.approx(float(total.split()[-2]), rel=1e-6)
