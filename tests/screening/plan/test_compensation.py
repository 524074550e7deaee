from fractions import Fraction

import pytest

from screening.campaign.doping import DopingPlan
from screening.plan.compensation import compensate, undoped
from screening.plan.composition import formula_of
from screening.plan.substitution import expand


def drafts(mother, **plan):
    plan = DopingPlan(**plan)
    return [compensate(mother, substitution, plan) for substitution in expand(plan, 0, mother)]


def formulas(mother, **plan):
    return [formula_of(mother, draft) for draft, _ in drafts(mother, **plan)]


def test_gallium_and_phosphorus_for_silicon_in_na4sis4(na4sis4):
    found = formulas(na4sis4, site="Si", pairs=(("Ga3+", "P5+"),), levels=tuple(f"{n}/8" for n in range(1, 8)))
    assert {"Na4Ga0.5P0.5S4", "Na3.75Ga0.375P0.625S4", "Na4.25Ga0.625P0.375S4"} <= set(found)


def test_tantalum_for_silicon_in_na4sis4(na4sis4):
    found = formulas(na4sis4, site="Si", dopants=("Ta5+",))
    assert found == [
        "Na3.875Si0.875Ta0.125S4",
        "Na3.75Si0.75Ta0.25S4",
        "Na3.625Si0.625Ta0.375S4",
        "Na3.5Si0.5Ta0.5S4",
    ]


def test_tungsten_on_antimony_leaves_sodium_vacancies(mother):
    found = formulas(mother("Na3SbS4_tet_derived"), site="Sb", dopants=("W6+",), levels=("1/8", "1/4"))
    assert found == ["Na2.875Sb0.875W0.125S4", "Na2.75Sb0.75W0.25S4"]


def test_calcium_on_the_mobile_site_of_na3ps4(mother):
    ((draft, _),) = drafts(mother("Na3PS4_tet_exp"), site="Na", dopants=("Ca2+",), levels=("1/8",))
    assert formula_of(mother("Na3PS4_tet_exp"), draft) == "Na2.25Ca0.375PS4"
    (group,) = [group for group in draft.occupation.groups if "Ca2+" in group.counts]
    assert group.counts == {"Na+": Fraction(9, 2), "Ca2+": Fraction(3, 4), "vacancy": Fraction(3, 4)}


def test_lower_valence_needs_interstitials(mother):
    ((draft, _),) = drafts(mother("Na3PS4_tet_exp"), site="P", dopants=("Si4+",), levels=("1/2",))
    assert draft.route == "interstitial"
    assert draft.occupation.added_sites
    assert draft.occupation.totals()["Na+"] == 7


def test_partial_occupancies_make_room_before_voids_are_sought(mother):
    argyrodite = mother("Li6PS5Cl", mobile="Li")
    ((draft, _),) = drafts(argyrodite, site="P", dopants=("Si4+",), levels=("1/4",))
    assert draft.occupation.added_sites == ()
    assert draft.occupation.totals()["Li+"] == 25


def test_interstitial_sites_of_the_user_come_with_their_symmetry_copies(mother):
    ((draft, _),) = drafts(
        mother("Na3PS4_cubic"), site="P", dopants=("Si4+",), levels=("1/2",), interstitial_sites=((0.25, 0.5, 0.0),)
    )
    assert len(draft.occupation.added_sites) == 12


def test_isovalent_doping_needs_no_compensation(mother):
    ((draft, _),) = drafts(mother("Na3PS4_cubic"), site="P", dopants=("Sb5+",), levels=("1/2",), compensation=())
    assert draft.route == "none"


def test_anion_vacancies(mother):
    ((draft, _),) = drafts(
        mother("NaYS2"), site="Y", dopants=("Ca2+",), levels=("1/3",), compensation=("anion_vacancy",)
    )
    assert draft.occupation.totals()["S2-"] == Fraction(11, 2)


def test_anion_doping(mother):
    ((draft, _),) = drafts(mother("Na3PS4_cubic"), site="S", dopants=("Cl-",), levels=("1/8",))
    assert draft.route == "vacancy"
    assert formula_of(mother("Na3PS4_cubic"), draft) == "Na2.5PS3.5Cl0.5"


def test_a_second_dopant(mother):
    ((draft, _),) = drafts(
        mother("Na3SbS4_tet_derived"),
        site="Sb",
        dopants=("Sn4+",),
        levels=("1/4",),
        compensation=("codopant",),
        codopant="Cl-",
        codopant_site="S",
    )
    assert formula_of(mother("Na3SbS4_tet_derived"), draft) == "Na3Sb0.75Sn0.25S3.75Cl0.25"


def test_routes_are_tried_in_order(mother):
    plan = {"site": "Y", "dopants": ("Ca2+",), "levels": ("1/3",)}
    ((first, _),) = drafts(mother("NaYS2"), **plan, compensation=("vacancy", "anion_vacancy", "interstitial"))
    assert first.route == "anion_vacancy"


def test_what_cannot_be_compensated_says_why(mother):
    ((draft, reason),) = drafts(mother("NaCrS2"), site="Cr", dopants=("Nb5+",), levels=("1/2",))
    assert draft is None
    assert "leaves no Na+" in reason
    assert "interstitial" in reason


def test_too_many_vacancies(mother):
    ((draft, reason),) = drafts(
        mother("NaCrS2"), site="Cr", dopants=("W6+",), levels=("1/2",), compensation=("vacancy",)
    )
    assert draft is None
    assert "needs 9/2 Na+ per cell where there are 3" in reason


@pytest.mark.parametrize("name", ["Na3SbS4_tet_derived", "NaCrS2"])
def test_the_undoped_mother_leaves_no_choice(mother, name):
    assert all(len(group.counts) == 1 for group in undoped(mother(name)).occupation.groups)
