import time
from pathlib import Path

import pytest
import yaml

from ewald.errors import CampaignError, UserError
from screening.campaign import load_campaign
from screening.plan.plan import build_plan

CONFIGS = Path(__file__).parents[3] / "configs"
TUNGSTEN = {"site": "Sb", "dopants": ["W6+"], "levels": ["1/4"]}


def shipped_plan(name):
    path = CONFIGS / f"{name}.yaml"
    return build_plan(load_campaign(path), path.parent)


def test_the_quickstart():
    plan = shipped_plan("quickstart")
    assert [composition.id for composition in plan.compositions] == [
        "Na3SbS4-undoped",
        "Na3SbS4-W0.25-vac",
        "Na3SbS4-W0.5-vac",
    ]
    assert [composition.configurations for composition in plan.compositions] == [1, 4 * 12, 6 * 66]
    assert plan.totals.ions_max == 32


def test_the_sodium_sulfide_campaign_has_its_published_scale():
    started = time.process_time()
    plan = shipped_plan("na_sulfides")
    seconds = time.process_time() - started
    assert plan.totals.mothers == 7
    assert 160 <= plan.totals.compositions <= 180
    assert int(plan.totals.configurations) >= 10**8
    assert all(150 <= composition.ions <= 256 for composition in plan.compositions)
    assert all(composition.charge == 0 for composition in plan.compositions)
    assert len({(c.mother, c.supercell.matrix) for c in plan.compositions}) == 7
    assert len(plan.not_compensated) + plan.totals.compositions == 7 * 6 * 4 + 7
    assert seconds < 60


def test_the_garnet_and_the_argyrodite():
    garnet = {composition.formula for composition in shipped_plan("llzo").compositions}
    assert {"Li6.25Al0.25La3Zr2O12", "Li6.5La3Zr1.5Ta0.5O12"} <= garnet
    argyrodite = {composition.formula for composition in shipped_plan("argyrodite").compositions}
    assert {"Li6PS5Cl", "Li5.5PS4.5Cl1.5", "Li6.25P0.75Si0.25S5Cl"} <= argyrodite


def test_a_composition_whose_ions_find_no_room_is_listed_with_the_reason(campaign, tmp_path):
    """Every split Li site of the argyrodite holds its one Li; a Li more has no place 1.9 A from all others."""
    made = campaign(
        "Li6PS5Cl",
        [{"site": "P", "dopants": ["Si4+"], "levels": ["1/4"], "compensation": ["interstitial"]}],
        mobile="Li",
        supercell={"target_ions": 60, "max_ions": 60},
        ewald={"min_distance_A": 1.9},
    )
    plan = build_plan(made, tmp_path)
    assert [composition.id for composition in plan.compositions] == ["Li6PS5Cl-undoped"]
    (refused,) = plan.not_compensated
    assert refused.substitution == "Si4+ 1/4 on P5+, interstitial"
    assert refused.reason == "no arrangement keeps all ions 1.9 A apart (ewald.min_distance_A)"


def test_arrangements_are_counted_without_ions_that_are_too_close():
    """Each of the 24 pairs of half-filled Li sites of the conventional cell is filled in one of two ways."""
    plan = shipped_plan("argyrodite")
    pure = plan.compositions[0]
    cells = pure.supercell.cells
    anions = next(group for group in pure.groups if "Cl-" in group.species)
    pairs = sum(len(group.sites) for group in pure.groups if "Li+" in group.species) * cells // 2
    assert int(pure.record().configurations) == 2**pairs * anions.configurations
    assert plan.totals.largest_space == max((c.record().configurations for c in plan.compositions), key=int)


def test_two_routes_to_one_composition_are_one(campaign, tmp_path):
    made = campaign(
        "Na3SbS4_tet_derived",
        [
            {"site": "Sb", "pairs": [["Ga3+", "P5+"]], "levels": ["3/8"], "compensation": ["interstitial"]},
            {"site": "Sb5+", "pairs": [["P5+", "Ga3+"]], "levels": ["5/8"], "compensation": ["interstitial"]},
        ],
        include_undoped=False,
    )
    (composition,) = build_plan(made, tmp_path, count_distinct=False).compositions
    assert len(composition.routes) == 2


def test_the_route_tells_names_apart(campaign, tmp_path):
    doping = [{"site": "P", "dopants": ["Mo6+", "Mo4+"], "levels": ["1/4"]}]
    made = campaign("Na3PS4_cubic", doping, include_undoped=False)
    names = [composition.id for composition in build_plan(made, tmp_path, count_distinct=False).compositions]
    assert names == ["Na3PS4_cubic-Mo0.25-vac", "Na3PS4_cubic-Mo0.25-int"]


def test_equal_names_gain_their_oxidation_states(campaign, tmp_path):
    doping = [{"site": "Cr", "dopants": ["Mo6+", "Mo5+"], "levels": ["1/8"]}]
    made = campaign("NaCrS2", doping, include_undoped=False)
    names = [composition.id for composition in build_plan(made, tmp_path, count_distinct=False).compositions]
    assert names == ["NaCrS2-Mo6p_0.125-vac", "NaCrS2-Mo5p_0.125-vac"]


def test_one_supercell_for_all_levels_where_it_is_possible(campaign, tmp_path):
    doping = [{"site": "Sb", "dopants": ["W6+"], "levels": ["1/4", "1/3"]}]
    wide = build_plan(campaign("Na3SbS4_tet_derived", doping), tmp_path, count_distinct=False)
    assert len({composition.supercell.matrix for composition in wide.compositions}) == 1
    tight = campaign("Na3SbS4_tet_derived", doping, supercell={"target_ions": 64, "max_ions": 64})
    plan = build_plan(tight, tmp_path, count_distinct=False)
    assert len({composition.supercell.matrix for composition in plan.compositions}) > 1
    assert "fits all levels" in plan.notes[0]


def test_what_electrostatics_cannot_rank_is_said(campaign, tmp_path):
    made = campaign("Na3PS4_cubic", [{"site": "P", "dopants": ["Sb5+", "W6+"], "levels": ["1/2"]}])
    plan = build_plan(made, tmp_path, count_distinct=False)
    assert [composition.degenerate for composition in plan.compositions] == [False, True, False]
    assert plan.notes == ("electrostatics cannot rank arrangements of ions of equal charge: Na3PS4_cubic-Sb0.5",)


def test_a_fixed_matrix(campaign, tmp_path):
    matrix = [[2, 0, 0], [0, 2, 0], [0, 0, 1]]
    made = campaign("Na3SbS4_tet_derived", [TUNGSTEN], supercell={"matrix": matrix})
    plan = build_plan(made, tmp_path)
    assert {composition.supercell.matrix for composition in plan.compositions} == {tuple(map(tuple, matrix))}


@pytest.mark.parametrize(
    ("doping", "sections", "words"),
    [
        ({"site": "Sb", "dopants": ["Xx6+"]}, {}, r"doping\.0\.dopants\.0 = 'Xx6\+'.*known element"),
        ({"site": "As", "dopants": ["W6+"]}, {}, r"doping\.0\.site = 'As'.*one of Na\+, S2-, Sb5\+"),
        (
            {"site": "Sb", "dopants": ["W6+"], "levels": ["1/7"]},
            {"supercell": {"target_ions": 64, "max_ions": 64}},
            r"doping\.0\.levels = 'W6\+ 1/7 on Sb5\+'.*no whole number of ions.*max_ions to 110",
        ),
        (
            TUNGSTEN,
            {"supercell": {"matrix": [[1, 0, 0], [0, 1, 0], [0, 0, 1]]}},
            r"no whole number of ions: 0\.5 W6\+ in 1 cell of.*a matrix of 2 cells, or write 1/2, the nearest level",
        ),
        (TUNGSTEN, {"supercell": {"target_ions": 8, "max_ions": 8}}, r"supercell\.max_ions = 8"),
        (
            {"site": "Sb", "dopants": ["Sn4+"], "levels": ["1/4"], "compensation": ["codopant"]},
            {},
            r"needs codopant and codopant_site",
        ),
    ],
)
def test_what_cannot_be_meant_is_one_line(campaign, tmp_path, doping, sections, words):
    with pytest.raises(UserError, match=words) as caught:
        build_plan(campaign("Na3SbS4_tet_derived", [doping], **sections), tmp_path)
    assert "\n" not in str(caught.value)
    assert isinstance(caught.value, CampaignError)


def test_a_missing_mother_is_named(campaign, tmp_path):
    with pytest.raises(UserError, match=r"mothers\.0\.structure = 'gone\.cif'"):
        build_plan(campaign("gone.cif", [TUNGSTEN]), tmp_path)


def test_a_mother_without_a_requested_composition_is_noted(tmp_path):
    from tests.toy_campaign import TOY

    path = tmp_path / "campaign.yaml"
    path.write_text(yaml.safe_dump({**TOY, "doping": [{"site": "Sb", "dopants": [], "levels": ["1/2"]}]}))
    plan = build_plan(load_campaign(path), tmp_path)
    assert plan.compositions == ()
    assert plan.notes == ("Na3SbS4: no composition is requested, or none can be made neutral",)


def test_the_campaign_with_potentials_has_the_compositions_of_the_published_one():
    published = load_campaign(CONFIGS / "na_sulfides.yaml")
    path = CONFIGS.parent / "benchmarks" / "na_sulfides" / "campaign.yaml"
    potentials = load_campaign(path)
    for section in ("mothers", "doping", "supercell", "ewald"):
        assert getattr(potentials, section) == getattr(published, section)
