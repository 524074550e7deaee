"""Python objects: universes of MDAnalysis, lists of ASE's `Atoms` or pymatgen's structures, pymatgen's `Trajectory`."""

from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pymatgen.core import Element

from ewald.errors import UserError
from screening.trajectory.formats.frame import Frame, Frames, cell_of_parameters
from screening.trajectory.formats.hints import Hints

_HERE = Path("the trajectory")
_TIMED = {"XTC", "TRR", "H5MD", "NCDF", "NC"}
"""MDAnalysis' readers that take their times from the file: others assume 1 ps, or the unit of one program."""


def frames_of_object(found: Any, hints: Hints) -> Frames | None:
    """Return the frames of an object; None when it is of no kind known here."""
    if hasattr(found, "trajectory") and hasattr(found, "atoms"):
        return _universe(found, hints)
    if hasattr(found, "coords") and hasattr(found, "get_structure"):
        return _images((found.get_structure(i) for i in range(len(found))), spacing_fs=found.time_step)
    if isinstance(found, Iterable) and not isinstance(found, str | bytes):
        return _images(found)
    return None


def _universe(universe: Any, hints: Hints) -> Frames:
    """Read a universe, whose readers give angstrom and ps; its elements are those of its topology."""
    atoms = universe.atoms
    if hasattr(atoms, "elements") and all(atoms.elements):
        labels = [str(element) for element in atoms.elements]
        numbers = np.array([hints.elements.number(label, _HERE) for label in labels], dtype=np.int64)
    elif hints.elements.by_type or hints.elements.by_label:
        numbers = np.array([hints.elements.number(str(kind), _HERE) for kind in atoms.types], dtype=np.int64)
    else:
        numbers = hints.ordered_numbers(len(atoms), _HERE)

    formats = universe.trajectory.format
    timed = bool({formats} & _TIMED if isinstance(formats, str) else set(formats) & _TIMED)

    def frames() -> Iterator[Frame]:
        for step in universe.trajectory:
            box = step.dimensions
            cell = None if box is None or not box[:3].all() else np.asarray(step.triclinic_dimensions, dtype=float)
            if cell is not None and np.abs(box[3:] - 90).max() > 1e-3 and hints.structure is not None:
                given = hints.structure.cell_A
                parameters = cell_of_parameters(np.asarray(box[:3], float), np.asarray(box[3:], float))
                if given is not None and np.allclose(given @ given.T, parameters @ parameters.T, rtol=2e-4, atol=1e-2):
                    cell = given
            yield Frame(np.array(step.positions, dtype=float), cell, time_fs=float(step.time) * 1000 if timed else None)

    return Frames(numbers, frames())


def _images(images: Iterable[Any], spacing_fs: float | None = None) -> Frames:
    """Read atoms of ASE or structures of pymatgen, one for each frame."""
    rest = iter(images)
    first = next(rest, None)
    if first is None:
        raise UserError("holds no frames", file=_HERE)
    numbers = _numbers(first)

    def frames() -> Iterator[Frame]:
        for at, image in enumerate(chain([first], rest)):
            if not np.array_equal(_numbers(image), numbers):
                raise UserError(f"frame {at} holds other ions than the first", file=_HERE)
            yield _frame(image)

    return Frames(numbers, frames(), spacing_fs=spacing_fs)


def _numbers(image: Any) -> NDArray[np.int64]:
    if hasattr(image, "numbers"):
        return np.asarray(image.numbers, dtype=np.int64)
    return np.array([Element(site.specie.symbol).Z for site in image], dtype=np.int64)


def _frame(image: Any) -> Frame:
    if not hasattr(image, "numbers"):
        return Frame(np.array(image.cart_coords, dtype=float), np.array(image.lattice.matrix, dtype=float))
    cell = np.array(image.cell.array, dtype=float)
    if image.pbc.any() and not image.pbc.all():
        raise UserError("is not periodic in all three directions", file=_HERE, value=str(image.pbc))
    energy = image.calc.results.get("energy") if image.calc is not None else None
    return Frame(
        np.array(image.positions, dtype=float),
        cell if abs(np.linalg.det(cell)) > 1e-6 else None,
        potential_eV=None if energy is None else float(energy),
    )
