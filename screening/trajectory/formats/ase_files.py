"""Files that ASE reads and no module here: its own `.traj`, and dozens of others."""

import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np

from ewald.errors import DependencyError, UserError, install_extra
from screening.trajectory.formats.frame import Frame, Frames
from screening.trajectory.formats.hints import Hints
from screening.trajectory.formats.opening import Source

_PDB = re.compile(rb"(?:(?:HEADER|TITLE|REMARK|COMPND|AUTHOR)[^\n]*\n)*(?:CRYST1 *\d|MODEL +\d|ATOM +\d|HETATM *\d)")


def read_with_ase(source: Source, hints: Hints) -> Frames:
    """Read whatever ASE knows, in ASE's angstrom and eV."""
    try:
        import ase.io  # noqa: F401
    except ImportError:
        raise DependencyError("reading this format needs ASE", file=source.path, fix=install_extra("ase")) from None
    images = _images(source)
    first = next(images, None)
    if first is None:
        raise UserError("holds no frames", file=source.path)
    numbers = np.asarray(first.numbers, dtype=np.int64)
    # A PDB file's CRYST1 is that of all its models, as OpenMM writes it.
    said_once = source.count(b"CRYST1") == 1
    if (numbers < 1).any():
        raise UserError("contains ions without an element", file=source.path)

    def frames() -> Iterator[Frame]:
        cell = None
        for at, atoms in enumerate(chain([first], images)):
            if not np.array_equal(atoms.numbers, numbers):
                raise UserError(f"frame {at} holds other ions than the first", file=source.path)
            frame = _frame(atoms, source.path, hints.length_A(source.path))
            cell = frame.cell_A if frame.cell_A is not None else cell
            yield replace(frame, cell_A=cell) if said_once else frame

    return Frames(numbers, frames())


def _frame(atoms: Any, path: Path, unit: float) -> Frame:
    cell = np.array(atoms.cell.array, dtype=float) * unit
    whole = bool(abs(np.linalg.det(cell)) > 1e-6)
    if whole and atoms.pbc.any() and not atoms.pbc.all():
        raise UserError("is not periodic in all three directions", file=path, value=str(atoms.pbc))
    moving = atoms.has("momenta") and atoms.get_momenta().any()
    energy = atoms.calc.results.get("energy") if atoms.calc is not None else None
    return Frame(
        np.array(atoms.positions, dtype=float) * unit,
        cell if whole else None,
        potential_eV=None if energy is None else float(energy),
        temperature_K=float(atoms.get_temperature()) if moving else None,
    )


def _images(source: Source) -> Iterator[Any]:
    from ase.io import iread
    from ase.io.formats import UnknownFileTypeError

    try:
        kind = "proteindatabank" if _PDB.match(source.head) else None
        with source.plain_file() as plain:
            for atoms in iread(str(plain), index=":", format=kind):
                # What follows the last model of a PDB file, CONECT and END, is a model without ions to ASE.
                if len(atoms) or kind is None:
                    yield atoms
    except UnknownFileTypeError:
        fix = "convert it to extended XYZ, or open it in Python and give read_trajectory the list of frames"
        raise UserError("is of no known format", file=source.path, fix=fix) from None
    except UserError:
        raise
    except Exception as error:  # ASE's readers take a file as it comes, and fail in as many ways as it can be wrong
        said = " ".join(f"{type(error).__name__}: {error}".split())
        raise UserError(f"cannot be read as a trajectory: {said}", file=source.path) from None
