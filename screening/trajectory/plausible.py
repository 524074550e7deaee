"""Whether positions can be those of a solid in angstrom: a wrong unit or a wrong cell shows in the shortest distances.

Bond lengths are compared with sums of atomic radii (J. C. Slater, J. Chem. Phys. 41, 3199 (1964)), which hold to about
0.12 A in crystals. A factor of 1.9 (bohr) or 10 (nm) stands out.
"""

from itertools import product

import numpy as np
from numpy.typing import NDArray
from pymatgen.core import Element
from scipy.spatial import cKDTree

from ewald.errors import UserError
from screening.trajectory.formats.hints import Reference

Floats = NDArray[np.float64]

_FEWEST = 8
"""Below so many ions nothing is said."""

_TOO_FAR = 1.55
_TOO_NEAR = 0.65
_DENSE_A3 = 10.0
_NM, _SAME_PLACE = 0.15, 0.002
_SCRAMBLED = 0.75
"""The shortest distances in the right cell are hardly shorter than those without a cell."""

_SAME_SITE_A = 1.5


def bond_ratio(positions_A: Floats, numbers: NDArray[np.int64], cell_A: Floats | None) -> float | None:
    """Return the lower quartile over ions of the shortest distance by the sum of atomic radii; None without radii.

    Parameters
    ----------
    positions_A
        (N, 3).
    numbers
        (N,) atomic numbers.
    cell_A
        (3, 3), or None for no images.
    """
    radii = np.array([float(Element.from_Z(int(z)).atomic_radius or np.nan) for z in numbers])
    if len(numbers) < _FEWEST or np.isnan(radii).any():
        return None
    points, owner = positions_A, np.arange(len(numbers))
    if cell_A is not None:
        scaled = positions_A @ np.linalg.inv(cell_A)
        positions_A = (scaled - np.floor(scaled)) @ cell_A
        shifts = np.array(list(product((-1, 0, 1), repeat=3))) @ cell_A
        points = (positions_A[None] + shifts[:, None]).reshape(-1, 3)
        owner = np.tile(np.arange(len(numbers)), len(shifts))
    distances, near = cKDTree(points).query(positions_A, k=min(9, len(points)))
    ratios = distances[:, 1:] / (radii[:, None] + radii[owner[near[:, 1:]]])
    return float(np.quantile(ratios.min(axis=1), 0.25))


def check_lengths(
    positions_A: Floats, numbers: NDArray[np.int64], cell_A: Floats | None, where: str, *, cell_of: str | None = None
) -> None:
    """Refuse a first frame whose distances are not those of ions in angstrom.

    Parameters
    ----------
    positions_A, numbers, cell_A
        First frame.
    where
        File, for the message.
    cell_of
        Structure that the cell comes from, where the file has none.

    Raises
    ------
    UserError
        When distances are too long or too short, or the cell scrambles them.
    """
    open_ratio = bond_ratio(positions_A, numbers, None)
    ratio = open_ratio if cell_A is None or cell_of else bond_ratio(positions_A, numbers, cell_A)
    if ratio is None or open_ratio is None:
        return
    per_ion = np.inf if cell_A is None else abs(np.linalg.det(cell_A)) / len(numbers)
    # Positions in one unit and the cell in another: far apart by themselves, and anywhere in the cell.
    long = ratio > _TOO_FAR or (open_ratio > _TOO_FAR and ratio < _SCRAMBLED)
    short = ratio < _TOO_NEAR and (per_ion < _DENSE_A3 or _SAME_PLACE < ratio < _NM)
    if long or short:
        raise UserError(
            f"its ions are {ratio:.2g} times as far apart as atoms of these elements are: its lengths are in "
            "another unit, or its elements are others",
            file=where,
            fix="give --length-unit bohr, nm or angstrom, or --elements",
        )
    if cell_of and cell_A is not None:
        inside = bond_ratio(positions_A, numbers, cell_A)
        if inside is not None and open_ratio > _TOO_NEAR and inside < _SCRAMBLED * open_ratio:
            raise UserError(f"its positions do not fit into the cell of {cell_of}", file=where)


def check_order(positions_A: Floats, reference: Reference, cell_A: Floats | None, where: str) -> None:
    """Refuse a structure that lends its elements to a trajectory whose ions are elsewhere.

    Parameters
    ----------
    positions_A
        First frame.
    reference
        The structure, with its ions in the order that the trajectory should have.
    cell_A
        (3, 3).
    where
        File, for the message.

    Raises
    ------
    UserError
        When the ions of no element are near their places in the structure.
    """
    if cell_A is None or len(positions_A) < _FEWEST:
        return
    moved = (positions_A - reference.positions_A) @ np.linalg.inv(cell_A)
    of_element = [moved[reference.numbers == z] for z in np.unique(reference.numbers)]
    # The whole cell may have drifted: then all ions moved as one of them did. Two elements may be mobile.
    needed = max(1, len(of_element) - 1 if len(of_element) < 4 else len(of_element) - 2)
    nearest = np.inf
    for shift in (np.zeros(3), *(rows[0] for rows in of_element if len(rows) > 3)):
        apart = [
            float(np.median(np.linalg.norm((d - np.round(d)) @ cell_A, axis=1)))
            for d in (rows - shift for rows in of_element)
        ]
        nearest = min(nearest, sorted(apart)[needed - 1])
    if nearest > _SAME_SITE_A:
        raise UserError(
            f"its ions are {nearest:.1f} A away from those of {reference.where}, which gives the elements: their "
            "orders differ, or it is of another run",
            file=where,
            fix="give the structure that the run started from, with its ions in the same order",
        )
