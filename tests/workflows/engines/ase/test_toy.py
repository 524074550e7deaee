"""The toy potential: derivatives against differences, symmetry, sanity."""

import itertools

import numpy as np
import pytest
from ase import Atoms

from workflows.engines.ase import toy
from workflows.engines.ase.toy import ToyCalculator


def shaken(seed: int = 0) -> Atoms:
    random = np.random.default_rng(seed)
    atoms = Atoms("Na3PS4", positions=random.uniform(0, 6, (8, 3)), cell=random.normal(0, 0.5, (3, 3)) + 6 * np.eye(3))
    atoms.pbc = True
    atoms.calc = ToyCalculator()
    return atoms


def test_forces_are_the_gradient():
    atoms = shaken()
    forces, step = atoms.get_forces(), 1e-5
    for ion, axis in itertools.product(range(0, 8, 3), range(3)):
        energies = []
        for sign in (1, -1):
            moved = shaken()
            moved.positions[ion, axis] += sign * step
            energies.append(moved.get_potential_energy())
        expected = -(energies[0] - energies[1]) / (2 * step)
        assert forces[ion, axis] == pytest.approx(expected, rel=1e-5, abs=1e-5)


def test_stress_is_the_strain_derivative():
    atoms = shaken()
    stress, step = atoms.get_stress(voigt=False), 1e-6
    for row, column in itertools.combinations_with_replacement(range(3), 2):
        energies = []
        for sign in (1, -1):
            strain = np.zeros((3, 3))
            strain[row, column] += sign * step / 2
            strain[column, row] += sign * step / 2
            strained = shaken()
            strained.set_cell(atoms.cell @ (np.eye(3) + strain), scale_atoms=True)
            energies.append(strained.get_potential_energy())
        expected = (energies[0] - energies[1]) / (2 * step) / atoms.get_volume()
        assert stress[row, column] == pytest.approx(expected, rel=1e-4, abs=1e-5)


def test_energy_does_not_depend_on_the_description_of_the_crystal():
    atoms = shaken()
    energy = atoms.get_potential_energy()
    moved = shaken()
    moved.positions += 0.3 + np.array([[3, -2, 1]] * 8) @ np.array(atoms.cell)
    double = shaken().repeat((2, 1, 1))
    double.calc = ToyCalculator()
    assert moved.get_potential_energy() == pytest.approx(energy, rel=1e-10)
    assert double.get_potential_energy() == pytest.approx(2 * energy, rel=1e-10)


def test_pair_is_smooth_at_the_switch_and_the_cutoff():
    for radius in (toy.SWITCH_A, toy.CUTOFF_A - 1e-9):
        left, right = toy._pair(radius - 1e-7, 1.0, 2.0, 2.8, -3.0), toy._pair(radius + 1e-7, 1.0, 2.0, 2.8, -3.0)
        if radius < toy.CUTOFF_A - 1e-6:
            assert left == pytest.approx(right, abs=1e-5)
        else:
            assert left == pytest.approx((0.0, 0.0), abs=1e-5)


@pytest.mark.parametrize("formula", ["Na", "W", "S", "NaCl", "Fe2O3"])
def test_any_elements_give_finite_numbers(formula: str):
    atoms = Atoms(formula)
    atoms.positions = np.random.default_rng(1).uniform(0, 5, (len(atoms), 3))
    atoms.set_cell([5, 5, 5])
    atoms.pbc = True
    atoms.calc = ToyCalculator()
    assert np.isfinite(atoms.get_potential_energy())
    assert np.isfinite(atoms.get_stress()).all()
