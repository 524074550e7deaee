"""Category and queue settings follow the engine of a Firework."""

import pytest
from fireworks import Workflow

from screening.campaign.campaign import Campaign
from tests.toy_campaign import TOY
from workflows.builders.firework import firework
from workflows.builders.resources import engine_name, equip
from workflows.launchpad.allowed import refuse_foreign_keys
from workflows.spec import StageSpec


@pytest.fixture
def campaign() -> Campaign:
    engines = {
        "a": {"preset": "toy", "queue": {"gpus": 1}, "category": "gpu"},
        "b": {"preset": "toy", "queue": {"ntasks": 8}},
        "c": {"preset": "toy"},
    }
    stages = {
        "relax": {"engines": ["a", "b"]},
        "short_md": TOY["short_md"] | {"engine": "c"},
        "long_md": TOY["long_md"] | {"engine": "a"},
    }
    return Campaign.model_validate(TOY | {"engine": None, "engines": engines} | stages)


@pytest.mark.parametrize(
    ("stage", "link", "engine", "asked"),
    [
        ("relax", 0, "a", ("gpu", {"gpus": 1})),
        ("relax", 1, "b", ("dft", {"ntasks": 8})),
        ("reference", 1, "b", ("dft", {"ntasks": 8})),
        ("hull", 0, "b", ("light", None)),
        ("short_md", 0, "c", ("md", None)),
        ("short_md_look", 0, "c", ("light", None)),
        ("long_md", 0, "a", ("gpu", {"gpus": 1})),
    ],
)
def test_of_each_stage(campaign: Campaign, stage: str, link: int, engine: str, asked: tuple):
    spec = StageSpec(campaign="c", revision="r", composition="x", stage=stage, subject="x", link=link)
    assert engine_name(campaign, spec) == engine
    (made,) = equip(Workflow([firework(spec, "name")]), campaign).fws
    assert (made.spec["_category"], made.spec.get("_queueadapter")) == asked
    refuse_foreign_keys(made.to_db_dict())


def test_links_have_keys_of_their_own():
    keys = {
        StageSpec(campaign="c", revision="r", composition="x", stage="relax", subject="x", link=link).key
        for link in range(3)
    }
    assert keys == {"relax:x", "relax:x~1", "relax:x~2"}


def test_resources_of_the_campaign_file_reach_the_spec():
    resources = {
        "toy": {"cores": 8, "at_most": 3},
        "relax": {"cores": 16, "category": "big", "at_most": 2},
        "ewald": {"cores": 4, "priority": 5},
    }
    execution = {"resources": resources, "priorities": {"x": 7, "x_a2": 20}}
    campaign = Campaign.model_validate(TOY | {"execution": execution})

    def spec_of(stage, subject):
        spec = StageSpec(campaign="c", revision="r", composition="x", stage=stage, subject=subject)
        (made,) = equip(Workflow([firework(spec, "name")]), campaign).fws
        refuse_foreign_keys(made.to_db_dict())
        assert StageSpec.from_fw_spec(made.spec) == spec
        return made.spec

    relax, screen, hull = spec_of("relax", "x_a2"), spec_of("ewald", "x"), spec_of("hull", "x")
    assert relax["_queueadapter"] == {"nodes": 1, "ntasks": 16, "cpus_per_task": 1}
    assert (relax["_category"], relax["_priority"], relax["limits"]) == ("big", 70, ["relax", "toy"])
    assert screen["_queueadapter"]["ntasks"] == 4
    # The Ewald screen has no engine, whose limit it would fall under.
    assert (screen["_category"], screen["_priority"], screen.get("limits")) == ("light", 12, None)
    assert (hull["_priority"], hull.get("_queueadapter")) == (87, None)
    assert spec_of("short_md", "x_a1")["limits"] == ["toy"]
