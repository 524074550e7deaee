from fractions import Fraction

import pytest

from ewald.errors import CampaignError
from screening.campaign.doping import DopingPlan
from screening.plan.substitution import expand, host_sites


def test_a_host_by_element_ion_and_label(mother):
    na3sbs4 = mother("Na3SbS4_tet_derived")
    assert host_sites(na3sbs4, "Sb", field="f")[0] == "Sb5+"
    assert host_sites(na3sbs4, "Sb5+", field="f") == host_sites(na3sbs4, "Sb", field="f")
    assert len(host_sites(na3sbs4, "Na", field="f")[1]) == 6
    assert host_sites(na3sbs4, "P", field="f") == ("", ())


def test_a_label_tells_equal_ions_apart(mother):
    argyrodite = mother("Li6PS5Cl", mobile="Li")
    free, every = host_sites(argyrodite, "S@S2,S3", field="f"), host_sites(argyrodite, "S", field="f")
    assert (free[0], len(free[1])) == ("S2-", 8)
    assert len(every[1]) == 24


def test_a_label_shared_by_two_ions_is_refused_with_a_fix(mother):
    with pytest.raises(CampaignError, match="Cl-@S2"):
        host_sites(mother("Li6PS5Cl", mobile="Li"), "S2", field="f")


def test_levels_are_multiplied_out_once(mother):
    plan = DopingPlan(site="Sb", dopants=("W6+", "Sn4+"), levels=("1/8", "1/4", "1/8"), mixtures=({"W6+": "1/8"},))
    found = expand(plan, 0, mother("Na3SbS4_tet_derived"))
    assert [substitution.describe() for substitution in found] == [
        "W6+ 1/8 on Sb5+",
        "W6+ 1/4 on Sb5+",
        "Sn4+ 1/8 on Sb5+",
        "Sn4+ 1/4 on Sb5+",
    ]


def test_a_pair_replaces_the_whole_host(na4sis4):
    plan = DopingPlan(site="Si", pairs=(("Ga3+", "P5+"),), levels=("3/8",))
    (substitution,) = expand(plan, 0, na4sis4)
    assert substitution.replaced == 1
    assert substitution.charge_per_host == Fraction(1, 4)


def test_a_mixture_of_several_dopants(na4sis4):
    plan = DopingPlan(site="Si", mixtures=({"Al3+": "1/8", "P5+": "1/4"},))
    (substitution,) = expand(plan, 0, na4sis4)
    assert substitution.charge_per_host == Fraction(1, 8)


@pytest.mark.parametrize(
    ("plan", "field", "words"),
    [
        ({"dopants": ["Xx5+"]}, "doping.3.dopants.0", "known element"),
        ({"dopants": ["W6+", "W"]}, "doping.3.dopants.1", "oxidation state"),
        ({"dopants": ["Sb5+"]}, "doping.3.dopants.0", "host itself"),
        ({"pairs": [["Ga3+", "Zz5+"]]}, "doping.3.pairs.0", "known element"),
        ({"mixtures": [{"W6+": "3/4", "Sn4+": "1/2"}]}, "doping.3.mixtures.0", "more than the whole"),
    ],
)
def test_bad_dopants_are_one_line_with_field_and_fix(mother, plan, field, words):
    with pytest.raises(CampaignError, match=words) as caught:
        expand(DopingPlan(site="Sb", **plan), 3, mother("Na3SbS4_tet_derived"))
    assert caught.value.field == field
    assert caught.value.fix
