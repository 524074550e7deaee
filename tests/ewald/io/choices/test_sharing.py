"""Which ion is mobile, and whose sites share its ions."""

import pytest

from ewald.errors import StructureError
from ewald.io.choices.sharing import mobile_element, share_mobile
from ewald.io.occupancy import PartialSublattice

LI1 = PartialSublattice("Li1", (0, 1), {"Li+": 1.2})
LI2 = PartialSublattice("Li2", (2,), {"Li+": 0.3})
FULL = PartialSublattice("Li3", (3,), {"Li+": 1.0})
OXYGEN = PartialSublattice("O", (4, 5), {"O2-": 1.7})


def test_the_mobile_ion_is_a_small_cation_with_vacancies_before_an_anion():
    assert mobile_element([OXYGEN, LI1]) == "Li"
    assert mobile_element([OXYGEN, FULL]) == "O"
    assert mobile_element([FULL]) is None
    assert mobile_element([OXYGEN, LI1], "O") == "O"
    assert mobile_element([OXYGEN, LI1], "none") is None
    with pytest.raises(StructureError, match="not an element of the structure"):
        mobile_element([OXYGEN], "Na")


def test_full_sites_stay_full():
    groups, names = share_mobile([FULL, LI1, OXYGEN, LI2], "Li")
    assert names == ["Li1", "Li2"]
    assert [g.name for g in groups] == ["Li3", "Li", "O"]
    assert groups[1].sites == (0, 1, 2)
    assert groups[1].amounts == {"Li+": pytest.approx(1.5)}
    assert share_mobile([LI1, OXYGEN], "Li") == ([LI1, OXYGEN], [])
