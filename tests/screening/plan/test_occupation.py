"""Sites, ions and vacancies are kept in step, whatever is exchanged."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from screening.plan.occupation import CellSublattice, NotCompensableError, Occupation, occupation_of
from screening.species import VACANCY

SHARES = st.fractions(0, 4, max_denominator=8)


@given(host=st.fractions(1, 4, max_denominator=8), swapped=SHARES)
def test_an_exchange_keeps_the_number_of_occupants_or_is_refused(host, swapped):
    group = CellSublattice("Sb5+", (0, 1, 2, 3), {"Sb5+": host, VACANCY: 4 - host} if host < 4 else {"Sb5+": host})
    if swapped > host:
        with pytest.raises(NotCompensableError, match=r"needs .* Sb5\+ per cell where there are"):
            group.changed({"Sb5+": -swapped, "W6+": swapped})
        return
    changed = group.changed({"Sb5+": -swapped, "W6+": swapped})
    assert sum(changed.counts.values()) == sum(group.counts.values())
    assert all(count > 0 for count in changed.counts.values())
    before, after = Occupation((group,)), Occupation((changed,))
    assert after.charge - before.charge == swapped
    assert after.ions == before.ions == host


def test_empty_sites_are_told_in_words():
    with pytest.raises(NotCompensableError, match="needs 1 empty sites per cell where there are 0"):
        CellSublattice("Na+", (0,), {"Na+": Fraction(1)}).changed({"Na+": Fraction(1), VACANCY: Fraction(-1)})


@pytest.mark.parametrize("name", ["Na3PS4_tet_exp", "Na3SbS4_tet_derived", "NaYS2", "Li7La3Zr2O12_cubic"])
def test_every_site_of_a_mother_is_in_one_group_and_the_whole_is_neutral(mother, name):
    crystal = mother(name, "Li" if name.startswith("Li") else "Na")
    occupation = occupation_of(crystal)
    sites = sorted(site for group in occupation.groups for site in group.sites)
    assert sites == list(range(len(crystal.structure)))
    assert all(sum(group.counts.values()) == len(group.sites) for group in occupation.groups)
    assert occupation.charge == 0
    assert len({group.name for group in occupation.groups}) == len(occupation.groups)
    mobile = [group for group in occupation.groups if crystal.mobile_species in group.counts]
    assert len(mobile) == 1


def test_sites_asked_for_together_become_one_group(mother):
    crystal = mother("Na3PS4_tet_exp")
    apart = occupation_of(crystal)
    anions = next(group for group in apart.groups if "S2-" in group.counts).sites
    joined = occupation_of(crystal, [anions[:2], anions[1:4]])
    assert joined.group_of(anions[0]).sites == tuple(sorted(anions[:4]))
    assert joined.totals() == apart.totals()
    assert joined.charge == 0


def test_sites_that_no_ion_has_in_common_stay_apart(mother):
    crystal = mother("Na3PS4_tet_exp")
    apart = occupation_of(crystal)
    hosts = next(group for group in apart.groups if "P5+" in group.counts).sites
    anions = next(group for group in apart.groups if "S2-" in group.counts).sites
    asked = occupation_of(crystal, [hosts, (hosts[0], anions[0])])
    assert asked.group_of(hosts[0]).sites == hosts
    assert asked.group_of(anions[0]).sites == anions[:1]
    assert asked.totals() == apart.totals()


def test_ions_that_are_added_may_sit_on_the_sites_asked_for_only():
    group = CellSublattice("Na+", (0, 1, 2), {"Na+": Fraction(2), "K+": Fraction(1)}, {"K+": (0,)})
    changed = group.changed({"Na+": Fraction(-1), "Ca2+": Fraction(1)}, (1, 2))
    assert changed.only == {"K+": (0,), "Ca2+": (1, 2)}
    assert group.changed({"Na+": Fraction(-1), "K+": Fraction(1)}, (1,)).only == {"K+": (0, 1)}
    assert not group.changed({"Na+": Fraction(1), "K+": Fraction(-1)}, ()).only
