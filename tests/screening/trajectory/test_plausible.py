"""Wrong units and cells show in the shortest distances; real crystals never do."""

import numpy as np
import pytest
from pymatgen.core import Lattice, Structure

from ewald.errors import UserError
from screening.trajectory.formats.hints import Reference
from screening.trajectory.plausible import bond_ratios, check_lengths, check_order
from tests.screening.trajectory.formats.runs import argyrodite

CRYSTALS = {
    "NaCl": Structure.from_spacegroup("Fm-3m", Lattice.cubic(5.64), ["Na", "Cl"], [[0, 0, 0], [0.5, 0.5, 0.5]]),
    "CsI": Structure.from_spacegroup("Pm-3m", Lattice.cubic(4.567), ["Cs", "I"], [[0, 0, 0], [0.5, 0.5, 0.5]]),
    "LiF": Structure.from_spacegroup("Fm-3m", Lattice.cubic(4.03), ["Li", "F"], [[0, 0, 0], [0.5, 0.5, 0.5]]),
    "ZrO2": Structure.from_spacegroup("Fm-3m", Lattice.cubic(5.09), ["Zr", "O"], [[0, 0, 0], [0.25, 0.25, 0.25]]),
    "AgI": Structure.from_spacegroup("F-43m", Lattice.cubic(6.5), ["Ag", "I"], [[0, 0, 0], [0.25, 0.25, 0.25]]),
    "Li": Structure.from_spacegroup("Im-3m", Lattice.cubic(3.51), ["Li"], [[0, 0, 0]]),
    "SrTiO3": Structure.from_spacegroup(
        "Pm-3m", Lattice.cubic(3.905), ["Sr", "Ti", "O"], [[0, 0, 0], [0.5, 0.5, 0.5], [0.5, 0.5, 0]]
    ),
    "LiH": Structure.from_spacegroup("Fm-3m", Lattice.cubic(4.08), ["Li", "H"], [[0, 0, 0], [0.5, 0.5, 0.5]]),
}


@pytest.mark.parametrize("name", CRYSTALS)
def test_crystals_pass_and_wrong_units_do_not(name):
    crystal = CRYSTALS[name] * (2, 2, 2)
    numbers = np.array([site.specie.Z for site in crystal])
    check_lengths(crystal.cart_coords, numbers, crystal.lattice.matrix, "t")
    for factor in (0.1, 10, 0.01):
        with pytest.raises(UserError, match="times as far apart"):
            check_lengths(crystal.cart_coords * factor, numbers, crystal.lattice.matrix * factor, "t")
    if name != "LiH":
        with pytest.raises(UserError, match="times as far apart"):
            check_lengths(crystal.cart_coords / 0.529, numbers, crystal.lattice.matrix / 0.529, "t")


@pytest.mark.parametrize("name", sorted(CRYSTALS))
@pytest.mark.parametrize("factor", [1 / 0.529, 10, 0.1])
def test_positions_in_a_cell_of_another_unit_do_not_pass(name, factor):
    crystal = CRYSTALS[name] * (2, 2, 2)
    numbers = np.array([site.specie.Z for site in crystal])
    vibrating = crystal.cart_coords + np.random.default_rng(1).normal(0, 0.08, (len(crystal), 3))
    check_lengths(vibrating, numbers, crystal.lattice.matrix, "t")
    with pytest.raises(UserError, match="times as far apart"):
        check_lengths(vibrating * factor, numbers, crystal.lattice.matrix, "t")


def test_few_ions_and_elements_without_radii_are_left_alone():
    assert bond_ratios(np.zeros((7, 3)), np.full(7, 3), None) is None
    assert bond_ratios(np.random.default_rng(0).normal(size=(20, 3)), np.full(20, 10), None) is None


def test_a_drifted_structure_has_the_same_order():
    run = argyrodite(2)
    numbers = np.array([3] * 24 + [15] * 4 + [16] * 20 + [17] * 4)
    structure = Reference(numbers, run.cell_A, run.path_A[0])
    check_order(run.path_A[1] + [3.0, -7.0, 11.0], structure, run.cell_A, "t")
    with pytest.raises(UserError, match="orders differ"):
        check_order(run.path_A[0][::-1], structure, run.cell_A, "t")
