"""The trial of a time step: a stable one shows no drift, one beyond the stability limit is found."""

import numpy as np
import pytest
from pymatgen.core import Structure

from screening.campaign.execution import EngineChoice
from workflows.engines.ase.dynamics import BOLTZMANN_eV_K, Dynamics, initial_state
from workflows.engines.ase.stability import energy_drift, trial
from workflows.engines.engine import MDSegmentJob
from workflows.engines.registry import load_engine

SPRING_eV_A2 = 5.0
MASSES_amu = np.full(40, 20.0)
#: Velocity Verlet is stable below 2 / omega: here 2 sqrt(20 / 5) 10.18 fs = 40.7 fs.
LIMIT_fs = 2 * (20.0 / SPRING_eV_A2) ** 0.5 * 10.180505710


def wells(positions):
    """Every ion in a harmonic well of its own; the mean force is taken off, as the engine does."""
    forces = -SPRING_eV_A2 * positions
    return float(0.5 * SPRING_eV_A2 * (positions**2).sum()), forces - forces.mean(axis=0)


def drift_of(timestep_fs: float, steps: int = 100):
    dynamics = Dynamics(wells, MASSES_amu, timestep_fs, 500.0, "nose-hoover", 100.0)
    state = initial_state(np.zeros((40, 3)), MASSES_amu, 1000.0, 3, wells)
    return trial(dynamics, state, settle_steps=50, steps=steps, check=lambda *_: None)


@pytest.mark.parametrize("share_of_limit", [0.1, 0.3, 0.6])
def test_below_the_stability_limit_nothing_drifts(share_of_limit: float):
    drift = drift_of(share_of_limit * LIMIT_fs)
    assert abs(drift.slope_meV_atom_ps) < max(3 * drift.error_meV_atom_ps, 0.5)
    assert not drift.exceeds(5.0)


def test_beyond_the_stability_limit_energy_grows_without_bound():
    drift = drift_of(1.02 * LIMIT_fs, steps=60)
    assert drift.slope_meV_atom_ps > 1000
    assert drift.exceeds(5.0)


def test_slope_and_its_error_are_those_of_a_noisy_line():
    rng = np.random.default_rng(4)
    time_ps = np.linspace(0, 2, 400)
    seen = []
    for _ in range(200):
        noise = np.convolve(rng.normal(0, 0.01, 409), np.ones(10) / 10, mode="valid")
        seen.append(energy_drift(time_ps, 0.03 * time_ps + noise, 10))
    slopes = np.array([drift.slope_meV_atom_ps for drift in seen])
    errors = np.array([drift.error_meV_atom_ps for drift in seen])
    assert slopes.mean() == pytest.approx(3.0, abs=3 * slopes.std() / 200**0.5)
    # The noise is correlated over ten points: an error that took them for independent would be three times too small.
    assert errors.mean() == pytest.approx(slopes.std(), rel=0.3)
    assert seen[0].heating_K_ps == pytest.approx(seen[0].slope_meV_atom_ps / 1000 / (3 * BOLTZMANN_eV_K))


def first_segment(rocksalt: Structure, job: MDSegmentJob, timestep_fs: float, **settings: object):
    engine = load_engine(EngineChoice(preset="toy", settings=settings))
    return engine.run_segment(rocksalt, job.model_copy(update={"timestep_fs": timestep_fs, "steps": 4}))


@pytest.mark.parametrize("temperature_K", [300.0, 600.0, 1000.0])
def test_ten_fs_pass_where_the_crystal_bears_them(rocksalt: Structure, job: MDSegmentJob, temperature_K: float):
    assert first_segment(rocksalt, job.model_copy(update={"temperature_K": temperature_K}), 10.0).warnings == ()


def test_a_crystal_that_flies_apart_is_warned_of(rocksalt: Structure, job: MDSegmentJob):
    (warning,) = first_segment(rocksalt, job, 30.0).warnings
    assert "a time step of 30 fs does not conserve energy here: the crystal flies apart" in warning


def test_stiff_bonds_warn_at_ten_fs_and_heavier_ions_are_the_remedy(rocksalt: Structure, job: MDSegmentJob):
    """Light ions vibrate fast, as a stiff bond does; masses_amu is how a user slows them."""
    (warning,) = first_segment(rocksalt, job, 10.0, masses_amu={"S": 3.0}).warnings
    assert "use a smaller step, or heavier light ions (masses_amu)" in warning
    again = job.model_copy(update={"folder": job.folder.parent / "small-step"})
    assert first_segment(rocksalt, again, 3.0, masses_amu={"S": 3.0}, stability_from_fs=1.0).warnings == ()
    again = job.model_copy(update={"folder": job.folder.parent / "heavier"})
    assert first_segment(rocksalt, again, 10.0, masses_amu={"S": 32.0}).warnings == ()


def test_a_fine_step_is_not_tried(rocksalt: Structure, job: MDSegmentJob):
    assert first_segment(rocksalt, job, 2.0, max_drift_meV_atom_ps=1e-9).warnings == ()
