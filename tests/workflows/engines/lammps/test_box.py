"""Cells turned into the form that LAMMPS takes."""

import numpy as np
import pytest

from workflows.engines.lammps.box import Box


@pytest.mark.parametrize("seed", range(6))
def test_lengths_angles_and_vectors_survive(seed: int):
    random = np.random.default_rng(seed)
    lattice = random.normal(size=(3, 3)) + 4 * np.eye(3)[random.permutation(3)]
    box = Box.of(lattice)
    assert not np.triu(box.cell_A, 1).any()
    assert (box.cell_A.diagonal() > 0).all()
    assert box.cell_A @ box.cell_A.T == pytest.approx(lattice @ lattice.T)
    fractional = random.uniform(-2, 2, size=(5, 3))
    assert box.places(fractional @ lattice) == pytest.approx(fractional @ box.cell_A)
    assert box.vectors(box.places(fractional)) == pytest.approx(fractional)


def test_a_tensor_turns_with_its_vectors():
    random = np.random.default_rng(7)
    box = Box.of(random.normal(size=(3, 3)))
    tensor, one, other = random.normal(size=(3, 3)), random.normal(size=(1, 3)), random.normal(size=(1, 3))
    in_crystal = box.vectors(one) @ box.tensor(tensor) @ box.vectors(other).T
    assert in_crystal == pytest.approx(one @ tensor @ other.T)


def test_a_cell_that_fits_is_kept_to_the_bit():
    cell = np.array([[5.1, 0, 0], [0.3, 4.9, 0], [-0.2, 0.1, 6.3]])
    box = Box.of(cell)
    assert np.array_equal(box.cell_A, cell)
    assert np.array_equal(box.turn, np.eye(3))
