import pytest

from screening.hull.campaign_hull import with_campaign_phases
from screening.hull.hull import hull_energies
from tests.screening.hull.phases import PROVENANCE, phase, references

CANDIDATES = [
    phase("Na3SbS4", -0.70, "a1"),
    phase("Na3SbS4", -0.72, "a2"),
    phase("NaSbS3", -1.2, "b1"),
    phase("NaSbS3", -1.1, "b2"),
    phase("NaSbS2", -0.8, "c1"),
]


def test_equals_the_slow_way_for_every_candidate():
    records = hull_energies(CANDIDATES, references())
    fast = with_campaign_phases(records, CANDIDATES, references())
    assert [record.candidate_id for record in fast] == [item.id for item in CANDIDATES]
    for record, candidate in zip(fast, CANDIDATES, strict=True):
        formula = candidate.structure.composition.reduced_formula
        rivals = [item for item in CANDIDATES if item.structure.composition.reduced_formula != formula]
        (slow,) = hull_energies([candidate], [*references(), *rivals])
        assert record.hull_energy_with_campaign_meV_per_atom == pytest.approx(slow.hull_energy_meV_per_atom)
    assert fast[0].hull_energy_with_campaign_meV_per_atom > records[0].hull_energy_meV_per_atom


def test_the_order_in_which_phases_were_relaxed_does_not_matter():
    records = hull_energies(CANDIDATES, references())
    there = with_campaign_phases(records, CANDIDATES, references())
    assert with_campaign_phases(records, CANDIDATES[::-1], references()) == there


def test_what_cannot_be_compared_is_left_as_it_is():
    records = hull_energies(CANDIDATES, references())
    foreign = PROVENANCE.model_copy(update={"energy_key": "other"})
    other_engine = [item.model_copy(update={"provenance": foreign}) for item in references()]
    assert with_campaign_phases(records, CANDIDATES, other_engine) == records
    assert with_campaign_phases(records, [], references()) == records
    (first, *_) = with_campaign_phases(records, CANDIDATES[1:], references())
    assert first == records[0]
