"""The structure given beside a trajectory: a crystal file, a LAMMPS data file, a .gro or .pdb file, or an object."""

from pathlib import Path
from typing import Any

import numpy as np
from pymatgen.core import Element, Structure

from ewald.errors import StructureError, UserError
from ewald.io.structure import existing_file, read_structure
from screening.trajectory.formats.hints import Elements, Reference
from screening.trajectory.formats.lammps import is_data, read_data
from screening.trajectory.formats.opening import Source


def read_reference(structure: Any, elements: Elements) -> Reference:
    """Read a structure, with its ions in the order of the file.

    Parameters
    ----------
    structure
        Path, pymatgen `Structure` or ASE `Atoms`.
    elements
        What the user says of types.

    Raises
    ------
    StructureError
        When it cannot be read, or its sites are not each held by one element.
    """
    if isinstance(structure, Structure):
        return _of_structure(structure, "the structure")
    if hasattr(structure, "numbers"):
        return _of_atoms(structure, "the structure")
    source = Source(existing_file(structure))
    if is_data(source.head.decode("utf-8", errors="replace")):
        return read_data(source, elements)
    with source.plain_file() as plain:
        try:
            return _of_structure(read_structure(plain, field="structure"), str(source.path))
        except StructureError as error:
            found = _with_ase(plain, str(source.path))
            if found is None or found.cell_A is None:
                raise StructureError(error.problem, file=source.path, field=error.field, fix=error.fix) from None
            return found


def _of_structure(structure: Structure, where: str) -> Reference:
    if not structure.is_ordered:
        raise StructureError(
            "has partly occupied sites, and a trajectory needs one ion per site",
            file=where,
            field="structure",
            fix="give the structure that the run started from",
        )
    numbers = np.array([Element(site.specie.symbol).Z for site in structure], dtype=np.int64)
    return Reference(numbers, np.array(structure.lattice.matrix), np.array(structure.cart_coords), where=where)


def _of_atoms(atoms: Any, where: str) -> Reference:
    cell = np.array(atoms.cell.array, dtype=float)
    return Reference(
        np.asarray(atoms.numbers, dtype=np.int64),
        cell if abs(np.linalg.det(cell)) > 1e-6 else None,
        np.array(atoms.positions, dtype=float),
        where=where,
    )


def _with_ase(plain: Path, where: str) -> Reference | None:
    """Read what pymatgen does not, such as .gro and .pdb; None when ASE is missing or cannot either."""
    try:
        from ase.io import read

        return _of_atoms(read(str(plain), index=0), where)
    except UserError:
        raise
    except Exception:  # ASE's readers fail in as many ways as a file can be wrong
        return None
