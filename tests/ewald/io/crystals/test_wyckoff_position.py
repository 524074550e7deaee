"""Positions by letter, beside International Tables A and spglib's own letters."""

import numpy as np
import pytest
import spglib

from ewald.io.crystals.symmetry import copies_of, operations_of_hall
from ewald.io.crystals.wyckoff_position import fixed_positions

# International Tables A: Hall number of the setting, letter, position, multiplicity.
TABLES = [
    (523, "a", (0, 0, 0), 4), (523, "b", (0.5, 0.5, 0.5), 4), (523, "c", (0.25, 0.25, 0.25), 8),
    (523, "d", (0, 0.25, 0.25), 24),
    (525, "c", (0.125, 0.125, 0.125), 16), (525, "d", (0.625, 0.625, 0.625), 16),
    (526, "a", (0.125, 0.125, 0.125), 8), (526, "b", (0.375, 0.375, 0.375), 8), (526, "d", (0.5, 0.5, 0.5), 16),
    (488, "b", (0, 0, 0.25), 2), (488, "c", (1 / 3, 2 / 3, 0.25), 2), (488, "d", (1 / 3, 2 / 3, 0.75), 2),
    (458, "b", (0, 0, 0.5), 3), (458, "d", (0.5, 0, 0.5), 9), (458, "e", (0.5, 0, 0), 9),
    (459, "b", (0.5, 0.5, 0.5), 1), (459, "d", (0.5, 0, 0), 3), (459, "e", (0, 0.5, 0.5), 3),
    (517, "c", (0, 0.5, 0.5), 3), (517, "d", (0.5, 0, 0), 3),
    (530, "b", (0.125, 0.125, 0.125), 16), (530, "c", (0.125, 0, 0.25), 24), (530, "d", (0.375, 0, 0.25), 24),
    (81, "b", (0.5, 0, 0), 2), (81, "c", (0, 0, 0.5), 2), (81, "d", (0.5, 0, 0.5), 2),
    (292, "b", (0, 0, 0.5), 4),
]  # fmt: skip


@pytest.mark.parametrize(("hall", "letter", "position", "multiplicity"), TABLES)
def test_letters_are_those_of_the_tables(hall, letter, position, multiplicity):
    operations = operations_of_hall(hall)
    copies = copies_of(np.array(fixed_positions(hall)[letter]), operations, 10 * np.eye(3))
    assert len(copies) == multiplicity
    away = copies - np.array(position)
    assert np.abs(away - np.rint(away)).max(axis=1).min() < 1e-9


def test_positions_with_a_free_coordinate_have_no_letter():
    assert set(fixed_positions(523)) == set("abcd")
    assert fixed_positions(1) == {}


@pytest.mark.parametrize("hall", range(3, 531, 40))
def test_spglib_finds_the_letters_again(hall):
    rotations, translations = operations_of_hall(hall)
    metric = (np.swapaxes(rotations, 1, 2) @ np.diag([70.0, 90.0, 110.0]) @ rotations).mean(axis=0)
    lattice = np.linalg.cholesky(metric)
    general = copies_of(np.array([0.137, 0.291, 0.0613]), (rotations, translations), lattice)
    for letter, position in fixed_positions(hall).items():
        own = copies_of(np.array(position), (rotations, translations), lattice)
        cell = (lattice, np.concatenate([own, general]), [1] * len(own) + [2] * len(general))
        found = spglib.get_symmetry_dataset(cell, hall_number=hall, symprec=1e-4)
        if found is not None and np.allclose(found.transformation_matrix, np.eye(3)) and not found.origin_shift.any():
            assert found.wyckoffs[0] == letter
