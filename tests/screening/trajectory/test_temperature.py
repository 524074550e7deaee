import numpy as np
import pytest
from ase import Atoms, units

from ewald.errors import UserError
from screening.trajectory import read_trajectory
from screening.trajectory.temperature import check_temperature, masses_of, temperature_of
from screening.trajectory.trajectory import Trajectory


def run(temperatures, target=None):
    positions = np.random.default_rng(0).normal(size=(500, 50, 3))
    return Trajectory(
        positions, np.eye(3) * 10, np.full(50, 3), 10.0, temperature_K=temperatures, target_temperature_K=target
    )


def around(kelvin):
    spread = (2 / 150) ** 0.5
    return kelvin * (1 + np.random.default_rng(1).normal(0, spread, 500))


def test_the_temperature_of_velocities_is_that_of_ase():
    atoms = Atoms("Li50", positions=np.random.default_rng(0).uniform(0, 10, (50, 3)))
    velocities = np.random.default_rng(1).normal(0, 0.01, (50, 3))
    atoms.set_velocities(velocities / units.fs)
    # ASE counts 3N degrees of freedom, here there are 3(N - 1).
    assert temperature_of(velocities, masses_of(atoms.numbers)) == pytest.approx(
        atoms.get_temperature() * 50 / 49, rel=1e-3
    )
    assert temperature_of(0 * velocities, masses_of(atoms.numbers)) is None


def test_one_temperature_is_left_alone():
    assert check_temperature(run(around(600)), 600) == []
    assert check_temperature(run(None), 600) == []
    assert check_temperature(run(around(600), target=600.0), 600) == []


def test_another_temperature_is_said():
    assert "have 598 K" in check_temperature(run(around(600)), 800)[0]


def test_a_ramp_is_refused():
    ramp = around(600) * np.linspace(0.6, 1.4, 500)
    with pytest.raises(UserError, match=r"goes from \d+ K in the first fifth to \d+ K in the last"):
        check_temperature(run(ramp), 600)


def test_another_temperature_of_the_thermostat_is_refused():
    with pytest.raises(UserError, match="of a run at 600 K by the settings"):
        check_temperature(run(around(600), target=600.0), 800)


@pytest.mark.parametrize("form", ["traj", "extxyz"])
def test_momenta_in_a_file_show_a_ramp(tmp_path, form):
    from ase.io import write

    rng, images = np.random.default_rng(0), []
    start = np.array(list(np.ndindex(4, 4, 4)), dtype=float) * 2.5
    for frame in range(60):
        atoms = Atoms("Li64", positions=start + rng.normal(0, 0.1, (64, 3)), cell=np.eye(3) * 10, pbc=True)
        atoms.set_momenta(rng.normal(0, (300 + 20 * frame) ** 0.5 / 50, (64, 3)))
        images.append(atoms)
    write(tmp_path / f"a.{form}", images, format=form)
    found = read_trajectory(tmp_path / f"a.{form}", timestep_fs=1, every=10)
    assert found.temperature_K == pytest.approx([atoms.get_temperature() for atoms in images], rel=0.02)
    with pytest.raises(UserError, match="its temperature goes from"):
        check_temperature(found, 900)
