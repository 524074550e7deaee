"""What a campaign means in sentences, and the keys that its file may have."""

import pytest
from pydantic import BaseModel, Field

from ewald.errors import UserError
from screening.campaign import Campaign
from workflows.campaign.campaign_file import open_campaign
from workflows.operations.meaning import meaning, schema_lines


def told(campaign, **changes):
    return list(meaning(open_campaign(str(campaign(**changes)))))


def test_every_stage_is_told_with_its_numbers(campaign):
    lines = told(campaign)
    assert lines[0].startswith("campaign toy, revision ")
    assert lines[0].endswith("(a demonstration: nothing to publish)")
    text = "\n".join(lines)
    for said in (
        "1 composition, ", "the 2 lowest arrangements", "engine: ase, preset toy", "forces fall below 0.5 eV/A",
        "100000 meV/atom above it", "short MD: 0.2 ps in steps of 5 fs at 600 K, judged once",
        "long MD: 0.2 to 0.3 ps in steps of 5 fs at 500, 600 K, judged up to ", "the run's own temperature",
    ):  # fmt: skip
        assert said in text


def test_only_what_was_asked_for_is_told(campaign):
    assert "demonstration" not in told(campaign, demonstration=False)[0]
    plain = "\n".join(told(campaign, verdict={"temperature_K": 350, "threshold_mS_cm": 2.5}))
    assert "2.5 mS/cm or more at 350 K" in plain
    assert "electrodes:" not in plain
    hull = {"threshold_meV_per_atom": 50, "electrode_window": True, "cathodes": ["NaCrO2"]}
    assert any("alkali metal, NaCrO2" in line for line in told(campaign, hull=hull))


def test_the_first_thing_that_cannot_be_meant_is_an_error(campaign):
    with pytest.raises(UserError, match="no such preset"):
        told(campaign, engine={"preset": "no-such-preset"})


class Inner(BaseModel):
    size: float = Field(2.5, description="Its size")


class Outer(BaseModel):
    name: str = Field(description="What it is called")
    inner: Inner = Field(default_factory=Inner, description="A section")
    many: tuple[Inner, ...] = Field((), description="Several")
    words: tuple[str, ...] = Field(("a", "b"), description="Words")
    limit: float | None = Field(None, description="A limit")


def test_keys_are_told_with_their_defaults_and_sections_are_entered():
    assert list(schema_lines(Outer)) == [
        "name: What it is called (needed)",
        "inner: A section",
        "inner.size: Its size (default: 2.5)",
        "many[]: Several (default: none)",
        "many[].size: Its size (default: 2.5)",
        "words: Words (default: a, b)",
        "limit: A limit (default: none)",
    ]


def test_every_key_of_a_campaign_is_described():
    lines = list(schema_lines())
    assert not [line for line in lines if ": None" in line]
    assert {line.partition(":")[0].rstrip("[]") for line in lines} >= set(Campaign.model_fields)
