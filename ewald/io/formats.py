"""The formats in which arrangements are written: CIF, POSCAR, extended XYZ."""

import numpy as np
from numpy.typing import ArrayLike

from ewald.errors import UserError
from ewald.io.cif import cif_text
from ewald.ions import VACANCY, element_of
from ewald.space.space import ConfigurationSpace

#: Ending of the files of each format.
SUFFIXES = {"cif": ".cif", "poscar": ".vasp", "extxyz": ".xyz"}


def arrangement_text(space: ConfigurationSpace, occupation: ArrayLike, file_format: str) -> str:
    """Format one arrangement.

    Parameters
    ----------
    space, occupation
        The space, and the species index on every site, shape (N,).
    file_format
        ``"cif"``, ``"poscar"`` or ``"extxyz"``.

    Raises
    ------
    UserError
        If there is no such format.
    """
    if file_format == "cif":
        return cif_text(space, occupation)
    if file_format == "poscar":
        return _poscar(space, occupation)
    if file_format == "extxyz":
        return _extxyz(space, occupation)
    raise UserError("no such format", field="format", value=file_format, fix=f"one of {', '.join(SUFFIXES)}")


def _filled(space: ConfigurationSpace, occupation: ArrayLike) -> list[tuple[str, int]]:
    """Element and site of every ion, elements together."""
    names = space.species_of(occupation)
    return sorted((element_of(name), site) for site, name in enumerate(names) if name != VACANCY)


def _poscar(space: ConfigurationSpace, occupation: ArrayLike) -> str:
    ions = _filled(space, occupation)
    elements = list(dict.fromkeys(element for element, _ in ions))
    numbers = [sum(one == element for one, _ in ions) for element in elements]
    lines = [" ".join(f"{e}{n}" for e, n in zip(elements, numbers, strict=True)), "1.0"]
    lines += [" ".join(f"{x:.12f}" for x in row) for row in space.lattice]
    lines += [" ".join(elements), " ".join(map(str, numbers)), "Direct"]
    for _, site in ions:
        frac = space.frac_coords[site] - np.floor(space.frac_coords[site])
        lines.append(" ".join(f"{x:.12f}" for x in frac))
    return "\n".join(lines) + "\n"


def _extxyz(space: ConfigurationSpace, occupation: ArrayLike) -> str:
    ions, charges = _filled(space, occupation), space.charges_of(occupation)
    cell = " ".join(f"{x:.12f}" for row in space.lattice for x in row)
    lines = [str(len(ions)), f'Lattice="{cell}" Properties=species:S:1:pos:R:3:initial_charges:R:1 pbc="T T T"']
    for element, site in ions:
        frac = space.frac_coords[site] - np.floor(space.frac_coords[site])
        x, y, z = frac @ space.lattice
        lines.append(f"{element} {x:.12f} {y:.12f} {z:.12f} {charges[site]:.6f}")
    return "\n".join(lines) + "\n"
