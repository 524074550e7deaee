"""Cells that the tests of the command line share."""

import pytest


@pytest.fixture
def cell(tmp_path):
    """Space file of 36 arrangements, 5 of them distinct."""
    path = tmp_path / "cell.yaml"
    path.write_text(
        """
lattice: [[4, 0, 0], [0, 4, 0], [0, 0, 4]]
supercell: 2 2 1
charges: {Na: 1, Mg: 2, Cl: -1, O: -2}
sublattices:
  - {name: M, frac_coords: [[0, 0, 0]], counts: {Na: 2, Mg: 2}}
  - {name: X, frac_coords: [[0.5, 0.5, 0.5]], counts: {Cl: 2, O: 2}}
"""
    )
    return str(path)
