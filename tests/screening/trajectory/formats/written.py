"""One run in every format: by ASE, MDAnalysis, chemfiles and h5py where they can, else as the program writes it."""

import bz2
import gzip
import lzma
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np

from ewald.constants import BOHR_A
from tests.screening.trajectory.formats.dft.written import (
    castep_md,
    outcar,
    pw_output,
    vaspout,
    vasprun,
    xdatcar,
    xdatcar_4,
    xdatcar_52,
)
from tests.screening.trajectory.formats.runs import (
    EVERY,
    FLAGS,
    FRAME_FS,
    STEP_FS,
    Run,
    images_of_ase,
    lines_of,
    with_a_along_x,
    xyz_rows,
)


def extxyz(run: Run, path: Path) -> dict:
    from ase.io import write

    write(path, images_of_ase(run), format="extxyz")
    return dict(FLAGS)


def plain_xyz(run: Run, path: Path) -> dict:
    path.write_text("".join(f"{len(run.symbols)}\nwater\n" + xyz_rows(run.symbols, f) for f in run.wrapped_A))
    return {**FLAGS, "structure": run.poscar(path.with_name("POSCAR"))}


def gpumd(run: Run, path: Path) -> dict:
    cell = " ".join(f"{x:.8f}" for x in run.cell_A.ravel())
    path.write_text(
        "".join(
            f'{len(run.symbols)}\nTime={FRAME_FS * (i + 1):.8f} pbc="T T T" Lattice="{cell}" '
            "Properties=species:S:1:pos:R:3\n" + xyz_rows(run.symbols, frame)
            for i, frame in enumerate(run.wrapped_A)
        )
    )
    return {}


def ipi(run: Run, path: Path) -> dict:
    from ase.geometry import cell_to_cellpar

    run = with_a_along_x(run)
    a = cell_to_cellpar(run.cell_A)
    cell = " ".join(f"{x:.7f}" for x in [*(a[:3] / BOHR_A), *a[3:]])
    path.write_text(
        "".join(
            f"{len(run.symbols)}\n# CELL(abcABC): {cell}  Step: {EVERY * i}  Bead: 0 positions{{atomic_unit}}  "
            "cell{atomic_unit}\n" + xyz_rows(run.symbols, frame / BOHR_A)
            for i, frame in enumerate(run.wrapped_A)
        )
    )
    return {"timestep_fs": STEP_FS}


def cp2k(run: Run, path: Path) -> dict:
    lines = [
        "#   Step   Time [fs]       Ax [Angstrom]       Ay [Angstrom]       Az [Angstrom]  ...  Volume [Angstrom^3]"
    ]
    text = []
    for i, frame in enumerate(run.path_A):
        cell = " ".join(f"{x:.10f}" for x in run.cell_A.ravel())
        lines.append(f"{i * EVERY} {i * FRAME_FS:.3f} {cell} {abs(np.linalg.det(run.cell_A)):.6f}")
        text.append(f"{len(run.symbols):8d}\n i = {i * EVERY:8d}, time = {i * FRAME_FS:12.3f}, E = -1.5\n")
        text.append(xyz_rows(run.symbols, frame))
    path.with_name(re.sub(r"-pos-(\d+)\.xyz", r"-\1.cell", path.name)).write_text("\n".join(lines) + "\n")
    path.write_text("".join(text))
    return {}


def lammps_dump(columns: str, *, units: bool = False, shuffle: bool = False) -> Callable[[Run, Path], dict]:
    def write(run: Run, path: Path) -> dict:
        run, rng, text = with_a_along_x(run), np.random.default_rng(5), []
        xy, xz, yz = run.cell_A[1, 0], run.cell_A[2, 0], run.cell_A[2, 1]
        low = np.array([1.5, -2.0, 0.25])
        high = low + np.diag(run.cell_A)
        bounds = [
            [low[0] + min(0, xy, xz, xy + xz), high[0] + max(0, xy, xz, xy + xz), xy],
            [low[1] + min(0, yz), high[1] + max(0, yz), xz],
            [low[2], high[2], yz],
        ]
        for i in range(len(run.path_A)):
            values = {
                "id": np.arange(1, len(run.symbols) + 1), "type": run.types, "element": np.array(run.symbols),
                **dict(zip(("x", "y", "z"), (run.wrapped_A[i] + low).T.round(7), strict=True)),
                **dict(zip(("xu", "yu", "zu"), (run.path_A[i] + low).T.round(7), strict=True)),
                **dict(zip(("xs", "ys", "zs"), run.scaled[i].T.round(9), strict=True)),
                **dict(zip(("ix", "iy", "iz"), run.images[i].T, strict=True)),
                "q": np.where(run.types == 1, 1.0, -0.5), "vx": np.sin(run.types * 1.0).round(5),
            }  # fmt: skip
            order = rng.permutation(len(run.symbols)) if shuffle else np.arange(len(run.symbols))
            head = f"ITEM: UNITS\nmetal\nITEM: TIME\n{i * FRAME_FS / 1000:.6f}\n" if units else ""
            rows = "\n".join(" ".join(f"{x:.10f}" for x in row) for row in bounds)
            text.append(
                f"{head}ITEM: TIMESTEP\n{i * EVERY}\nITEM: NUMBER OF ATOMS\n{len(run.symbols)}\n"
                f"ITEM: BOX BOUNDS xy xz yz pp pp pp\n{rows}\nITEM: ATOMS {columns}\n"
                + lines_of(*(values[name][order] for name in columns.split()))
            )
        path.write_text("".join(text))
        flags = {} if units else {"timestep_fs": STEP_FS}
        return flags if "element" in columns else {**flags, "elements": ",".join(run.kinds)}

    return write


def lammps_data(run: Run, path: Path) -> dict:
    from ase.data import atomic_masses, atomic_numbers
    from ase.io import write

    lammps_dump("id type x y z")(run, path)
    turned, data = with_a_along_x(run), path.with_name("in.data")
    write(data, images_of_ase(turned, wrapped=False)[0], format="lammps-data", specorder=run.kinds, atom_style="charge")
    if "Masses" not in data.read_text():
        masses = "".join(f"{i + 1} {atomic_masses[atomic_numbers[k]]:.4f}\n" for i, k in enumerate(run.kinds))
        data.write_text(data.read_text().replace("Atoms", f"Masses\n\n{masses}\nAtoms", 1))
    return {"timestep_fs": STEP_FS, "structure": data}


def by_mdanalysis(run: Run, path: Path) -> dict:
    """XTC, TRR, DCD, NetCDF: by the ending."""
    import warnings

    import MDAnalysis

    turned = with_a_along_x(run)
    count = len(run.symbols)
    universe = MDAnalysis.Universe.empty(count, trajectory=True)
    lengths = np.linalg.norm(run.cell_A, axis=1)
    unit = run.cell_A / lengths[:, None]
    angles = np.degrees(np.arccos([unit[1] @ unit[2], unit[0] @ unit[2], unit[0] @ unit[1]]))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with MDAnalysis.Writer(str(path), n_atoms=count, dt=FRAME_FS / 1000) as writer:
            for i, frame in enumerate(turned.wrapped_A):
                universe.atoms.positions = frame
                universe.trajectory.ts.dimensions = [*lengths, *angles]
                universe.trajectory.ts.time = i * FRAME_FS / 1000
                universe.trajectory.ts.frame = i
                writer.write(universe.atoms)
    structure = turned.poscar(path.with_name(path.name + ".vasp"))
    return {"structure": structure, **(FLAGS if path.suffix == ".dcd" else {})}


def by_chemfiles(run: Run, path: Path) -> dict:
    """XTC, TRR, DCD, NetCDF, by another library."""
    import chemfiles

    turned = with_a_along_x(run)
    matrix = turned.cell_A.T.copy()
    matrix[np.abs(matrix) < 1e-12] = 0
    with chemfiles.Trajectory(str(path), "w") as out:
        for i, positions in enumerate(turned.wrapped_A):
            frame = chemfiles.Frame()
            frame.resize(len(run.symbols))
            frame.positions[:] = positions
            frame.cell = chemfiles.UnitCell(matrix)
            frame.step = i * EVERY
            frame["time"] = i * FRAME_FS / 1000
            out.write(frame)
    return {"structure": turned.poscar(path.with_name(path.name + ".vasp")), **FLAGS}


def h5md(run: Run, path: Path, *, unit: str = "nm") -> dict:
    import h5py

    scale = {"nm": 0.1, "Angstrom": 1.0}[unit]
    with h5py.File(path, "w") as file:
        file.create_group("h5md").attrs["version"] = (1, 1)
        group = file.create_group("particles/all")
        names = {kind: i for i, kind in enumerate(run.kinds)}
        kind = h5py.enum_dtype(names, basetype="i")
        group.create_dataset("species", data=run.types - 1, dtype=kind)
        box = group.create_group("box")
        box.attrs["dimension"], box.attrs["boundary"] = 3, ["periodic"] * 3
        box.create_dataset("edges", data=run.cell_A * scale).attrs["unit"] = unit
        position = group.create_group("position")
        position.create_dataset("value", data=run.wrapped_A * scale).attrs["unit"] = unit
        position.create_dataset("time", data=FRAME_FS / 1000).attrs["unit"] = "ps"
        position.create_dataset("step", data=EVERY)
    return {}


def dlpoly(run: Run, path: Path) -> dict:
    count = len(run.symbols)
    text = [f"run\n{0:10d}{3:10d}{count:10d}\n"]
    for i, frame in enumerate(run.wrapped_A):
        text.append(
            f"timestep{i * EVERY:10d}{count:10d}{0:10d}{3:10d}{STEP_FS / 1000:12.6f}{i * FRAME_FS / 1000:12.6f}\n"
        )
        text += ["".join(f"{x:20.10f}" for x in row) + "\n" for row in run.cell_A]
        for j, (symbol, row) in enumerate(zip(run.symbols, frame, strict=True)):
            text.append(f"{symbol:<8s}{j + 1:10d}{1.0:12.6f}{0.0:12.6f}\n")
            text.append("".join(f"{x:20.10f}" for x in row) + "\n")
    path.write_text("".join(text))
    return {}


def ase_traj(run: Run, path: Path) -> dict:
    from ase.io import write

    write(path, images_of_ase(run), format="traj")
    return dict(FLAGS)


def gro(run: Run, path: Path) -> dict:
    """With five digits behind the point, as `gmx trjconv -ndec 5` writes it."""
    run, text = with_a_along_x(run), []
    cell = run.cell_A / 10
    box = [cell[0, 0], cell[1, 1], cell[2, 2], 0, 0, cell[1, 0], 0, cell[2, 0], cell[2, 1]]
    for i, frame in enumerate(run.wrapped_A / 10):
        text.append(f"a run t= {i * FRAME_FS / 1000:9.5f} step= {i * EVERY}\n{len(run.symbols):5d}\n")
        for j, (symbol, row) in enumerate(zip(run.symbols, frame, strict=True), start=1):
            text.append(f"{1:5d}{'ION':<5s}{symbol.upper():>5s}{j:5d}" + "".join(f"{x:10.5f}" for x in row))
            text.append("".join(f"{0.1:10.6f}" for _ in row) + "\n")
        text.append("".join(f"{x:10.5f}" for x in box) + "\n")
    path.write_text("".join(text))
    return {"timestep_fs": STEP_FS}


def pdb(run: Run, path: Path) -> dict:
    """With the cell once, as OpenMM writes it."""
    from ase.geometry import cell_to_cellpar

    run = with_a_along_x(run)
    a, b, c, alpha, beta, gamma = cell_to_cellpar(run.cell_A)
    text = [f"CRYST1{a:9.3f}{b:9.3f}{c:9.3f}{alpha:7.2f}{beta:7.2f}{gamma:7.2f} P 1           1\n"]
    for i, frame in enumerate(run.wrapped_A):
        text.append(f"MODEL {i + 1:8d}\n")
        for j, (symbol, (x, y, z)) in enumerate(zip(run.symbols, frame, strict=True), start=1):
            name = symbol.upper()
            text.append(
                f"ATOM  {j:5d} {name:>2s}   UNK     1    {x:8.3f}{y:8.3f}{z:8.3f}  1.00  0.00          {name:>2s}\n"
            )
        text.append("ENDMDL\n")
    path.write_text("".join(text))
    return dict(FLAGS)


def lammps_netcdf(run: Run, path: Path, *, unwrapped: bool = False) -> dict:
    """With ids in another order in every frame, and times as steps, scaled by the time step."""
    from scipy.io import netcdf_file

    run, count, rng = with_a_along_x(run), len(run.symbols), np.random.default_rng(0)
    lengths = np.linalg.norm(run.cell_A, axis=1)
    unit = run.cell_A / lengths[:, None]
    angles = np.degrees(np.arccos([unit[1] @ unit[2], unit[0] @ unit[2], unit[0] @ unit[1]]))
    with netcdf_file(path, "w", version=2) as file:
        for name, size in {"frame": None, "spatial": 3, "atom": count}.items():
            file.createDimension(name, size)
        shapes = {"id": ("i", "atom"), "type": ("i", "atom"), "cell_lengths": ("d", "spatial"), "time": ("f",)}
        shapes |= {"cell_angles": ("d", "spatial")}
        made = {name: file.createVariable(name, kind, ("frame", *rest)) for name, (kind, *rest) in shapes.items()}
        name = "unwrapped_coordinates" if unwrapped else "coordinates"
        made[name] = file.createVariable(name, "f", ("frame", "atom", "spatial"))
        made[name].units, made["time"].units, made["time"].scale_factor = b"angstrom", b"picosecond", STEP_FS / 1000
        for i, frame in enumerate(run.path_A if unwrapped else run.wrapped_A):
            order = rng.permutation(count)
            values = {"id": order + 1, "type": run.types[order], "cell_lengths": lengths, "time": i * EVERY}
            for key, value in (values | {name: frame[order], "cell_angles": angles}).items():
                made[key][i] = value
    turned = run.poscar(path.with_name(path.name + ".vasp"))
    cubic = np.allclose(angles, 90)
    return {"elements": ",".join(run.kinds)} if cubic else {"structure": turned}


def lammps_netcdf_unwrapped(run: Run, path: Path) -> dict:
    return lammps_netcdf(run, path, unwrapped=True)


def packed(writer: Callable[[Run, Path], dict], how: str) -> Callable[[Run, Path], dict]:
    """The same, compressed, under a name that does not say so."""

    def write(run: Run, path: Path) -> dict:
        flags = writer(run, path)
        path.write_bytes({"gzip": gzip, "xz": lzma, "bzip2": bz2}[how].compress(path.read_bytes()))
        return flags

    return write


#: Name of the table's row, file name, writer.
FORMATS: dict[str, tuple[str, Callable[[Run, Path], dict]]] = {
    "XDATCAR": ("XDATCAR", xdatcar),
    "XDATCAR of VASP 5.2": ("XDATCAR_52", xdatcar_52),
    "XDATCAR of VASP 4": ("XDATCAR_4", xdatcar_4),
    "vasprun.xml": ("vasprun.xml", vasprun),
    "vasprun.xml, gzip": ("run.xml", packed(vasprun, "gzip")),
    "OUTCAR": ("OUTCAR", outcar),
    "extended XYZ": ("a.extxyz", extxyz),
    "extended XYZ, xz": ("b.extxyz", packed(extxyz, "xz")),
    "XYZ with a structure": ("plain.xyz", plain_xyz),
    "GPUMD": ("movie.xyz", gpumd),
    "i-PI": ("ipi.pos_0.xyz", ipi),
    "CP2K with .cell": ("run-pos-1.xyz", cp2k),
    "LAMMPS dump, elements": ("el.lammpstrj", lammps_dump("id element x y z", shuffle=True)),
    "LAMMPS dump, types": ("ty.lammpstrj", lammps_dump("id type xs ys zs", shuffle=True)),
    "LAMMPS dump, images": ("im.lammpstrj", lammps_dump("id type x y z ix iy iz")),
    "LAMMPS dump, unwrapped, with times": ("xu.lammpstrj", lammps_dump("element xu yu zu", units=True)),
    "LAMMPS dump, bzip2": ("dump", packed(lammps_dump("id type x y z"), "bzip2")),
    "LAMMPS dump and data": ("da.lammpstrj", lammps_data),
    "XTC": ("a.xtc", by_mdanalysis),
    "TRR": ("a.trr", by_mdanalysis),
    "DCD": ("a.dcd", by_mdanalysis),
    "NetCDF of AMBER": ("a.ncdf", by_mdanalysis),
    "XTC by chemfiles": ("c.xtc", by_chemfiles),
    "TRR by chemfiles": ("c.trr", by_chemfiles),
    "DCD by chemfiles": ("c.dcd", by_chemfiles),
    "XTC, gzip": ("packed.xtc", packed(by_mdanalysis, "gzip")),
    "H5MD": ("a.h5", h5md),
    "DL_POLY HISTORY": ("HISTORY", dlpoly),
    "ASE .traj": ("a.traj", ase_traj),
    "GROMACS .gro": ("a.gro", gro),
    "PDB of OpenMM": ("a.pdb", pdb),
    "NetCDF of LAMMPS": ("lammps.nc", lammps_netcdf),
    "NetCDF of LAMMPS, unwrapped": ("lammps_u.nc", lammps_netcdf_unwrapped),
    "pw.x": ("pw.out", pw_output),
    "CASTEP .md": ("run.md", castep_md),
    "vaspout.h5": ("vaspout.h5", vaspout),
}
