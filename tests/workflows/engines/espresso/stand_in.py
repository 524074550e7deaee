"""A stand-in for pw.x: it reads an input as pw.x does and answers with the toy potential in pw.x's words."""

import io

RYDBERG_eV = 13.605693123
BOHR_A = 0.529177210903


def answer(text, ending=""):
    """Return what pw.x would write for an input; `ending` is "", "unconverged" or "cut"."""
    from ase.io.espresso import read_espresso_in

    from workflows.engines.ase.toy import ToyCalculator

    atoms = read_espresso_in(io.StringIO(text))
    atoms.calc = ToyCalculator()
    lines = [*_head(atoms), *_sites(atoms)]
    if ending == "unconverged":
        lines.append("     convergence NOT achieved after 100 iterations: stopping")
    lines += _results(atoms)
    if ending != "cut":
        lines.append("   JOB DONE.")
    return "\n".join(lines) + "\n"


def _head(atoms):
    return [
        "     Program PWSCF v.6.7MaX starts on  1Jan2026 at  0: 0: 0",
        "     bravais-lattice index     =            0",
        "     lattice parameter (alat)  =       1.8897261  a.u.",
        f"     number of atoms/cell      = {len(atoms):12d}",
        "     number of electrons       =        1.00",
        "     number of atomic types    =            2",
        f"     celldm(1)=   {1 / BOHR_A:.9f}  celldm(2)=   0.000000  celldm(3)=   0.000000",
        "     number of k points=     1",
        "                       cart. coord. in units 2pi/alat",
        "        k(    1) = (   0.0000000   0.0000000   0.0000000), wk =   2.0000000",
    ]


def _sites(atoms):
    lines = ["     crystal axes: (cart. coord. in units of alat)"]
    for number, row in enumerate(atoms.cell):
        lines.append(f"               a({number + 1}) = ( {row[0]:.10f}  {row[1]:.10f}  {row[2]:.10f} )")
    lines += ["", "   Cartesian axes", "", "     site n.     atom                  positions (alat units)"]
    for number, atom in enumerate(atoms):
        place = "".join(f"{value:18.10f}" for value in atom.position)
        lines.append(f"    {number + 1:6d}           {atom.symbol:3s} tau({number + 1:4d}) = ({place}  )")
    return lines


def _results(atoms):
    energy = atoms.get_potential_energy() / RYDBERG_eV
    lines = [
        f"!    total energy              = {energy:18.10f} Ry",
        "     Forces acting on atoms (cartesian axes, Ry/au):",
        "",
    ]
    for number, force in enumerate(atoms.get_forces() * BOHR_A / RYDBERG_eV):
        components = "".join(f"{value:18.12f}" for value in force)
        lines.append(f"     atom {number + 1:4d} type  1   force = {components}")
    lines += ["", "     Total force =     0.0", "     Computing stress (Cartesian axis) and pressure", ""]
    lines.append("          total   stress  (Ry/bohr**3)                   (kbar)     P=        0.00")
    for row in atoms.get_stress(voigt=False) * BOHR_A**3 / RYDBERG_eV:
        lines.append("".join(f"{-value:18.12f}" for value in row) + "     0.0  0.0  0.0")
    return lines
