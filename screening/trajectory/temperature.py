"""Whether a run was made at the temperature that it is taken for: as far as its file says so.

Files tell in two ways: by the thermostat's settings, and by velocities or kinetic energies, which scatter by
sqrt(2 / 3N) from frame to frame.
"""

import numpy as np
from numpy.typing import NDArray
from pymatgen.core import Element

from ewald.constants import BOLTZMANN_eV_K, MD_TIME_fs
from ewald.errors import UserError
from screening.trajectory.trajectory import Trajectory

Floats = NDArray[np.float64]

_PARTS = 5
_RAMP = 0.15
"""A run whose temperature changes by this share from its first to its last fifth was not made at one."""

_OTHER = 0.1
_STATED = 0.01
_CORRELATED = 20
"""Frames that are taken to count as one: temperatures of neighbouring frames are correlated."""

_SURE = 5.0
_FEWEST = 10


def masses_of(numbers: NDArray[np.int64]) -> Floats:
    """Return the standard atomic masses in u of ions.

    Parameters
    ----------
    numbers
        (N,) atomic numbers.
    """
    return np.array([float(Element.from_Z(int(z)).atomic_mass) for z in numbers])


def temperature_of(velocities_A_fs: Floats, masses_u: Floats) -> float | None:
    """Return the temperature in K of ions with these velocities; None for ions at rest.

    Parameters
    ----------
    velocities_A_fs
        (N, 3) in A/fs.
    masses_u
        (N,), see :func:`masses_of`.

    Examples
    --------
    >>> round(temperature_of(np.full((2, 3), [[0.01] * 3, [-0.01] * 3]), masses_of(np.array([3, 3]))), 1)
    1669.6
    """
    twice_eV = float(masses_u @ (velocities_A_fs**2).sum(axis=1)) * MD_TIME_fs**2
    return temperature_of_energy(twice_eV / 2, len(masses_u)) if twice_eV > 0 else None


def temperature_of_energy(kinetic_eV: float, ions: int) -> float:
    """Return the temperature in K of so many ions with a kinetic energy, their centre of mass at rest.

    Parameters
    ----------
    kinetic_eV
        Of all ions.
    ions
        Their number.
    """
    return 2 * kinetic_eV / (3 * max(ions - 1, 1) * BOLTZMANN_eV_K)


def check_temperature(run: Trajectory, temperature_K: float) -> list[str]:
    """Compare a temperature with what the file says; return what is to be said.

    Parameters
    ----------
    run
        Without its equilibration.
    temperature_K
        What it is taken for.

    Raises
    ------
    UserError
        When the run was made at another temperature by its thermostat, or not at one.
    """
    where = run.sources[0] if run.sources else None
    stated = run.target_temperature_K
    if stated is not None and abs(temperature_K / stated - 1) > _STATED:
        raise UserError(
            f"is of a run at {stated:g} K by the settings in the file", file=where, field="temperature",
            value=temperature_K, fix=f"give {stated:g}",
        )  # fmt: skip
    series = run.temperature_K
    if series is None or len(series) < _FEWEST or not np.isfinite(series).all() or series.min() <= 0:
        return []
    parts = [float(part.mean()) for part in np.array_split(series, _PARTS)]
    # Of one frame by equipartition; frames close in time repeat each other.
    alone = np.sqrt(2 / (3 * len(run.numbers)))
    error = alone / np.sqrt(max(1.0, len(series) / _PARTS / _CORRELATED))
    mean = float(series.mean())
    if abs(parts[-1] - parts[0]) > max(_RAMP, _SURE * error) * mean:
        raise UserError(
            f"its temperature goes from {parts[0]:.0f} K in the first fifth to {parts[-1]:.0f} K in the last",
            file=where,
            fix="give runs at one temperature each; --frames takes a part",
        )
    if abs(mean / temperature_K - 1) > max(_OTHER, _SURE * error / np.sqrt(_PARTS)):
        return [f"its ions have {mean:.0f} K on average by the file, and it is taken for {temperature_K:g} K"]
    return []
