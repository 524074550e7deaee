"""Finished MD is found under a hash of everything that its verdict depends on, and of nothing else."""

import pytest
from pymatgen.core import Lattice, Structure

from screening.campaign.campaign import Campaign
from screening.relaxation.relaxation import Provenance, RelaxedStructure
from tests.toy_campaign import TOY
from workflows.md.finished import compared_hash, finished_hash

ENGINES = {"a": {"preset": "toy"}, "b": {"preset": "toy", "settings": {"mp2020_corrections": True}}}
CHECKED = {
    **TOY,
    "engine": None,
    "engines": ENGINES,
    "relax": TOY["relax"] | {"engines": ["a"]},
    "short_md": TOY["short_md"] | {"engine": "a"},
    "long_md": TOY["long_md"] | {"engine": "a"},
    "validation": {"engine": "b", "frames": 4},
}


def provenance(key: str = "k") -> Provenance:
    return Provenance(engine="ase", code="x", version="1", energy_key=key, settings={})


def relaxed(edge_A: float = 5.0) -> RelaxedStructure:
    return RelaxedStructure(
        id="x_a1",
        structure=Structure(Lattice.cubic(edge_A), ["Na"], [[0, 0, 0]]),
        energy_eV=0.0,
        converged=True,
        steps=1,
        max_force_eV_A=0.0,
        max_stress_GPa=0.0,
        volume_change=0.0,
        provenance=provenance(),
    )


def changed(**changes) -> Campaign:
    return Campaign.model_validate({**CHECKED, **changes})


@pytest.mark.parametrize(
    "changes",
    [
        {"long_md": CHECKED["long_md"] | {"max_length_ps": 0.4}},
        {"long_md": CHECKED["long_md"] | {"temperatures_K": [500, 700]}},
        {"verdict": {"temperature_K": None, "threshold_mS_cm": 2}},
        {"seed": 7},
        {"audit": {"fraction": 0.5}},
        {"name": "another"},
    ],
)
def test_what_a_verdict_depends_on_changes_the_hash(changes):
    of = [finished_hash(campaign, "long_md", relaxed(), provenance()) for campaign in (changed(), changed(**changes))]
    assert of[0] != of[1]
    compared = [
        compared_hash(campaign, relaxed(), provenance(), provenance("b"))
        for campaign in (changed(), changed(**changes))
    ]
    assert compared[0] != compared[1]


@pytest.mark.parametrize(
    "changes",
    [
        {"execution": {"workers": 7}},
        {"hull": TOY["hull"] | {"keep_per_composition": 2}},
        {"short_md": CHECKED["short_md"] | {"temperatures_K": [900]}},
        {"long_md": CHECKED["long_md"] | {"segment_walltime_s": 60}},
    ],
)
def test_nothing_else_changes_it(changes):
    of = [finished_hash(campaign, "long_md", relaxed(), provenance()) for campaign in (changed(), changed(**changes))]
    assert of[0] == of[1]


def test_crystal_engine_and_stage_are_part_of_it():
    campaign = changed()
    hashes = {
        finished_hash(campaign, "long_md", relaxed(), provenance()),
        finished_hash(campaign, "long_md", relaxed(5.1), provenance()),
        finished_hash(campaign, "long_md", relaxed(), provenance("other")),
        finished_hash(campaign, "check_md", relaxed(), provenance()),
        finished_hash(campaign, "short_md", relaxed(), provenance()),
    }
    assert len(hashes) == 5
    first = compared_hash(campaign, relaxed(), provenance(), provenance("b"))
    assert first != compared_hash(campaign, relaxed(), provenance(), provenance("c"))
    more = changed(validation={"engine": "b", "frames": 8})
    assert first != compared_hash(more, relaxed(), provenance(), provenance("b"))
