"""The cell of a CIF, and whether it has the symmetry of the group that the file names."""

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ewald.errors import StructureError
from ewald.io.crystals.cif_blocks import CifBlock
from ewald.io.crystals.cif_values import number
from ewald.io.crystals.group_names import types

_LENGTHS = tuple(f"_cell_length_{axis}" for axis in "abc")
_ANGLES = tuple(f"_cell_angle_{angle}" for angle in ("alpha", "beta", "gamma"))
# Primitive vectors of each centring in terms of the usual cell (rows); R on hexagonal axes, obverse.
_PRIMITIVE = {
    "A": ((1, 0, 0), (0, 0.5, 0.5), (0, -0.5, 0.5)),
    "B": ((0.5, 0, 0.5), (0, 1, 0), (-0.5, 0, 0.5)),
    "C": ((0.5, 0.5, 0), (-0.5, 0.5, 0), (0, 0, 1)),
    "I": ((-0.5, 0.5, 0.5), (0.5, -0.5, 0.5), (0.5, 0.5, -0.5)),
    "F": ((0, 0.5, 0.5), (0.5, 0, 0.5), (0.5, 0.5, 0)),
}

#: Crystals of any kind have volumes for each ion between these.
LIKELY_VOLUME_A3 = (4.0, 100.0)
# None has less; salts of the largest ions have 60.
_LEAST_VOLUME_A3, _MOST_VOLUME_A3 = 1.0, 250.0


def lattice_of(block: CifBlock, halls: Sequence[int], file: Path) -> NDArray[np.float64]:
    """Return the cell vectors as rows, in angstrom.

    What the file leaves out is what its space group makes it: angles of 90 (120) degrees, equal axes.

    Parameters
    ----------
    block
        The data block.
    halls
        Settings that its space group may have.
    file
        For messages.

    Raises
    ------
    StructureError
        If a length is missing, or numbers make no cell.
    """
    from pymatgen.core import Lattice

    group = types()[halls[0] - 1].number if halls else 1
    hexagonal = 143 <= group <= 194 and types()[halls[0] - 1].choice != "R"
    lengths = [_positive(block, name, file) for name in _LENGTHS]
    equal = (0, 0, 0) if group >= 195 else (0, 0, 2) if group >= 75 else (0, 1, 2)
    lengths = [lengths[equal[k]] if one is None else one for k, one in enumerate(lengths)]
    angles = [_positive(block, name, file) for name in _ANGLES]
    usual = (90.0, 90.0, 120.0 if hexagonal else 90.0)
    whole = [usual[k] if one is None else one for k, one in enumerate(angles)]
    missing = [name for name, one in zip(_LENGTHS, lengths, strict=True) if one is None]
    if missing:
        raise StructureError("the cell length is missing", file=file, field=missing[0], fix="give it in angstrom")
    a, b, c = (one for one in lengths if one is not None)
    cosines = np.cos(np.radians(whole))
    if 1 + 2 * cosines.prod() - (cosines**2).sum() <= 0:
        raise StructureError(
            "no cell can have these angles",
            file=file,
            field=", ".join(_ANGLES),
            value=", ".join(f"{angle:g}" for angle in whole),
            fix="correct them",
        )
    return np.array(Lattice.from_parameters(a, b, c, *whole).matrix)


def _positive(block: CifBlock, name: str, file: Path) -> float | None:
    text = block.first(name)
    if not text:
        return None
    value = number(text)
    if not (math.isfinite(value) and value > 0):
        raise StructureError("not a length or angle", file=file, field=name, value=text, fix="give a positive number")
    return value


def distortion(rotations: NDArray[np.float64], lattice: NDArray[np.float64]) -> float:
    """Return by how much rotations (M, 3, 3) change a cell, vectors as rows; relative to the longest squared."""
    metric = lattice @ lattice.T
    turned = np.swapaxes(rotations, 1, 2) @ metric @ rotations
    return float(np.abs(turned - metric).max(initial=0.0) / metric.diagonal().max())


def primitive_vectors(centring: str) -> NDArray[np.float64] | None:
    """Return the primitive vectors of a centred cell in terms of it, as rows; None for P and R."""
    rows = _PRIMITIVE.get(centring)
    return None if rows is None else np.array(rows)


def volume_doubts(lattice: NDArray[np.float64], ions: float, file: Path) -> list[str]:
    """Refuse a cell whose lengths are in other units, and say that one is nearly empty.

    Parameters
    ----------
    lattice
        Cell vectors as rows, in angstrom.
    ions
        Mean number of ions in the cell.
    file
        For messages.

    Raises
    ------
    StructureError
        If the volume for each ion is none of a crystal, but is with lengths in nanometres or picometres.
    """
    volume_A3 = abs(float(np.linalg.det(lattice))) / max(ions, 1e-9)
    if _LEAST_VOLUME_A3 < volume_A3 < _MOST_VOLUME_A3:
        return []
    for unit, cubed in (("nanometres", 1e3), ("picometres", 1e-6)):
        if LIKELY_VOLUME_A3[0] < volume_A3 * cubed < LIKELY_VOLUME_A3[1]:
            raise StructureError(
                f"the cell has {volume_A3:.3g} A^3 for each ion, which no crystal has: the lengths look like {unit}",
                file=file,
                field="_cell_length_a",
                fix="give angstrom",
            )
    if volume_A3 < _MOST_VOLUME_A3:
        return []
    units = "lengths are in angstrom, and occupancies shares of 1 whatever the multiplicity"
    return [f"WARNING: the cell has {volume_A3:.0f} A^3 for each ion, far more than crystals: {units}"]
