"""The run in the formats of DFT codes: by ASE and h5py where they can, else as the program writes it."""

from pathlib import Path

import numpy as np

from ewald.constants import BOHR_A
from tests.screening.trajectory.formats.runs import FLAGS, FRAME_FS, Run, images_of_ase, lines_of


def xdatcar(run: Run, path: Path) -> dict:
    from ase.io import write

    write(path, images_of_ase(run), format="vasp-xdatcar")
    return dict(FLAGS)


def xdatcar_52(run: Run, path: Path) -> dict:
    head = run.poscar(path).read_text().splitlines()[:7]
    frames = "".join("\n" + lines_of(*frame.T.round(8)) for frame in run.scaled)
    path.write_text("\n".join(head) + "\n" + frames)
    return dict(FLAGS)


def xdatcar_4(run: Run, path: Path) -> dict:
    count = len(run.symbols)
    lengths = " ".join(f"{x:.7E}" for x in np.linalg.norm(run.cell_A, axis=1) * 1e-10)
    head = f"{count:4d}{count:4d}   1\n 0.19E+02 {lengths} 0.2E-14\n 500.0\n CAR\n run\n"
    frames = "".join(f" Konfig= {i + 1:7d}\n" + lines_of(*frame.T.round(8)) for i, frame in enumerate(run.scaled))
    path.write_text(head + frames)
    return {**FLAGS, "structure": run.poscar(path.with_name("POSCAR4"))}


def vasprun(run: Run, path: Path) -> dict:
    def varray(name, values):
        rows = "".join("<v>" + " ".join(f"{x:.8f}" for x in row) + "</v>" for row in values)
        return f'<varray name="{name}">{rows}</varray>'

    ions = "".join(f"<rc><c>{s}</c><c>1</c></rc>" for s in run.symbols)
    settings = "".join(
        f'<i name="{k}">{v}</i>'
        for k, v in {"POTIM": FRAME_FS, "NSW": len(run.path_A), "IBRION": 0, "NBLOCK": 1}.items()
    )
    frames = "".join(
        f"<calculation><structure><crystal>{varray('basis', run.cell_A)}</crystal>{varray('positions', frame)}"
        f'</structure><energy><i name="e_0_energy">-1.5</i></energy></calculation>'
        for frame in run.scaled
    )
    path.write_text(
        f'<?xml version="1.0"?><modeling><incar>{settings}</incar><atominfo><array name="atoms"><set>{ions}</set>'
        f"</array></atominfo>{frames}</modeling>"
    )
    return {}


def outcar(run: Run, path: Path) -> dict:
    lines = [" vasp.6.4.2 20Jul23 (build) complex", " executed on             LinuxGNU date 2026.01.01"]
    lines += [f"   VRHFIN ={kind}: valence" for kind in run.kinds]
    lines += [f"   ions per type = {' '.join(str(run.symbols.count(kind)) for kind in run.kinds)}"]
    lines += [f"   NSW    = {len(run.path_A)}", "   IBRION =      0", "   NBLOCK =      1", f"   POTIM  = {FRAME_FS}"]
    for frame in run.wrapped_A:
        lines.append("      direct lattice vectors                 reciprocal lattice vectors")
        lines += ["".join(f"{x:13.9f}" for x in [*row, 0, 0, 0]) for row in run.cell_A]
        lines += [" POSITION                                       TOTAL-FORCE (eV/Angst)", " " + "-" * 80]
        lines += ["".join(f"{x:13.5f}" for x in [*row, 0, 0, 0]) for row in frame]
    path.write_text("\n".join(lines) + "\n")
    return {}


def vaspout(run: Run, path: Path) -> dict:
    import h5py

    with h5py.File(path, "w") as file:
        dynamics = file.create_group("intermediate/ion_dynamics")
        dynamics["position_ions"] = run.scaled
        dynamics["lattice_vectors"] = np.repeat(run.cell_A[None] / 2, len(run.path_A), axis=0)
        positions = file.create_group("results/positions")
        positions["ion_types"] = np.array([f"{kind:<2s}".encode() for kind in run.kinds])
        positions["number_ion_types"] = [run.symbols.count(kind) for kind in run.kinds]
        positions["scale"] = 2.0
        incar = file.create_group("input/incar")
        for name, value in {"POTIM": FRAME_FS, "NSW": len(run.path_A), "IBRION": 0, "SYSTEM": b"run"}.items():
            incar[name] = value
    return {}


def pw_output(run: Run, path: Path, *, unit: str = "angstrom") -> dict:
    """Of pw.x: the energy of the positions before a step, and those after it."""
    cell = run.cell_A / BOHR_A
    alat = round(float(np.linalg.norm(cell[0])), 6)
    axes = "".join(
        f"               a({i + 1}) = ( {x:10.6f} {y:10.6f} {z:10.6f} )\n" for i, (x, y, z) in enumerate(cell / alat)
    )
    text = [
        "     Program PWSCF v.7.2 starts on 1Jan2024 at 12: 0: 0\n\n",
        f"     lattice parameter (alat)  = {alat:11.4f}  a.u.\n",
        f"     number of atoms/cell      = {len(run.symbols):12d}\n",
        f"     number of atomic types    = {len(run.kinds):12d}\n",
        f"     celldm(1)= {alat:11.6f}  celldm(2)=   0.000000  celldm(3)=   0.000000\n",
        f"     crystal axes: (cart. coord. in units of alat)\n{axes}\n",
        "     site n.     atom                  positions (alat units)\n",
        *(
            f"     {i:5d}           {symbol:<6s} tau({i:4d}) = ( {x:11.7f} {y:11.7f} {z:11.7f}  )\n"
            for i, (symbol, (x, y, z)) in enumerate(
                zip(run.symbols, run.wrapped_A[0] / (alat * BOHR_A), strict=True), start=1
            )
        ),
        "     Molecular Dynamics Calculation\n\n     mass Li               =   6.94\n",
        f"     Time step             = {FRAME_FS / 0.0483776866:7.2f} a.u.,{FRAME_FS:8.4f} femto-seconds\n\n",
    ]
    per_unit = {"angstrom": np.eye(3), "bohr": np.eye(3) / BOHR_A, "alat": np.eye(3) / (alat * BOHR_A)}
    turn = np.linalg.inv(run.cell_A) if unit == "crystal" else per_unit[unit]
    for i, frame in enumerate(run.wrapped_A):
        text.append("     convergence has been achieved in   9 iterations\n")
        text.append(f"\n!    total energy              = {-700.0:15.8f} Ry\n\n")
        text.append(f"     Entering Dynamics:    iteration = {i + 1:5d}\n")
        text.append(f"                           time      = {(i + 1) * FRAME_FS / 1000:8.4f} pico-seconds\n\n")
        text.append(f"ATOMIC_POSITIONS ({unit})\n")
        text += [
            f"{s:<8s}" + "".join(f"{x:16.10f}" for x in row) + "\n"
            for s, row in zip(run.symbols, frame @ turn, strict=True)
        ]
        text.append("\n\n     kinetic energy (Ekin) =           0.12 Ry\n     temperature           =      500.00 K\n")
    path.write_text("".join(text))
    return {}


def castep_md(run: Run, path: Path) -> dict:
    """By ASE, which counts the frames where CASTEP writes the time in atomic units."""
    from ase.io import write

    write(path, images_of_ase(run), format="castep-md")
    times = iter(range(len(run.path_A)))
    lines = [
        f"{'':18s}   {next(times) * FRAME_FS / 0.024188843265864:.16E}" if len(line.split()) == 1 else line
        for line in path.read_text().splitlines()
    ]
    path.write_text("\n".join(lines) + "\n")
    return {}
