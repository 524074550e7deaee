import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from screening.campaign.doping import DopingPlan
from screening.plan.compensation import compensate, undoped
from screening.plan.composition import compose, composition_id, formula_units
from screening.plan.configuration_space import build_space
from screening.plan.substitution import expand
from screening.plan.supercell import common_multiple, find_supercell

ROUTES = ("vacancy", "interstitial", "anion_vacancy")
HOSTS = [
    ("Na3PS4_cubic", "P", ("W6+", "Sb5+", "Si4+", "Ga3+")),
    ("Na3SbS4_tet_derived", "Na", ("Ca2+", "K+", "Y3+")),
    ("NaYS2", "S", ("Cl-", "Se2-", "P3-")),
    ("NaCrS2", "Cr", ("Nb5+", "Ti4+", "Mg2+", "Na+")),
]


def multinomial(counts):
    return math.factorial(sum(counts)) // math.prod(math.factorial(count) for count in counts)


def composed(mother, draft, max_ions=400):
    counts = [count for group in draft.occupation.groups for count in group.counts.values()]
    supercell = find_supercell(
        mother.structure.lattice.matrix,
        float(draft.occupation.ions),
        target_ions=100,
        max_ions=max_ions,
        multiple=common_multiple(counts),
    )
    return None if supercell is None else compose(mother, draft, supercell)


@settings(max_examples=80, deadline=None)
@given(data=st.data())
def test_every_composition_is_neutral_and_counts_as_multinomials(mother, data):
    name, site, dopants = data.draw(st.sampled_from(HOSTS))
    chosen = data.draw(st.lists(st.sampled_from(dopants), min_size=1, max_size=2, unique=True))
    eighths = st.integers(1, 4).map(lambda n: Fraction(n, 8))
    plan = DopingPlan(
        site=site,
        mixtures=({dopant: data.draw(eighths) for dopant in chosen},),
        compensation=data.draw(st.permutations(ROUTES)),
    )
    crystal = mother(name)
    (substitution,) = expand(plan, 0, crystal)
    draft, reason = compensate(crystal, substitution, plan)
    if draft is None:
        assert reason
        return
    composition = composed(crystal, draft)
    if composition is None:
        return
    assert composition.charge == 0
    assert composition.configurations == math.prod(multinomial(group.counts) for group in composition.groups)
    assert composition.ions == sum(composition.totals().values())
    cells = composition.supercell.cells
    assert sum(sum(group.counts) for group in composition.groups) == cells * len(composition.cell)
    hosts = crystal.counts()[substitution.host] * cells
    for species, share in substitution.shares:
        extra = crystal.counts().get(species, 0) * cells
        # A mobile ion on the host site may at the same time be added to, or taken from, the mobile sites.
        routed = draft.route in ("interstitial", "vacancy") and species == crystal.mobile_species
        if not routed:
            assert composition.totals()[species] == share * hosts + extra


@pytest.mark.parametrize(
    ("name", "mobile", "units"), [("Na3PS4_cubic", "Na", 2), ("Li6PS5Cl", "Li", 4), ("NaCrS2", "Na", 3)]
)
def test_formula_units(mother, name, mobile, units):
    assert formula_units(mother(name, mobile=mobile)) == units


def test_names_are_short_and_grow_when_they_must(mother):
    crystal = mother("Na3SbS4_tet_derived", name="Na3SbS4")
    plan = DopingPlan(site="Sb", dopants=("W6+",), levels=("1/4",))
    draft, _ = compensate(crystal, expand(plan, 0, crystal)[0], plan)
    assert composition_id(crystal, draft) == "Na3SbS4-W0.25-vac"
    assert composition_id(crystal, draft, detail=1) == "Na3SbS4-W6p_0.25-vac"
    assert composition_id(crystal, undoped(crystal)) == "Na3SbS4-undoped"


def test_a_composition_survives_its_document(mother):
    crystal = mother("Na3SbS4_tet_derived")
    composition = composed(crystal, undoped(crystal))
    again = type(composition).from_document(composition.to_document())
    assert again.inputs_hash() == composition.inputs_hash()
    assert again.record() == composition.record()


def test_a_supercell_that_does_not_fit_is_a_bug(mother):
    crystal = mother("Na3SbS4_tet_derived")
    plan = DopingPlan(site="Sb", dopants=("W6+",), levels=("1/8",))
    draft, _ = compensate(crystal, expand(plan, 0, crystal)[0], plan)
    single = find_supercell(np.eye(3) * 7, 16, target_ions=16, max_ions=16)
    with pytest.raises(ValueError, match="would hold"):
        compose(crystal, draft, single)


def test_the_space_has_every_site_once(mother):
    crystal = mother("Na3SbS4_tet_derived")
    composition = composed(crystal, undoped(crystal))
    space = build_space(composition)
    assert sorted(site for s in space.sublattices for site in s.sites) == list(range(len(space)))
    assert len(space) == composition.supercell.cells * 16
    assert space.neutral
