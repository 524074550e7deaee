"""Files that ASE reads and no module here: its own `.traj`, and dozens of others."""

from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np

from ewald.errors import DependencyError, UserError, install_extra
from screening.trajectory.formats.frame import Frame, Frames
from screening.trajectory.formats.hints import Hints
from screening.trajectory.formats.opening import Source


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
    if (numbers < 1).any():
        raise UserError("contains ions without an element", file=source.path)

    def frames() -> Iterator[Frame]:
        for at, atoms in enumerate(chain([first], images)):
            if not np.array_equal(atoms.numbers, numbers):
                raise UserError(f"frame {at} holds other ions than the first", file=source.path)
            yield _frame(atoms, source.path, hints.length_A(source.path))

    return Frames(numbers, frames())


def _frame(atoms: Any, path: Path, unit: float) -> Frame:
    cell = np.array(atoms.cell.array, dtype=float) * unit
    whole = bool(abs(np.linalg.det(cell)) > 1e-6)
    if whole and atoms.pbc.any() and not atoms.pbc.all():
        raise UserError("is not periodic in all three directions", file=path, value=str(atoms.pbc))
    energy = atoms.calc.results.get("energy") if atoms.calc is not None else None
    return Frame(
        np.array(atoms.positions, dtype=float) * unit,
        cell if whole else None,
        potential_eV=None if energy is None else float(energy),
    )


def _images(source: Source) -> Iterator[Any]:
    from ase.io import iread
    from ase.io.formats import UnknownFileTypeError

    try:
        with source.plain_file() as plain:
            yield from iread(str(plain), index=":")
    except UnknownFileTypeError:
        raise UserError("has no format that ASE knows", file=source.path) from None
    except UserError:
        raise
    except Exception as error:  # ASE's readers take a file as it comes, and fail in as many ways as it can be wrong
        said = " ".join(f"{type(error).__name__}: {error}".split())
        raise UserError(f"cannot be read as a trajectory: {said}", file=source.path) from None
