"""The position that a Wyckoff letter means, where it has no free coordinate."""

from functools import cache

import numpy as np
from numpy.typing import NDArray

from ewald.io.crystals.symmetry import copies_of, operations_of_hall

# Special positions without a free coordinate are multiples of 1/24 in every setting.
_STEPS = 24
# Two general positions, so that the crystal has the symmetry of its group and no more.
_GENERAL = np.array([[0.1347, 0.0681, 0.2119], [0.3173, 0.4021, 0.0457]])
# Squares and products of three unlike vectors, from which the metric of the group's cell is made.
_METRIC_A2 = np.array([[81.0, 3.1, 4.3], [3.1, 121.0, 5.9], [4.3, 5.9, 169.0]])


@cache
def fixed_positions(hall: int) -> dict[str, tuple[float, float, float]]:
    """Find the Wyckoff letters of a setting whose positions have no free coordinate, each with one position.

    The letters are spglib's (A. Togo et al., Sci. Technol. Adv. Mater. Meth. 4, 2384822 (2024)), as in International
    Tables A: it is shown a crystal with an atom of its own kind on every such position.

    Parameters
    ----------
    hall
        Number of the setting in spglib's list.

    Examples
    --------
    >>> fixed_positions(523)["c"]  # F m -3 m
    (0.25, 0.25, 0.25)
    """
    import spglib

    rotations, translations = operations_of_hall(hall)
    metric = (np.swapaxes(rotations, 1, 2) @ _METRIC_A2 @ rotations).mean(axis=0)
    lattice = np.linalg.cholesky(metric)
    special = _special_points(rotations, translations)
    orbits = [copies_of(point, (rotations, translations), lattice) for point in (*_GENERAL, *special)]
    kinds = np.repeat(np.arange(1, len(orbits) + 1), [len(orbit) for orbit in orbits])
    found = spglib.get_symmetry_dataset((lattice, np.concatenate(orbits), kinds), symprec=1e-4, hall_number=hall)
    if found is None or found.hall_number != hall:
        return {}
    first = np.cumsum([0, *(len(orbit) for orbit in orbits[:-1])])[len(_GENERAL) :]
    # spglib may have moved the crystal to another origin of the same setting: the letters are those of its positions.
    own = np.array([found.transformation_matrix @ point + found.origin_shift for point in special]).reshape(-1, 3)
    own = np.rint((own - np.floor(own + 1e-6)) * _STEPS) / _STEPS
    return {found.wyckoffs[k]: (x, y, z) for k, (x, y, z) in zip(first.tolist(), own.tolist(), strict=True)}


def _special_points(rotations: NDArray[np.float64], translations: NDArray[np.float64]) -> list[NDArray[np.float64]]:
    """Return one point of each orbit whose site symmetry leaves no direction free."""
    grid = np.argwhere(np.ones((_STEPS,) * 3)).astype(float)
    shifts = np.rint(translations * _STEPS)
    free = np.zeros(len(grid))
    fixing = np.zeros(len(grid))
    for rotation, shift in zip(rotations, shifts, strict=True):
        stays = ((grid @ rotation.T + shift - grid) % _STEPS == 0).all(axis=1)
        fixing += stays
        free += stays * np.trace(rotation)
    # The mean trace over the site symmetry group is the number of directions that it leaves alone.
    points = grid[np.rint(free / fixing) == 0].astype(int)
    left = {tuple(point) for point in points.tolist()}
    found = []
    for point in map(tuple, points.tolist()):
        if point in left:
            found.append(np.array(point) / _STEPS)
            images = np.rint(rotations @ np.array(point) + shifts).astype(int) % _STEPS
            left -= set(map(tuple, images.tolist()))
    return found
