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
"""Shorter than any bond, vibrating or multiple (U=O 0.76, C=N 0.86)."""

_DENSE_A3 = 10.0
_NM, _SAME_PLACE = 0.15, 0.002
_FEW = 0.05
"""Share of ions too near another: 0 in DFT-MD at 500 K, 0.7 to 0.9 where a wrong cell or unit mixes the positions."""

_SAME_SITE_A = 1.5


def bond_ratios(positions_A: Floats, numbers: NDArray[np.int64], cell_A: Floats | None) -> Floats | None:
    """Return each ion's shortest distance by the sum of atomic radii, (N,); None for few ions or unknown radii.

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
    ratios: Floats = distances[:, 1:] / (radii[:, None] + radii[owner[near[:, 1:]]])
    return np.asarray(ratios.min(axis=1))


def _mixed(ratios: Floats, positions_A: Floats, numbers: NDArray[np.int64], cell_A: Floats | None) -> bool:
    """Whether ions are on top of others, also without the element of which most are."""
    near = ratios < _TOO_NEAR
    if np.mean(near) <= _FEW:
        return False
    # Models of hopping let mobile ions share a site or cross the framework.
    mobile = max(np.unique(numbers), key=lambda z: float(np.mean(near[numbers == z])))
    rest = numbers != mobile
    of_rest = bond_ratios(positions_A[rest], numbers[rest], cell_A)
    return of_rest is None or bool(np.mean(of_rest < _TOO_NEAR) > _FEW)


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
    alone = bond_ratios(positions_A, numbers, None)
    ratios = alone if cell_A is None else bond_ratios(positions_A, numbers, cell_A)
    if alone is None or ratios is None:
        return
    mixed = _mixed(ratios, positions_A, numbers, cell_A)
    if mixed and cell_of and not _mixed(alone, positions_A, numbers, None) and np.quantile(alone, 0.25) <= _TOO_FAR:
        raise UserError(f"its positions do not fit into the cell of {cell_of}", file=where)
    lower = np.quantile(ratios, 0.25)
    per_ion = np.inf if cell_A is None else abs(np.linalg.det(cell_A)) / len(numbers)
    short = lower < _TOO_NEAR and (per_ion < _DENSE_A3 or _SAME_PLACE < lower < _NM)
    if mixed or short or lower > _TOO_FAR:
        typical = float(np.median(alone if cell_A is None or cell_of else ratios))
        raise UserError(
            f"its ions are {typical:.2g} times as far apart as atoms of these elements are: its lengths are in "
            "another unit, its cell is another, or its elements are others",
            file=where,
            fix="give --length-unit bohr, nm or angstrom, or --elements",
        )


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
