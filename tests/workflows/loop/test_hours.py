import pytest

from screening.campaign.stages import MDStage
from screening.plan.composition import Composition
from workflows.loop.hours import hours_of
from workflows.md.schedule import typical_segments
from workflows.store.tally import Tallies, Tally

pytestmark = pytest.mark.mongod


def test_hours_grow_with_the_ions_and_follow_what_was_measured(choosing, monkeypatch):
    results = choosing()
    compositions = list(results.all(Composition, "plan").values())
    guessed = hours_of(results, compositions)
    ions = {one.id: one.ions for one in compositions}
    most, least = max(ions, key=ions.get), min(ions, key=ions.get)
    assert guessed[most].hull / guessed[least].hull == pytest.approx(ions[most] / ions[least])
    hour = Tally(stage="relax", version="", results=1, timed=1, seconds=1.0, core_seconds=3600.0)
    monkeypatch.setattr(results, "tallies", lambda: Tallies((hour,)))
    measured = hours_of(results, compositions)
    mean = sum(hours.hull for hours in measured.values()) / len(measured)
    assert mean == pytest.approx(results.entry.campaign.ewald.keep)
    assert measured[most].long_md == guessed[most].long_md


def test_a_run_of_fixed_length_has_all_its_segments():
    stage = MDStage(
        timestep_fs=1, length_ps=10, max_length_ps=None, segment_ps=2, equilibration_ps=1, adaptive=False,
        temperatures_K=(600, 800),
    )  # fmt: skip
    assert typical_segments(stage) == 10


def test_no_compositions_cost_nothing(choosing):
    assert hours_of(choosing(), []) == {}
