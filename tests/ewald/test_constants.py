"""Constants against SciPy's table of CODATA values, whichever of the last two adjustments that is."""

import math
import re
from pathlib import Path

import pytest
from scipy import constants as codata

from ewald import constants

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (constants.ELEMENTARY_CHARGE_C, codata.e),
        (constants.BOLTZMANN_J_K, codata.k),
        (constants.BOLTZMANN_eV_K, codata.value("Boltzmann constant in eV/K")),
        (constants.COULOMB_eV_A, codata.e / (4 * math.pi * codata.epsilon_0) * 1e10),
        (constants.HARTREE_eV, codata.value("Hartree energy in eV")),
        (constants.BOHR_A, codata.value("Bohr radius") * 1e10),
        (constants.HARTREE_BOHR_eV_A, codata.value("atomic unit of force") / codata.e * 1e-10),
        (constants.MD_TIME_fs, math.sqrt(codata.atomic_mass / codata.e) * 1e5),
        (constants.GPa_PER_eV_A3, codata.e * 1e30 / 1e9),
    ],
)
def test_values_are_those_of_codata(ours, theirs):
    assert ours == pytest.approx(theirs, rel=2e-9)


def test_no_constant_is_written_a_second_time():
    digits = re.compile(
        r"14\.3996|8\.61733|1\.60217|160\.217|1\.38064|27\.2113|10\.18050|1\.66053|6\.02214|96\.?485|0\.52917|51\.4220|8\.85418"
    )
    twice = [
        str(path.relative_to(ROOT))
        for package in ("ewald", "screening", "workflows", "examples")
        for path in (ROOT / package).rglob("*.py")
        if path != ROOT / "ewald" / "constants.py" and digits.search(path.read_text(encoding="utf-8"))
    ]
    assert twice == []
