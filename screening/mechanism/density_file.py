"""The probability density of the mobile ion as a file that VESTA, OVITO or VMD draws as isosurfaces."""

from pathlib import Path

import numpy as np

from ewald.constants import BOHR_A
from ewald.errors import UserError
from screening.mechanism.sites import Sites
from screening.trajectory.trajectory import Trajectory


def check_density_name(path: Path) -> None:
    """Refuse a file name that is neither a cube file nor a CHGCAR.

    Raises
    ------
    UserError
        When the name says of neither.
    """
    if path.suffix.lower() != ".cube" and "CHGCAR" not in path.name.upper():
        raise UserError(
            "is neither a cube file nor a CHGCAR",
            field="density",
            value=str(path),
            fix="use a name that ends in .cube, or CHGCAR",
        )


def write_density(sites: Sites, trajectory: Trajectory, path: Path) -> None:
    """Write the density with the first frame of the run.

    Parameters
    ----------
    sites
        Density in ions per cubic angstrom, on a grid whose first point is half a spacing from the corner of the cell.
    trajectory
        The ions to draw with it.
    path
        `.cube` (ions per cubic bohr, as the format has it) or a name with CHGCAR (ions per cell).
    """
    check_density_name(path)
    text = _cube(sites, trajectory) if path.suffix.lower() == ".cube" else _chgcar(sites, trajectory)
    path.write_text(text, encoding="utf-8")


def _cube(sites: Sites, trajectory: Trajectory) -> str:
    shape, positions = sites.density.shape, np.asarray(trajectory.positions_A[0], dtype=float) / BOHR_A
    steps = sites.cell_A / BOHR_A / np.array(shape)[:, None]
    lines = ["density of the mobile ion, ions per cubic bohr", "written by IonSieve"]
    lines.append(_row(len(positions), steps.sum(axis=0) / 2))
    lines += [_row(n, step) for n, step in zip(shape, steps, strict=True)]
    lines += [
        f"{int(z):5d}{0.0:12.6f}" + "".join(f"{x:12.6f}" for x in row)
        for z, row in zip(trajectory.numbers, positions, strict=True)
    ]
    for line in (sites.density * BOHR_A**3).reshape(-1, shape[2]):
        lines += ["".join(f"{value:13.5E}" for value in line[i : i + 6]) for i in range(0, len(line), 6)]
    return "\n".join(lines) + "\n"


def _row(count: int, vector: np.ndarray) -> str:
    return f"{count:5d}" + "".join(f"{x:12.6f}" for x in vector)


def _chgcar(sites: Sites, trajectory: Trajectory) -> str:
    from pymatgen.core import Element, Structure
    from pymatgen.io.vasp import Poscar

    symbols = [Element.from_Z(int(z)).symbol for z in trajectory.numbers]
    structure = Structure(sites.cell_A, symbols, trajectory.positions_A[0], coords_are_cartesian=True)
    structure = structure.get_sorted_structure()
    # VASP's grid begins at the corner of the cell: the ions are moved by half a spacing towards it.
    structure.translate_sites(range(len(structure)), [-0.5 / n for n in sites.density.shape])
    values = (sites.density * abs(float(np.linalg.det(sites.cell_A)))).ravel(order="F")
    rows = [" ".join(f"{value:.10E}" for value in values[i : i + 5]) for i in range(0, len(values), 5)]
    return f"{Poscar(structure).get_str()}\n{' '.join(map(str, sites.density.shape))}\n" + "\n".join(rows) + "\n"
