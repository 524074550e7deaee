"""Decisions of the Ewald stage."""

import pytest

from screening.arrangements.decisions import ewald_decisions
from screening.arrangements.duplicates import equal_arrangements
from screening.arrangements.stage import screen_composition
from screening.campaign import Campaign
from screening.decision import Verdict
from screening.plan.plan import build_plan
from tests.overlapping_campaign import overlapping


@pytest.fixture(scope="module")
def compositions(tmp_path_factory):
    folder = tmp_path_factory.mktemp("overlap")
    return build_plan(Campaign.model_validate(overlapping(folder)), folder).compositions


def test_an_arrangement_reached_twice_fails_once_with_the_name_of_its_twin(compositions, tmp_path):
    (_, ours), (record, theirs) = (
        screen_composition(item, Campaign.model_validate(overlapping(tmp_path)).ewald, tmp_path / item.id)
        for item in compositions
    )
    copies_of = equal_arrangements([*ours, *theirs])
    assert copies_of == {theirs[0].id: ours[0].id, theirs[1].id: ours[1].id}
    lines = ewald_decisions("c", record, theirs, "hash", copies_of)
    assert [line.verdict for line in lines] == [Verdict.FAIL, Verdict.FAIL]
    assert [line.superseded_by for line in lines] == [ours[0].id, ours[1].id]
    assert f"the same crystal as {ours[0].id}" in lines[0].reason
