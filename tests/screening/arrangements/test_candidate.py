import pytest
from pymatgen.core import Lattice, Structure

from screening.arrangements.candidate import Candidate


@pytest.mark.parametrize(
    ("ions", "mobile", "wanted"),
    [
        (["Na+", "Na+", "S2-"], "Na", "Na+"),
        (["Cu+", "Cu+", "Cu2+", "S2-"], "Cu", "Cu+"),
        (["Mg2+", "Si4+", "O2-"], "Mg", "Mg2+"),
        (["Li+", "H-", "N3-"], "H", "H-"),
        (["Na", "Na", "S"], "Na", "Na"),
    ],
)
def test_a_candidate_carries_its_ion(ions, mobile, wanted):
    places = [[k / len(ions), 0, 0] for k in range(len(ions))]
    candidate = Candidate(
        id="x_a1",
        composition_id="x",
        mother="x",
        formula="x",
        rank=1,
        ewald_energy_eV=-1.0,
        multiplicity="1",
        certified=True,
        structure=Structure(Lattice.cubic(9), ions, places),
        mobile=mobile,
    )
    assert candidate.mobile_ion == wanted
