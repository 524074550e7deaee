"""Energies of pair terms against LAMMPS: an outside program with an Ewald sum and a Buckingham potential of its own."""

import shutil
import subprocess

import numpy as np
import pytest

from ewald.constants import COULOMB_eV_A
from ewald.pairs import PairModel
from ewald.space.space import ConfigurationSpace
from ewald.space.sublattice import Sublattice

LAMMPS = shutil.which("lmp")
# LAMMPS' own constant of unit style metal, in eV angstrom.
LAMMPS_COULOMB_eV_A = 14.399645
CUTOFF_A = 9.0
SETS = {
    (1, 1): (0, 0.3, 0),
    (1, 3): (1952.39, 0.33685, 19.22),
    (2, 3): (4590.7279, 0.261, 0),
    (3, 3): (1388.77, 0.36262, 175),
}
NAMES = {1: "Sr2+", 2: "Ti4+", 3: "O2-"}
CHARGES = {1: 2.0, 2: 4.0, 3: -2.0}


def space(permittivity=1.0):
    """SrTiO3, 2 x 1 x 1, whose Sr and Ti may be exchanged (the charges of the cell stay)."""
    coords = [[0, 0, 0], [0.5, 0, 0], [0.25, 0.5, 0.5], [0.75, 0.5, 0.5]]
    oxygen = [[x, y, z] for a in (0, 0.5) for x, y, z in ((0.25 + a, 0.5, 0), (0.25 + a, 0, 0.5), (a, 0.5, 0.5))]
    terms = [
        {"between": [NAMES[i], NAMES[j]], "buckingham": {"A_eV": A, "rho_A": rho, "C_eV_A6": C}}
        for (i, j), (A, rho, C) in SETS.items()
        if A
    ]
    return ConfigurationSpace(
        np.array([[7.8, 0, 0], [0.3, 3.95, 0], [0.1, 0.2, 3.85]]),
        coords + oxygen,
        (
            Sublattice("M", range(4), ("Sr2+", "Ti4+"), (2, 4), (2, 2)),
            Sublattice("O", range(4, 10), ("O2-",), (-2,), (6,)),
        ),
        pairs=PairModel.parse({"cutoff_A": CUTOFF_A, "terms": terms, "permittivity": permittivity}),
    )


def lammps_energies_eV(one, folder, occupation):
    """Short-range and Coulomb energy of an arrangement."""
    kinds = {name: number for number, name in NAMES.items()}
    types = [kinds[name] for name in one.species_of(occupation)]
    a, b, c = one.lattice
    lines = ["made for a test", "", f"{len(types)} atoms", "3 atom types", "", f"0 {a[0]} xlo xhi", f"0 {b[1]} ylo yhi"]
    lines += [
        f"0 {c[2]} zlo zhi",
        f"{b[0]} {c[0]} {c[1]} xy xz yz",
        "",
        "Masses",
        "",
        "1 1",
        "2 1",
        "3 1",
        "",
        "Atoms",
        "",
    ]
    for number, (kind, at) in enumerate(zip(types, one.frac_coords @ one.lattice, strict=True), start=1):
        lines.append(f"{number} {kind} {CHARGES[kind]} " + " ".join(f"{x:.15f}" for x in at))
    (folder / "cell.data").write_text("\n".join(lines) + "\n")
    script = ["units metal", "atom_style charge", "box tilt large", "read_data cell.data", "replicate 3 5 5"]
    script += [f"pair_style buck/coul/long {CUTOFF_A} {CUTOFF_A}", "pair_coeff * * 0 0.3 0"]
    script += [f"pair_coeff {i} {j} {A} {rho} {C}" for (i, j), (A, rho, C) in SETS.items()]
    script += ["kspace_style ewald 1e-9", "thermo_style custom evdwl ecoul elong", "thermo_modify format float %.14g"]
    script += ["run 0"]
    (folder / "in").write_text("\n".join(script) + "\n")
    done = subprocess.run(
        [LAMMPS, "-in", "in", "-log", "none"], cwd=folder, capture_output=True, text=True, timeout=300, check=True
    )
    values = done.stdout.splitlines()
    row = next(k for k, line in enumerate(values) if "E_vdwl" in line or "evdwl" in line.lower().split())
    short, near, far = (float(x) / 75 for x in values[row + 1].split())
    return short, near + far


@pytest.mark.external
@pytest.mark.skipif(LAMMPS is None, reason="needs LAMMPS")
@pytest.mark.parametrize("occupation", [[0, 0, 1, 1], [0, 1, 0, 1], [1, 0, 0, 1]])
def test_energies_are_those_of_lammps(tmp_path, occupation):
    one, screened = space(), space(permittivity=4.0)
    full = one.full_occupation(occupation)
    short_eV, coulomb_eV = lammps_energies_eV(one, tmp_path, full)
    coulomb_eV *= COULOMB_eV_A / LAMMPS_COULOMB_eV_A
    # Two permittivities tell the two parts apart.
    ours_coulomb_eV = (one.form.energy(occupation) - screened.form.energy(occupation)) / (1 - 1 / 4.0)
    assert one.form.energy(occupation) - ours_coulomb_eV == pytest.approx(short_eV, abs=1e-9)
    assert ours_coulomb_eV == pytest.approx(coulomb_eV, rel=1e-7)
