"""Behaves like VASP on disk: reads INCAR, POSCAR, KPOINTS and POTCAR.spec, moves ions on springs, writes the files.

It is started as an executable. A file `fail-<name>` beside it makes it fail once in that way and is then removed; a
file `slow` holds the seconds of an ionic step. STOPCAR is obeyed as VASP does: the run ends after the step.
"""

import sys
import time
from pathlib import Path

import numpy as np
from pymatgen.io.vasp import Incar, Kpoints, Poscar

HERE = Path.cwd()
#: What pymatgen wants to see before it reads an OUTCAR, and custodian's watch over the walltime with it.
OUTCAR_HEAD = """ running on    1 total cores
   k-points           NKPTS =      1   number of bands    NBANDS=     16
   total plane-waves  NPLWV =   1000
   IBRION =      0    ionic relax: 0-MD 1-quasi-New 2-CG
"""


def fails(name: str) -> bool:
    flag = Path(__file__).parent / f"fail-{name}"
    if not flag.exists():
        return False
    flag.unlink()
    return True


def step_ends() -> bool:
    """Take the time of an ionic step; tell whether STOPCAR asks for the end."""
    slow = Path(__file__).parent / "slow"
    if slow.exists():
        time.sleep(float(slow.read_text()))
    with (HERE / "OUTCAR").open("a") as file:
        file.write("     LOOP+:  cpu time      0.1: real time      0.1\n")
    stop = HERE / "STOPCAR"
    return stop.exists() and "LSTOP = .TRUE." in stop.read_text()


def xml_array(name: str, rows: np.ndarray) -> str:
    lines = "".join("<v> " + " ".join(f"{x:.8f}" for x in row) + " </v>" for row in rows)
    return f'<varray name="{name}">{lines}</varray>'


def xml_structure(structure, name: str = "") -> str:
    label = f' name="{name}"' if name else ""
    return (
        f"<structure{label}><crystal>{xml_array('basis', structure.lattice.matrix)}"
        f'<i name="volume"> {structure.volume:.8f} </i>'
        f"{xml_array('rec_basis', np.linalg.inv(structure.lattice.matrix).T)}</crystal>"
        f"{xml_array('positions', structure.frac_coords)}</structure>"
    )


def xml_calculation(structure, energy: float, forces: np.ndarray, stress: np.ndarray, scf_steps: int = 1) -> str:
    energies = "".join(f'<i name="{n}"> {energy:.8f} </i>' for n in ("e_fr_energy", "e_wo_entrp", "e_0_energy"))
    return (
        f"<calculation>{f'<scstep><energy>{energies}</energy></scstep>' * scf_steps}{xml_structure(structure)}"
        f"{xml_array('forces', forces)}{xml_array('stress', stress)}<energy>{energies}</energy></calculation>"
    )


def xml_document(incar: Incar, structure, calculations: list[str]) -> str:
    atoms = "".join(f"<rc><c>{s.specie.symbol}</c><c>1</c></rc>" for s in structure)
    counts = [
        (e, sum(s.specie.symbol == e for s in structure)) for e in dict.fromkeys(s.specie.symbol for s in structure)
    ]
    types = "".join(f"<rc><c>{n}</c><c>{e}</c><c>1.0</c><c>1.0</c><c>PAW_PBE {e} 01Jan2000</c></rc>" for e, n in counts)
    numbers = "".join(f'<i type="int" name="{k}"> {incar.get(k, d)} </i>' for k, d in (("NSW", 0), ("NELM", 60)))
    parameters = f'{numbers}<i type="int" name="IBRION"> {incar.get("IBRION", -1)} </i><i name="EDIFF"> 1e-5 </i>'
    return (
        '<?xml version="1.0" encoding="ISO-8859-1"?><modeling><generator><i name="program" type="string">vasp </i>'
        '<i name="version" type="string">6.4.2 </i></generator>'
        f'<incar>{numbers}<i type="string" name="ALGO"> {incar.get("ALGO", "Normal")}</i></incar>'
        '<kpoints><generation param="Gamma"><v type="int" name="divisions"> 1 1 1 </v></generation>'
        '<varray name="kpointlist"><v> 0 0 0 </v></varray><varray name="weights"><v> 1.0 </v></varray></kpoints>'
        f"<parameters>{parameters}</parameters>"
        f"<atominfo><atoms> {len(structure)} </atoms><types> {len(counts)} </types>"
        f'<array name="atoms"><field type="string">element</field><set>{atoms}</set></array>'
        f'<array name="atomtypes"><field>x</field><set>{types}</set></array></atominfo>'
        f"{xml_structure(structure, 'initialpos')}{''.join(calculations)}"
        f"{xml_structure(structure, 'finalpos')}</modeling>"
    )


def main() -> None:
    incar, poscar = Incar.from_file(HERE / "INCAR"), Poscar.from_file(HERE / "POSCAR")
    Kpoints.from_file(HERE / "KPOINTS")
    species = (HERE / "POTCAR.spec").read_text().split()
    assert len(species) == len(poscar.site_symbols), "POTCAR does not fit POSCAR"
    if fails("zbrent"):
        sys.stdout.write("ZBRENT: fatal error in bracketing\n")
        sys.exit(1)
    if fails("edddav") or incar.get("ALGO") == "VeryFast":
        sys.stdout.write("Error EDDDAV: Call to ZHEGV failed\n")
        sys.exit(1)
    if fails("license"):
        sys.stdout.write("VASP: no license found, contact your site's licence server\n")
        sys.exit(1)
    (HERE / "OUTCAR").write_text(OUTCAR_HEAD)
    run = molecular_dynamics if incar.get("IBRION") == 0 else relaxation
    run(incar, poscar)
    with (HERE / "OUTCAR").open("a") as file:
        file.write(" reached required accuracy\n General timing and accounting informations for this job:\n")


def relaxation(incar: Incar, poscar: Poscar) -> None:
    structure, calculations = poscar.structure, []
    forces = np.zeros((len(structure), 3))
    forces[0, 0] = 1.0
    # An SCF that does not converge spends all of its NELM steps; with another algorithm it does.
    scf_steps = incar.get("NELM", 60) if fails("unconverged") else 1
    oszicar = ""
    for number in range(max(incar.get("NSW", 0), 1)):
        if incar["NSW"] > 0:
            forces = forces * 0.3
            if incar["ISIF"] == 3:
                structure.scale_lattice(structure.volume * 1.01)
        stress = np.eye(3) * (30.0 * abs(forces[0, 0]) if incar["ISIF"] == 3 else 1.0)
        energy = -4.0 * len(structure) + abs(forces[0, 0])
        calculations.append(xml_calculation(structure, energy, forces, stress, scf_steps))
        oszicar += f"{number + 1:4d} F= {energy:.8E} E0= {energy:.8E}  d E =0.0\n"
        (HERE / "OSZICAR").write_text(oszicar)
        Poscar(structure).write_file(HERE / "CONTCAR")
        if incar["NSW"] > 0 and fails("hangs"):
            time.sleep(600)
        if step_ends() or abs(forces[0, 0]) < -incar.get("EDIFFG", -1e-9):
            break
    (HERE / "vasprun.xml").write_text(xml_document(incar, structure, calculations))


def molecular_dynamics(incar: Incar, poscar: Poscar) -> None:
    structure = poscar.structure
    velocities = poscar.velocities
    if velocities is None:
        velocities = np.random.default_rng(1).normal(0, 0.01, (len(structure), 3))
        velocities -= np.mean(velocities, axis=0)
    velocities = np.array(velocities)
    lines, xdatcar, calculations = [], ["stand-in", "1.0"], []
    place = np.array(structure.frac_coords)
    inverse = np.linalg.inv(structure.lattice.matrix)
    for step in range(incar["NSW"]):
        if step == 2 and fails("killed"):
            break
        xdatcar.append(f"Direct configuration= {step + 1:5d}")
        xdatcar += [" ".join(f"{x:.8f}" for x in row) for row in place % 1.0]
        lines.append(f"{step + 1:7d} T=  {600 + step:.1f} E= -.50000000E+02 F= -.55000000E+02 E0= -.55E+02")
        calculations.append(xml_calculation(structure, -55.0, np.zeros_like(place), np.zeros((3, 3))))
        place = place + incar["POTIM"] * velocities @ inverse
        (HERE / "XDATCAR").write_text("\n".join(xdatcar) + "\n")
        (HERE / "OSZICAR").write_text("\n".join(lines) + "\n")
        structure = type(structure)(structure.lattice, structure.species, place, to_unit_cell=True)
        Poscar(structure, velocities=velocities.tolist()).write_file(HERE / "CONTCAR", significant_figures=10)
        if step_ends():
            break
    (HERE / "vasprun.xml").write_text(xml_document(incar, structure, calculations))


if __name__ == "__main__":
    main()
