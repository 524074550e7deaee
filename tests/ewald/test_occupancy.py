"""From partial occupancies to whole numbers of ions."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ewald.errors import StructureError
from ewald.occupancy import SiteGroup, whole_counts


def group(**amounts):
    return SiteGroup("A", 8, amounts)


@given(sites=st.integers(1, 12), copies=st.integers(1, 12), share=st.integers(0, 12), noise=st.floats(-0.004, 0.004))
def test_numbers_come_back_from_rounded_occupancies(sites, copies, share, noise):
    number = min(share, sites * copies)
    occupancy = min(max(number / (sites * copies) + noise, 0.0), 1.0)
    one = SiteGroup("A", sites, {"Na+": occupancy * sites})
    counts, note = whole_counts(one, copies, [one])
    assert sum(counts.values()) == sites * copies
    assert abs(counts["Na+"] / (sites * copies) - occupancy) <= 0.005 + 1e-12
    assert abs(noise) * sites * copies > 0.49 or counts["Na+"] == number
    assert (note is not None) == any(
        abs(count - mean) > 1e-3 for count, mean in ((counts["Na+"], occupancy * sites * copies),)
    )


def test_vacancies_fill_up():
    assert whole_counts(group(**{"Na+": 3.0, "K+": 2.0}), 2, []) == ({"Na+": 6, "K+": 4, "vacancy": 6}, None)
    assert whole_counts(group(**{"Na+": 8.0}), 2, []) == ({"Na+": 16}, None)


def test_more_ions_than_sites():
    with pytest.raises(StructureError, match=r"occupancies add up to 1\.1250, more than 1"):
        whole_counts(group(**{"Na+": 5.0, "K+": 4.0}), 1, [])


def test_a_supercell_is_only_proposed_when_it_is_neutral():
    half = SiteGroup("A", 1, {"Na+": 0.499})
    charged = [half, SiteGroup("B", 1, {"Cl-": 1.0})]
    with pytest.raises(StructureError, match='--supercell "1 1 2"'):
        whole_counts(half, 1, charged, 0.005)
    with pytest.raises(StructureError, match="change the occupancies in the file"):
        whole_counts(half, 1, charged, 0.005, {"Na+": 1, "Cl-": -1})


def test_sharing_is_proposed_where_it_does_in_this_cell():
    first, second = SiteGroup("Li1", 4, {"Li+": 2.6}), SiteGroup("Li2", 2, {"Li+": 1.4})
    anion = SiteGroup("Cl", 4, {"Cl-": 4.0})
    with pytest.raises(StructureError) as caught:
        whole_counts(first, 1, [first, second, anion], 0.005, {"Li+": 1, "Cl-": -1})
    assert caught.value.mend == "--couple Li, so that its sublattices share their ions"
    third = SiteGroup("Li2", 2, {"Li+": 0.9})
    anion = SiteGroup("Cl", 4, {"Cl-": 3.5})
    with pytest.raises(StructureError) as caught:
        whole_counts(first, 1, [first, third, anion], 0.005, {"Li+": 1, "Cl-": -1})
    assert '--couple Li --supercell "1 1 2"' in caught.value.mend
