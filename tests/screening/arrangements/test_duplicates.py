import pytest

from screening.arrangements.duplicates import equal_arrangements, siblings
from screening.arrangements.stage import screen_composition
from screening.campaign import Campaign
from screening.plan.plan import build_plan
from tests.overlapping_campaign import overlapping


@pytest.fixture(scope="module")
def compositions(tmp_path_factory):
    folder = tmp_path_factory.mktemp("overlap")
    return build_plan(Campaign.model_validate(overlapping(folder)), folder).compositions


def test_siblings_share_mother_and_formula_and_come_before(compositions):
    first, second = compositions
    assert first.formula == second.formula
    assert siblings(second, compositions) == [first]
    assert siblings(first, compositions) == []
    assert siblings(second.model_copy(update={"mother": "another"}), compositions) == []


def test_oxidation_states_do_not_make_a_crystal_another_one(compositions, tmp_path):
    stage = Campaign.model_validate(overlapping(tmp_path)).ewald
    _, (first, *_) = screen_composition(compositions[0], stage, tmp_path)
    bare = first.structure.copy()
    bare.remove_oxidation_states()
    other = first.model_copy(update={"id": "b", "composition_id": "other", "structure": bare})
    assert equal_arrangements([first, other]) == {"b": first.id}
