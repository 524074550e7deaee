"""Settings of LAMMPS without LAMMPS."""

import pytest
from pymatgen.core import Lattice, Structure

from workflows.engines.lammps.settings import LammpsSettings


@pytest.fixture
def settings() -> LammpsSettings:
    """A Buckingham set that tells Fe2+ from Fe3+."""
    return LammpsSettings(
        potential=(
            "pair_style buck/coul/long 10.0",
            "pair_coeff * * 0 0.3 0",
            "pair_coeff {O} {Fe2+} 725.7 0.33 0",
            "pair_coeff {Fe3+} {O} 1102.4 0.33 0",
            "pair_coeff {Li} {O} 426.5 0.3 0",
            "kspace_style ewald 1e-6",
        ),
        charges={"Fe2+": 2, "Fe3+": 3, "O": -2, "Li": 1},
    )


@pytest.fixture
def magnetite() -> Structure:
    """Seven ions, two of them of one element and different valence."""
    places = [
        [0, 0, 0],
        [0.5, 0.5, 0.5],
        [0.5, 0, 0],
        [0.25, 0.25, 0.1],
        [0.75, 0.2, 0.3],
        [0.2, 0.7, 0.6],
        [0.6, 0.7, 0.9],
    ]
    return Structure(Lattice.cubic(6.0), ["Fe3+", "Fe2+", "Fe3+", "O2-", "O2-", "O2-", "O2-"], places)
