"""A key that a later release adds changes no hash of what an earlier release began."""

import pytest
from pydantic import BaseModel, Field, create_model

from ewald.pairs.model import PairModel, PairTerm
from screening.campaign.campaign import Campaign
from screening.campaign.section import Section
from screening.campaign.stages import HullStage
from screening.hashed import FIRST_KEYS, hashed
from screening.plan.composition import SupercellSublattice
from screening.relaxation.relaxation import Provenance
from screening.value import content_hash
from tests.toy_campaign import TOY
from workflows.engines.engine import MDSegmentJob
from workflows.engines.espresso.settings import EspressoSettings


def sections(base=Section):
    for section in base.__subclasses__():
        if section.__module__.startswith("screening"):
            yield section
        yield from sections(section)


LISTED = {
    model.__name__: model
    for model in (
        *sections(),
        PairModel,
        PairTerm,
        Provenance,
        MDSegmentJob,
        EspressoSettings,
        SupercellSublattice,
    )
}


def later(model: type[BaseModel], default: object, **more: object) -> type[BaseModel]:
    """Return a model as a later release has it: of the same name, with one more key."""
    return create_model(model.__name__, __base__=model, added=(int | None, Field(default)), **more)


def test_every_section_of_the_campaign_file_is_listed_with_keys_that_it_still_has():
    assert FIRST_KEYS.keys() == LISTED.keys()
    assert {name: keys - LISTED[name].model_fields.keys() for name, keys in FIRST_KEYS.items()} == dict.fromkeys(
        FIRST_KEYS, frozenset()
    )


def test_the_revision_of_a_file_of_release_0_1_stays():
    assert Campaign.model_validate(TOY).revision() == "0fddf0f58b85"


@pytest.mark.parametrize("default", [None, 3])
def test_a_later_key_counts_only_where_it_differs_from_its_default(default):
    grown = later(Campaign, default, hull=(later(HullStage, default), Field(default_factory=later(HullStage, default))))
    before = Campaign.model_validate(TOY)
    assert grown.model_validate(TOY).revision() == before.revision()
    assert grown.model_validate({**TOY, "added": 4}).revision() != before.revision()
    assert grown.model_validate({**TOY, "hull": {**TOY["hull"], "added": 4}}).revision() != before.revision()
    assert content_hash(later(HullStage, default)()) == content_hash(HullStage())
    assert content_hash(later(HullStage, default)(added=4)) != content_hash(HullStage())


def test_later_keys_are_found_in_lists_and_in_mappings():
    class Holder(BaseModel):
        several: tuple[HullStage, ...]
        named: dict[str, HullStage]

    grown = later(HullStage, None)
    assert hashed(Holder(several=(grown(),), named={"one": grown()})) == {
        "several": [hashed(HullStage())],
        "named": {"one": hashed(HullStage())},
    }


def test_a_default_of_the_first_release_that_changes_is_another_campaign():
    changed = create_model("HullStage", __base__=HullStage, keep_per_composition=(int, Field(2)))
    assert content_hash(changed()) != content_hash(HullStage())
