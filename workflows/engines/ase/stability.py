"""Whether a time step is short enough: the drift of the energy in a trial at constant energy.

Velocity Verlet conserves an energy close to the true one for as long as the step is stable, so the total energy
oscillates but does not drift (S. Toxvaerd, Phys. Rev. E 50, 2271 (1994)); a drift says that the step is too long for
the stiffest vibration. The trial starts from an equilibrated state, because only total energy is compared, but a
crystal that still warms up visits no typical configurations.

The limit is one of heat. A solid takes up about 3 k_B per atom (Dulong and Petit), so that 5 meV/atom/ps warm it by
19 K/ps. A thermostat with a relaxation time of 100 fs takes that away at the cost of a temperature 2 K too high; ten
times more is a distortion that diffusivities show.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ewald.constants import BOLTZMANN_eV_K
from screening.transport.equilibration import statistical_inefficiency
from workflows.engines.ase.dynamics import Dynamics, State

#: Friction time of the equilibration, short enough to settle vibrations within a few of them.
_SETTLING_TIME_fs = 50.0
#: Standard errors by which a drift must exceed the limit.
_CERTAIN = 2.0
#: Times the limit beyond which no error counts: energy that grows exponentially is far from any line.
_EVIDENT = 10.0


@dataclass(frozen=True)
class EnergyDrift:
    """Slope of the total energy at constant energy, with its standard error.

    Attributes
    ----------
    slope_meV_atom_ps, error_meV_atom_ps
        Least-squares slope; the error allows for the correlation of the residuals.
    time_ps
        Length of the trial.
    """

    slope_meV_atom_ps: float
    error_meV_atom_ps: float
    time_ps: float

    @property
    def said(self) -> str:
        """Slope and error with their unit."""
        return f"{self.slope_meV_atom_ps:+.1f} +- {self.error_meV_atom_ps:.1f} meV/atom/ps"

    @property
    def heating_K_ps(self) -> float:
        """Rate of warming of a solid with 3 k_B per atom."""
        return self.slope_meV_atom_ps / (3000 * BOLTZMANN_eV_K)

    def exceeds(self, limit_meV_atom_ps: float) -> bool:
        """Whether the drift is beyond the limit by more than its noise."""
        slope = abs(self.slope_meV_atom_ps)
        return slope - _CERTAIN * self.error_meV_atom_ps > limit_meV_atom_ps or slope > _EVIDENT * limit_meV_atom_ps


def timestep_warning(timestep_fs: float, seen: str) -> str:
    """Say that a time step is too long, by what was seen."""
    return (
        f"a time step of {timestep_fs:g} fs does not conserve energy here: {seen};"
        " use a smaller step, or heavier light ions (masses_amu)"
    )


def energy_drift(time_ps: NDArray[np.float64], total_eV: NDArray[np.float64], ions: int) -> EnergyDrift:
    """Fit a line to total energies (F,) at times (F,); needs three of them at least."""
    centred = time_ps - time_ps.mean()
    spread = float(centred @ centred)
    slope = float(centred @ total_eV) / spread
    residual = total_eV - total_eV.mean() - slope * centred
    variance = float(residual @ residual) / (len(residual) - 2)
    error = float(np.sqrt(variance * statistical_inefficiency(residual) / spread))
    return EnergyDrift(slope * 1000 / ions, error * 1000 / ions, float(np.ptp(time_ps)))


def trial(
    dynamics: Dynamics,
    state: State,
    *,
    settle_steps: int,
    steps: int,
    check: Callable[[State, NDArray[np.float64]], None],
) -> EnergyDrift:
    """Settle a state at the temperature, then follow its total energy without a thermostat.

    Parameters
    ----------
    dynamics
        The run's own; its thermostat is replaced.
    state
        Advanced in place.
    check
        Called with the state and the positions (N, 3) before each step; raises when the crystal flies apart.
    """
    settling = replace(dynamics, thermostat="langevin", thermostat_time_fs=_SETTLING_TIME_fs)
    free = replace(dynamics, thermostat="none")
    energies = []
    for number in range(settle_steps + steps):
        before = state.positions_A.copy()
        settled = number >= settle_steps
        (free if settled else settling).advance(state)
        check(state, before)
        if settled:
            energies.append(free.conserved_eV(state))
    time_ps = np.arange(len(energies)) * dynamics.timestep_fs / 1000
    return energy_drift(time_ps, np.array(energies), len(dynamics.masses_amu))
