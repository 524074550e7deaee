"""The interaction matrix against programs of others on doped cells: LAMMPS, and GULP where it is."""

import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from pymatgen.core import Lattice, Structure

from ewald import ConfigurationSpace
from ewald.constants import COULOMB_eV_A
from ewald.space.matrix import ewald_matrix

LAMMPS = next(filter(None, map(shutil.which, ("lmp", "lmp_serial", "lammps"))), None)
# e^2 / (4 pi epsilon_0) in LAMMPS's metal units (its source, update.cpp).
LAMMPS_COULOMB_EV_A = 14.399645
# Shears and stretches a cubic cell into a triclinic one.
STRAIN = np.array([[1.02, 0.05, -0.03], [0.04, 0.97, 0.06], [0.02, -0.05, 1.01]])
CELLS = {"cubic": np.eye(3), "triclinic": STRAIN}


def doped_cell():
    """Lattice, coordinates, species and charges of one arrangement of Na3SbS4 with three W and three vacancies."""
    parent = Structure.from_spacegroup(
        "I-43m",
        Lattice.cubic(7.19),
        [{"Na+": 23 / 24}, {"Sb5+": 7 / 8, "W6+": 1 / 8}, "S2-"],
        [[0, 0.5, 0.5], [0, 0, 0], [0.187] * 3],
    )
    space = ConfigurationSpace.from_structure(parent, "2 2 3")
    form = space.form
    occupation = form.reference_occupation()
    for k in range(len(form.sublattices)):
        occupation[form.members(k)[[0, 7, 13]]] = 1 - form.sublattices[k].reference
    full = space.full_occupation(occupation)
    names = space.species_of(full)
    ions = [site for site, name in enumerate(names) if name != "vacancy"]
    cell = np.array(space.lattice), np.array(space.frac_coords)[ions]
    return *cell, [names[site] for site in ions], space.charges_of(full)[ions], form.energy(occupation)


def lammps_data(lattice, coords, charges):
    """Write a cell as LAMMPS reads it: turned so that the first vector lies along x, the second in the xy plane."""
    triangle = np.linalg.qr(lattice.T)[1].T
    cell = triangle * np.sign(np.diag(triangle))[None, :]
    lines = ["cell", "", f"{len(charges)} atoms", "1 atom types", ""]
    lines += [f"0 {cell[k, k]:.16g} {axis}lo {axis}hi" for k, axis in enumerate("xyz")]
    lines += [f"{cell[1, 0]:.16g} {cell[2, 0]:.16g} {cell[2, 1]:.16g} xy xz yz"]
    lines += ["", "Masses", "", "1 1.0", "", "Atoms # charge", ""]
    for number, (charge, xyz) in enumerate(zip(charges, (coords - np.floor(coords)) @ cell, strict=True), start=1):
        lines.append(f"{number} 1 {charge:.16g} " + " ".join(f"{x:.16g}" for x in xyz))
    return "\n".join(lines) + "\n"


# LAMMPS's direct sum takes erfc from a polynomial good to 1e-7: this splitting leaves it all but nothing to do.
LAMMPS_INPUT = """units metal
atom_style charge
box tilt large
read_data cell.data
pair_style coul/long 5.0
pair_coeff * *
pair_modify table 0
kspace_style ewald 1.0e-12
kspace_modify gewald 2.0
thermo_style custom pe
thermo_modify format float %.15g
run 0
"""


def lammps_energy_eV(folder: Path, lattice, coords, charges) -> float:
    """Let LAMMPS compute the electrostatic energy, and correct for its value of the Coulomb constant."""
    (folder / "cell.data").write_text(lammps_data(lattice, coords, charges))
    (folder / "run.in").write_text(LAMMPS_INPUT)
    done = subprocess.run(
        [LAMMPS, "-in", "run.in", "-log", "none"], cwd=folder, capture_output=True, text=True, check=True
    )
    lines = done.stdout.splitlines()
    header = next(number for number, line in enumerate(lines) if line.strip() == "PotEng")
    return float(lines[header + 1]) * COULOMB_eV_A / LAMMPS_COULOMB_EV_A


@pytest.mark.external
@pytest.mark.skipif(LAMMPS is None, reason="LAMMPS is not installed (apt install lammps)")
@pytest.mark.parametrize("shape", CELLS)
def test_doped_cells_agree_with_lammps(tmp_path, shape):
    lattice, coords, _, charges, energy_eV = doped_cell()
    lattice = lattice @ CELLS[shape]
    ours = 0.5 * charges @ ewald_matrix(lattice, coords) @ charges
    if shape == "cubic":
        assert energy_eV == pytest.approx(ours, rel=1e-12)
    assert lammps_energy_eV(tmp_path, lattice, coords, charges) == pytest.approx(ours, rel=1e-10)


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
def test_a_doped_cell_agrees_with_gulp(tmp_path):
    lattice, coords, species, charges, energy_eV = doped_cell()
    lines = ["single conp", "vectors"] + [" ".join(f"{x:.12f}" for x in row) for row in lattice]
    lines.append("fractional")
    labels = {"Na+": "Na", "Sb5+": "Sb", "W6+": "W", "S2-": "S"}
    for name, charge, xyz in zip(species, charges, coords, strict=True):
        lines.append(f"{labels[name]} core " + " ".join(f"{x:.12f}" for x in xyz) + f" {charge:.1f}")
    # GULP wants a potential of some kind; one of zero strength leaves the electrostatics alone.
    lines += ["accuracy 12", "lennard 12 6", "S core S core 0.0 0.0 0.0 5.0"]
    done = subprocess.run(
        ["gulp"], input="\n".join(lines) + "\n", capture_output=True, text=True, check=True, cwd=tmp_path
    )
    total = next(line for line in done.stdout.splitlines() if "Total lattice energy" in line and "eV" in line)
    # GULP prints eight decimals and uses an older value of the Coulomb constant.
    assert energy_eV == pytest.approx(float(total.split()[-2]), rel=1e-6)
