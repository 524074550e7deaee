import pytest

from ewald.errors import CampaignError
from screening.campaign.doping import DopantRule
from screening.plan.dopant_rule import apply_rule, coordination_number, shannon_radii
from screening.plan.substitution import host_sites


def judge(mother, site, **rule):
    host, sites = host_sites(mother, site, field="f")
    decisions = apply_rule(DopantRule(**rule), mother, host, sites, field="doping.0.rule")
    return {decision.species: decision for decision in decisions}


@pytest.mark.parametrize(
    ("ion", "coordination", "radius"), [("Na+", 6, 1.02), ("Y3+", 6, 0.9), ("W6+", 4, 0.42), ("S2-", 6, 1.84)]
)
def test_radii_are_shannons(ion, coordination, radius):
    assert shannon_radii(ion)[coordination] == pytest.approx(radius)


@pytest.mark.parametrize(("name", "site", "number"), [("Na3PS4_cubic", "P", 4), ("NaYS2", "Y", 6), ("NaCrS2", "Na", 6)])
def test_coordination(mother, name, site, number):
    crystal = mother(name)
    assert coordination_number(crystal, host_sites(crystal, site, field="f")[1][0]) == number


def test_the_rule_keeps_near_radii_and_says_why_it_refuses(mother):
    found = judge(mother("NaYS2"), "Y", valences=(3,), radius_tolerance=0.15)
    assert found["In3+"].kept
    assert not found["Al3+"].kept
    assert "radius differs" in found["Al3+"].reason
    assert found["Tl3+"].reason == "toxic"
    assert judge(mother("NaYS2"), "Y", valences=(4,))["U4+"].reason == "radioactive"
    assert all(decision.difference <= 0.15 for decision in found.values() if decision.kept)


def test_exclusions_of_the_campaign(mother):
    assert judge(mother("NaYS2"), "Y", valences=(3,), exclude=("In",))["In3+"].reason == "excluded by the campaign"
    assert judge(mother("NaYS2"), "Y", valences=(3,), allow_toxic=True, radius_tolerance=0.2)["Tl3+"].kept


def test_the_probability_of_substitution_is_a_filter(mother):
    loose = judge(mother("NaYS2"), "Y", valences=(3,))
    tight = judge(mother("NaYS2"), "Y", valences=(3,), min_substitution_probability=0.02)
    assert sum(d.kept for d in tight.values()) < sum(d.kept for d in loose.values())
    assert any("probability" in d.reason for d in tight.values())


def test_a_host_without_a_radius_is_refused(mother):
    with pytest.raises(CampaignError, match="no Shannon radius"):
        apply_rule(DopantRule(valences=(3,)), mother("NaYS2"), "Y7+", (0,), field="doping.0.rule")
