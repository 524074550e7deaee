import pytest
import yaml
from fireworks import FWorker
from fireworks.core.rocket_launcher import launch_rocket

from screening.record.explain import explain_candidate
from tests.overlapping_campaign import overlapping
from workflows.campaign.campaign_file import open_campaign
from workflows.launchpad.queries import fireworks_of
from workflows.operations.record_builder import build_record
from workflows.operations.submit import submit

pytestmark = pytest.mark.mongod

FIRST, SECOND = "Na3SbS4-Cl0.125-vac", "Na3SbS4-Cl0.25-vac"


@pytest.fixture
def results(launchpad, tmp_path):
    path = tmp_path / "campaign.yaml"
    path.write_text(yaml.safe_dump({**overlapping(tmp_path), "work_dir": str(tmp_path / "work")}), encoding="utf-8")
    return submit(open_campaign(str(path)), launchpad).results


def screen(launchpad, results, subject):
    query = fireworks_of(results.entry, key=f"ewald:{subject}")
    assert launch_rocket(launchpad, FWorker(query=query), strm_lvl="ERROR")


@pytest.mark.parametrize("order", [(FIRST, SECOND), (SECOND, FIRST)])
def test_equal_arrangements_are_relaxed_once_whoever_is_screened_first(launchpad, results, order):
    for subject in order:
        screen(launchpad, results, subject)
    relaxed = {row["spec"]["subject"] for row in launchpad.fireworks.find({"spec.stage": "relax"}, {"spec": 1})}
    assert relaxed == {f"{FIRST}_a1", f"{FIRST}_a2"}
    decision = results.decision("ewald", f"{SECOND}_a1")
    assert decision.verdict == "fail"
    assert decision.superseded_by == f"{FIRST}_a1"
    assert results.decision("ewald", f"{FIRST}_a1").verdict == "pass"
    record = build_record(results)
    story = explain_candidate(record, f"{SECOND}_a1")
    assert "In short: stopped at Ewald screen: " in story
    assert f"{FIRST}_a1" in story.splitlines()[3]


def test_a_sibling_that_cannot_be_screened_stops_only_itself(launchpad, results, monkeypatch):
    from ewald.errors import StructureError
    from workflows.firetasks import screen as module

    search = module.screen_composition

    def broken(composition, *arguments):
        if composition.id == FIRST:
            raise StructureError("two ions on one position")
        return search(composition, *arguments)

    monkeypatch.setattr(module, "screen_composition", broken)
    screen(launchpad, results, SECOND)
    assert results.decision("ewald", f"{SECOND}_a1").verdict == "pass"


def test_a_sibling_that_another_release_screened_is_not_screened_again(launchpad, results, monkeypatch):
    from screening.arrangements import stage
    from workflows.firetasks import screen as module

    screen(launchpad, results, FIRST)
    monkeypatch.setattr(stage, "__version__", "99.0.0")
    searched, search = [], module.screen_composition

    def noted(composition, *arguments):
        searched.append(composition.id)
        return search(composition, *arguments)

    monkeypatch.setattr(module, "screen_composition", noted)
    screen(launchpad, results, SECOND)
    assert searched == [SECOND]
    assert results.decision("ewald", f"{SECOND}_a1").superseded_by == f"{FIRST}_a1"
