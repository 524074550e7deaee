"""Integrators whose whole state is a handful of arrays, so that a run can stop and go on to the last bit.

Two thermostats:

- `nose-hoover`, the default: a Nose-Hoover chain of three, one chain for the whole system (G. J. Martyna, M. L.
  Klein, M. Tuckerman, J. Chem. Phys. 97, 2635 (1992), integrated as in G. J. Martyna, M. E. Tuckerman, D. J. Tobias,
  M. L. Klein, Mol. Phys. 87, 1117 (1996)). It scales all velocities together and so leaves the velocity
  correlations, and with them the diffusivity, practically unchanged.
- `langevin`: the BAOAB splitting (B. Leimkuhler, C. Matthews, Appl. Math. Res. Express 2013, 34). Robust for
  small or stiff systems, but its friction slows diffusion: of a particle with the velocity autocorrelation time
  tau the diffusivity falls by the factor 1 / (1 + tau / thermostat_time). Use a thermostat time of 1,000 fs or more.

The total momentum is zero and stays zero: for Langevin the random kick is projected on zero total momentum, in
the mass-weighted metric in which the kick is isotropic, so that the remaining 3N - 3 degrees of freedom are
sampled exactly.
"""

import json
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ewald.constants import BOLTZMANN_eV_K, MD_TIME_fs

CHAIN_LENGTH = 3
#: Fourth-order weights of the thermostat's inner steps (H. Yoshida, Phys. Lett. A 150, 262 (1990)).
_YOSHIDA_WEIGHTS = (1 / (2 - 2 ** (1 / 3)), 1 - 2 / (2 - 2 ** (1 / 3)), 1 / (2 - 2 ** (1 / 3)))

_LARGEST_EXPONENT = 700.0

Forces = Callable[[NDArray[np.float64]], tuple[float, NDArray[np.float64]]]


@dataclass
class State:
    """Everything the next step depends on.

    Attributes
    ----------
    step
        Steps done since the start of the run.
    positions_A
        (N, 3), never wrapped.
    velocities
        (N, 3) in A per :data:`MD_TIME_fs`.
    forces_eV_A, potential_eV
        At the positions.
    chain, chain_velocity
        (3,) Nose-Hoover coordinates and velocities (1 / time unit).
    heat_eV
        Energy that a Langevin bath has given so far.
    random
        Source of the stochastic kicks.
    """

    step: int
    positions_A: NDArray[np.float64]
    velocities: NDArray[np.float64]
    forces_eV_A: NDArray[np.float64]
    potential_eV: float
    chain: NDArray[np.float64]
    chain_velocity: NDArray[np.float64]
    heat_eV: float
    random: np.random.Generator

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return the state as arrays whose names start with `state_`."""
        return {
            "state_step": np.array(self.step, dtype=np.int64),
            "state_positions_A": self.positions_A,
            "state_velocities": self.velocities,
            "state_forces_eV_A": self.forces_eV_A,
            "state_potential_eV": np.array(self.potential_eV),
            "state_chain": self.chain,
            "state_chain_velocity": self.chain_velocity,
            "state_heat_eV": np.array(self.heat_eV),
            "state_random": np.array(json.dumps(self.random.bit_generator.state)),
        }

    @classmethod
    def from_arrays(cls, arrays: dict[str, NDArray[Any]]) -> "State":
        """Take up what :meth:`arrays` gave."""
        random = np.random.Generator(np.random.PCG64())
        random.bit_generator.state = json.loads(str(arrays["state_random"]))
        return cls(
            step=int(arrays["state_step"]),
            positions_A=arrays["state_positions_A"].copy(),
            velocities=arrays["state_velocities"].copy(),
            forces_eV_A=arrays["state_forces_eV_A"].copy(),
            potential_eV=float(arrays["state_potential_eV"]),
            chain=arrays["state_chain"].copy(),
            chain_velocity=arrays["state_chain_velocity"].copy(),
            heat_eV=float(arrays["state_heat_eV"]),
            random=random,
        )


def initial_state(
    positions_A: NDArray[np.float64], masses_amu: NDArray[np.float64], temperature_K: float, seed: int, forces: Forces
) -> State:
    """Start with Maxwell-Boltzmann velocities of zero total momentum, scaled to the exact temperature."""
    random = np.random.Generator(np.random.PCG64(seed))
    masses = masses_amu[:, None]
    velocities = random.standard_normal(positions_A.shape) * np.sqrt(BOLTZMANN_eV_K * temperature_K / masses)
    velocities -= (masses * velocities).sum(axis=0) / masses.sum()
    measured = temperature_of(velocities, masses_amu)
    if measured > 0:
        velocities *= np.sqrt(temperature_K / measured)
    potential, force = forces(positions_A)
    return State(
        step=0,
        positions_A=positions_A.copy(),
        velocities=velocities,
        forces_eV_A=force,
        potential_eV=potential,
        chain=np.zeros(CHAIN_LENGTH),
        chain_velocity=np.zeros(CHAIN_LENGTH),
        heat_eV=0.0,
        random=random,
    )


def _degrees_of_freedom(ions: int) -> int:
    """Count the degrees of freedom at zero total momentum."""
    return max(3 * ions - 3, 1)


def _kinetic_eV(velocities: NDArray[np.float64], masses_amu: NDArray[np.float64]) -> float:
    """Kinetic energy in eV."""
    return float(0.5 * (masses_amu[:, None] * velocities**2).sum())


def temperature_of(velocities: NDArray[np.float64], masses_amu: NDArray[np.float64]) -> float:
    """Instantaneous temperature in K."""
    return 2 * _kinetic_eV(velocities, masses_amu) / (_degrees_of_freedom(len(masses_amu)) * BOLTZMANN_eV_K)


@dataclass(frozen=True)
class Dynamics:
    """One way to advance a :class:`State`.

    Attributes
    ----------
    forces
        Positions (N, 3) in A -> potential energy (eV) and forces (N, 3) in eV/A.
    masses_amu
        (N,).
    thermostat
        "nose-hoover", "langevin", or "none" (constant energy).
    """

    forces: Forces
    masses_amu: NDArray[np.float64]
    timestep_fs: float
    temperature_K: float
    thermostat: str
    thermostat_time_fs: float

    @property
    def _dt(self) -> float:
        return self.timestep_fs / MD_TIME_fs

    @property
    def _thermal_eV(self) -> float:
        return BOLTZMANN_eV_K * self.temperature_K

    @property
    def _chain_masses(self) -> NDArray[np.float64]:
        time = self.thermostat_time_fs / MD_TIME_fs
        masses = np.full(CHAIN_LENGTH, self._thermal_eV * time**2)
        masses[0] *= _degrees_of_freedom(len(self.masses_amu))
        return masses

    def advance(self, state: State) -> None:
        """Advance the state by one step, in place; forces are computed once.

        Numbers that overflow in an explosion are left for the caller to find in the state.
        """
        with np.errstate(over="ignore", invalid="ignore"):
            self._step(state)

    def _step(self, state: State) -> None:
        dt, masses = self._dt, self.masses_amu[:, None]
        if self.thermostat == "nose-hoover":
            self._turn_chain(state, dt / 2)
        state.velocities += 0.5 * dt * state.forces_eV_A / masses
        if self.thermostat == "langevin":
            state.positions_A += 0.5 * dt * state.velocities
            self._kick(state)
            state.positions_A += 0.5 * dt * state.velocities
        else:
            state.positions_A += dt * state.velocities
        state.potential_eV, state.forces_eV_A = self.forces(state.positions_A)
        state.velocities += 0.5 * dt * state.forces_eV_A / masses
        if self.thermostat == "nose-hoover":
            self._turn_chain(state, dt / 2)
        state.step += 1

    def conserved_eV(self, state: State) -> float:
        """Return the quantity that exact dynamics conserve."""
        energy = state.potential_eV + _kinetic_eV(state.velocities, self.masses_amu)
        if self.thermostat == "langevin":
            return energy - state.heat_eV
        if self.thermostat == "nose-hoover":
            thermal = self._thermal_eV * state.chain
            thermal[0] *= _degrees_of_freedom(len(self.masses_amu))
            return energy + float(thermal.sum() + 0.5 * (self._chain_masses * state.chain_velocity**2).sum())
        return energy

    def temperature_K_of(self, state: State) -> float:
        """Instantaneous temperature in K."""
        return temperature_of(state.velocities, self.masses_amu)

    def _kick(self, state: State) -> None:
        before = _kinetic_eV(state.velocities, self.masses_amu)
        masses = self.masses_amu[:, None]
        keep = np.exp(-self.timestep_fs / self.thermostat_time_fs)
        kick = state.random.standard_normal(state.velocities.shape) * np.sqrt(self._thermal_eV / masses)
        kick -= (masses * kick).sum(axis=0) / masses.sum()
        state.velocities *= keep
        state.velocities += np.sqrt(1 - keep**2) * kick
        state.heat_eV += _kinetic_eV(state.velocities, self.masses_amu) - before

    def _turn_chain(self, state: State, dt: float) -> None:
        """Advance the thermostat by `dt` and scale the velocities; plain numbers are faster than small arrays."""
        masses: list[float] = self._chain_masses.tolist()
        velocity: list[float] = state.chain_velocity.tolist()
        chain: list[float] = state.chain.tolist()
        kinetic = 2 * _kinetic_eV(state.velocities, self.masses_amu)
        target = _degrees_of_freedom(len(self.masses_amu)) * self._thermal_eV
        scale = 1.0
        for weight in _YOSHIDA_WEIGHTS:
            step = weight * dt
            for link in reversed(range(CHAIN_LENGTH)):
                self._push_link(velocity, masses, link, kinetic * scale * scale - target, step)
            chain = [x + step * v for x, v in zip(chain, velocity, strict=True)]
            scale *= _exp(-step * velocity[0])
            for link in range(CHAIN_LENGTH):
                self._push_link(velocity, masses, link, kinetic * scale * scale - target, step)
        state.chain[:], state.chain_velocity[:] = chain, velocity
        state.velocities *= scale

    def _push_link(self, velocity: list[float], masses: list[float], link: int, excess_eV: float, step: float) -> None:
        """Advance one chain velocity by `step / 2`, damped by its neighbour."""
        damping = _exp(-0.25 * step * velocity[link + 1]) if link + 1 < CHAIN_LENGTH else 1.0
        if link > 0:
            excess_eV = masses[link - 1] * velocity[link - 1] * velocity[link - 1] - self._thermal_eV
        velocity[link] = velocity[link] * damping * damping + 0.5 * step * excess_eV / masses[link] * damping


def _exp(exponent: float) -> float:
    """Return the exponential; of an explosion infinity, which the caller finds in the state."""
    return math.exp(exponent) if exponent < _LARGEST_EXPONENT else math.inf
