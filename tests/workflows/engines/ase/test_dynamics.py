"""The integrators against statistical mechanics, on systems whose answer is known."""

import numpy as np
import pytest
from numpy.typing import NDArray

from ewald.constants import BOLTZMANN_eV_K, MD_TIME_fs
from workflows.engines.ase.dynamics import Dynamics, initial_state, temperature_of

IONS = 12
SPRING_eV_A2 = 2.0
MASSES_amu = np.linspace(10, 40, IONS)


def ring(positions: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
    """A closed chain of springs with a quartic part, so that energy flows between modes; total force zero."""
    bond = np.roll(positions, -1, axis=0) - positions
    energy = 0.5 * SPRING_eV_A2 * (bond**2).sum() + 5.0 * (bond**4).sum()
    pull = SPRING_eV_A2 * bond + 20.0 * bond**3
    return float(energy), pull - np.roll(pull, 1, axis=0)


def free(positions: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
    return 0.0, np.zeros_like(positions)


def make(thermostat: str, *, timestep_fs: float = 1.0, time_fs: float = 50.0, forces=ring) -> tuple:
    dynamics = Dynamics(forces, MASSES_amu, timestep_fs, 500.0, thermostat, time_fs)
    return dynamics, initial_state(np.zeros((IONS, 3)), MASSES_amu, 500.0, 7, forces)


def test_start_has_the_exact_temperature_and_no_momentum():
    _, state = make("none")
    assert temperature_of(state.velocities, MASSES_amu) == pytest.approx(500.0, rel=1e-12)
    assert np.abs((MASSES_amu[:, None] * state.velocities).sum(axis=0)).max() < 1e-12


@pytest.mark.parametrize("thermostat", ["none", "nose-hoover", "langevin"])
def test_error_of_the_conserved_quantity_falls_with_the_square_of_the_step(thermostat: str):
    errors = []
    for timestep_fs in (2.0, 1.0):
        dynamics, state = make(thermostat, timestep_fs=timestep_fs)
        energies = []
        for _ in range(int(400 / timestep_fs)):
            dynamics.advance(state)
            energies.append(dynamics.conserved_eV(state))
        errors.append(np.std(energies))
    assert errors[1] < 0.01
    # The random kicks differ between the two steps, so Langevin is only asked to improve.
    assert errors[0] / errors[1] > (1.5 if thermostat == "langevin" else 3.0)


@pytest.mark.parametrize("thermostat", ["nose-hoover", "langevin"])
def test_kinetic_energy_has_the_canonical_mean_and_variance(thermostat: str):
    dynamics, state = make(thermostat, timestep_fs=2.0)
    samples = []
    for _ in range(40_000):
        dynamics.advance(state)
        samples.append(dynamics.temperature_K_of(state))
    kept = np.array(samples[4000:])
    freedom = 3 * IONS - 3
    assert kept.mean() == pytest.approx(500.0, rel=0.03)
    assert kept.var() == pytest.approx(2 * 500.0**2 / freedom, rel=0.15)
    assert np.abs((MASSES_amu[:, None] * state.velocities).sum(axis=0)).max() < 1e-9


def test_langevin_diffusivity_of_free_ions_is_einsteins():
    dynamics, state = make("langevin", timestep_fs=10.0, time_fs=100.0, forces=free)
    start, squares, steps = state.positions_A.copy(), [], 200
    for _ in range(150):
        for _ in range(steps):
            dynamics.advance(state)
        moved = state.positions_A - start
        # The fixed centre of mass takes 1 / sum(m) off each ion's variance.
        squares.append((MASSES_amu[:, None] * moved**2).sum() / (3 * (IONS - 1)))
        start = state.positions_A.copy()
    friction = MD_TIME_fs / 100.0
    time = steps * 10.0 / MD_TIME_fs
    ballistic = (1 - np.exp(-friction * time)) / friction
    expected = 2 * BOLTZMANN_eV_K * 500.0 / friction * (time - ballistic)
    assert np.mean(squares) == pytest.approx(expected, rel=0.1)


def test_nose_hoover_leaves_velocity_correlations_as_they_are():
    """The velocity autocorrelation under the thermostat equals that of constant energy: diffusion is not distorted."""
    curves = {}
    for thermostat in ("none", "nose-hoover", "langevin"):
        dynamics, state = make(thermostat, timestep_fs=2.0, time_fs=100.0)
        warm = Dynamics(ring, MASSES_amu, 2.0, 500.0, "langevin", 50.0)
        runs = []
        for _ in range(60):
            for _ in range(150):
                warm.advance(state)
            first = state.velocities.copy()
            curve = []
            for _ in range(60):
                curve.append((MASSES_amu[:, None] * first * state.velocities).sum())
                dynamics.advance(state)
            runs.append(np.array(curve) / curve[0])
        curves[thermostat] = np.mean(runs, axis=0)
    distortion = {name: np.abs(curve - curves["none"]).max() for name, curve in curves.items()}
    assert distortion["nose-hoover"] < 0.1
    assert distortion["langevin"] > 2 * distortion["nose-hoover"]


def test_state_survives_a_round_trip_to_the_bit():
    for thermostat in ("nose-hoover", "langevin"):
        dynamics, state = make(thermostat)
        for _ in range(5):
            dynamics.advance(state)
        copy = type(state).from_arrays({name: np.array(value) for name, value in state.arrays().items()})
        for _ in range(20):
            dynamics.advance(state)
            dynamics.advance(copy)
        assert np.array_equal(state.positions_A, copy.positions_A)
        assert np.array_equal(state.velocities, copy.velocities)
        assert dynamics.conserved_eV(state) == dynamics.conserved_eV(copy)
