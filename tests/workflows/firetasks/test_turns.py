"""Arrangements of a composition that take turns in MD, whatever the verdicts and in whatever order they come."""

import contextlib
import os
import random
import signal
import subprocess
import time

import pytest
from fireworks import FWorker
from fireworks.core.rocket_launcher import launch_rocket

from screening.decision import Decision, Stage, Verdict
from screening.record.audit import filter_recall
from screening.record.explain import explain_candidate
from screening.record.record_file import read_record
from screening.transport.verdict import decide_md
from tests.science import science
from tests.toy_campaign import TOY
from tests.workflows.firetasks.test_hull import WHOLE, phase, store_candidate, take_hull
from tests.workflows.test_campaign_run import TIME_LIMIT_S, command, environment_here, workers_of
from workflows.campaign.campaign_file import open_campaign
from workflows.firetasks import md_look
from workflows.firetasks.stage_task import StageContext
from workflows.firetasks.turns import next_in_turn
from workflows.operations.record_builder import build_record
from workflows.operations.status import campaign_status
from workflows.operations.submit import submit
from workflows.recovery.hull_barrier import mark_references_done
from workflows.spec import StageSpec
from workflows.store.entry import Failure

pytestmark = pytest.mark.mongod

#: Of ten atoms: 0.1 eV, 1.9 kT at 600 K, for x_a2; 0.12 eV for x_a3; 0.5 eV, 10 kT, for x_a4.
ENERGIES_eV = {"x_a1": -2.35, "x_a2": -2.34, "x_a3": -2.338, "x_a4": -2.30}


@pytest.fixture
def turns(launchpad, campaign):
    """A composition with three arrangements of weight and one without, after its hull; gives the first action."""
    path = campaign(hull={"threshold_meV_per_atom": 100, "keep_per_composition": 4, "md_order": "in_turn"})
    results = submit(open_campaign(str(path)), launchpad).results
    for name, energy_eV in WHOLE.items():
        results.put("reference", name, "h", phase(name, energy_eV))
    for name, energy_eV in ENERGIES_eV.items():
        store_candidate(results, name, energy_eV)
    mark_references_done(results)
    return results, take_hull(launchpad, results)


def begun(workflows):
    return sorted({firework.spec["subject"] for workflow in workflows for firework in workflow.fws})


def decide(results, name, stage, verdict, inputs="h"):
    results.decide(
        Decision(
            campaign=results.entry.name, subject=name, stage=stage, quantity="conductivity", value=5.0, unit="mS/cm",
            threshold=1.0, verdict=verdict, reason="measured", inputs_hash=inputs, version="0",
        )
    )  # fmt: skip


def next_of(launchpad, results, subject):
    spec = StageSpec(
        campaign=results.entry.name, revision=results.entry.revision, composition="x", stage="long_md_look",
        subject=subject,
    )  # fmt: skip
    return next_in_turn(StageContext(spec, results.entry, results, launchpad, time.monotonic()))


def first_passes(turns, launchpad):
    """The MD that the hull began is there, and its arrangement has passed it."""
    results, action = turns
    for workflow in action.additions:
        launchpad.add_wf(workflow)
    decide(results, "x_a1", Stage.SHORT_MD, Verdict.PASS)
    decide(results, "x_a1", Stage.LONG_MD, Verdict.PASS)
    return results


def test_the_lowest_begins_and_one_without_weight_never_does(turns):
    results, action = turns
    assert action.stored_data["go_on"] == ["x_a1", "x_a2", "x_a3"]
    assert begun(action.additions) == ["x_a1"]
    waiting, light = (results.decision("hull", name) for name in ("x_a2", "x_a4"))
    assert waiting.verdict is Verdict.PASS
    assert "MD only where no lower arrangement passes it (its weight at 600 K is 14 % of the largest)" in waiting.reason
    assert (light.verdict, light.superseded_by) == (Verdict.FAIL, "x_a1")
    assert "its weight at 600 K is less than 0.1 % of the largest" in light.reason


@pytest.mark.parametrize("stage", [Stage.SHORT_MD, Stage.LONG_MD])
def test_where_one_fails_the_next_begins_until_none_is_left(turns, launchpad, stage):
    results, action = turns
    added = action.additions
    for name, following in (("x_a1", ["x_a2"]), ("x_a2", ["x_a3"]), ("x_a3", [])):
        for workflow in added:
            launchpad.add_wf(workflow)
        assert next_of(launchpad, results, name) == []
        if stage is Stage.LONG_MD:
            decide(results, name, Stage.SHORT_MD, Verdict.UNDECIDED)
            assert next_of(launchpad, results, name) == []
        decide(results, name, stage, Verdict.FAIL)
        added = next_of(launchpad, results, name)
        assert begun(added) == following
        assert begun(next_of(launchpad, results, name)) == following


def test_where_one_passes_the_others_are_spared_and_everything_says_so(turns, launchpad):
    results = first_passes(turns, launchpad)
    for _ in range(2):
        assert next_of(launchpad, results, "x_a1") == []
    for name in ("x_a2", "x_a3"):
        found = results.decision("short_md", name)
        assert (found.verdict, found.superseded_by) == (Verdict.FAIL, "x_a1")
    assert results.decision("short_md", "x_a4") is None
    record = build_record(results, campaign_hull=False)
    assert "stopped at Short MD: its MD was not run: x_a1 of this composition" in explain_candidate(record, "x_a2")
    assert [found.stage for found in filter_recall(record)] == [Stage.HULL]
    assert campaign_status(launchpad, results).verdicts["short_md"] == {"pass": 1, "stood for": 2}


def test_who_was_spared_begins_when_the_one_that_passed_does_not_any_more(turns, launchpad):
    results = first_passes(turns, launchpad)
    next_of(launchpad, results, "x_a1")
    decide(results, "x_a1", Stage.LONG_MD, Verdict.UNDECIDED, inputs="longer")
    assert begun(next_of(launchpad, results, "x_a1")) == ["x_a2"]
    assert results.decision("short_md", "x_a2") is None
    assert results.decision("short_md", "x_a3") is not None


def test_an_arrangement_whose_md_was_given_up_gives_its_turn_to_the_next(turns, launchpad):
    results, action = turns
    for workflow in action.additions:
        launchpad.add_wf(workflow)
    results.fail(Failure("short_md x_a1", "x_a1", "short_md", "walltime", "too slow", 3))
    decide(results, "x_a1", Stage.SHORT_MD, Verdict.UNDECIDED)
    assert begun(next_of(launchpad, results, "x_a1")) == ["x_a2"]


def test_a_hull_taken_again_gives_the_turn_to_what_is_lowest_then(turns, launchpad):
    results = first_passes(turns, launchpad)
    next_of(launchpad, results, "x_a1")
    # Ten kT lower than all others, of which none has any weight any more.
    store_candidate(results, "x_a5", -2.42)
    action = take_hull(launchpad, results)
    assert action.stored_data["go_on"] == ["x_a5"]
    assert begun(action.additions) == ["x_a5"]
    assert all(results.decision(stage, "x_a1") is None for stage in ("short_md", "long_md"))
    assert results.decision("short_md", "x_a2") is None


def test_together_nothing_takes_turns(launchpad, campaign):
    path = campaign(hull={"threshold_meV_per_atom": 100, "keep_per_composition": 4})
    results = submit(open_campaign(str(path)), launchpad).results
    assert next_of(launchpad, results, "x_a1") == []


#: Three arrangements within 7 meV/atom: each has weight at this temperature, at which all of them melt.
CHANGES = {
    "ewald": {"keep": 3},
    "hull": TOY["hull"] | {"keep_per_composition": 3, "md_order": "in_turn"},
    "short_md": TOY["short_md"] | {"temperatures_K": [20_000]},
}


def run_campaign(path, *, kills=0):
    draw = random.Random(kills)
    with subprocess.Popen(
        command(path), env=environment_here(), stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        for _ in range(kills):
            time.sleep(draw.uniform(2.0, 5.0))
            victims = workers_of(process)
            if victims:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(draw.choice(victims), signal.SIGKILL)
        _, complaints = process.communicate(timeout=TIME_LIMIT_S)
    assert process.returncode == 0, complaints.decode()


@pytest.mark.slow
def test_killed_workers_do_not_change_whose_turn_it_is(short_folder, campaign):
    run_campaign(campaign("calm.yaml", work_dir=str(short_folder), **CHANGES))
    record = read_record(short_folder / "toy")
    sent_on = {d.subject for d in record.decisions if d.stage is Stage.HULL and d.verdict is not Verdict.FAIL}
    assert len(sent_on) == 3
    assert {run.candidate_id for run in record.md} == sent_on
    more = {"work_dir": str(short_folder / "k"), "execution": {"workers": 2, "max_reruns": 50}}
    run_campaign(campaign("killed.yaml", **CHANGES, **more), kills=5)
    assert science(read_record(short_folder / "k" / "toy")) == science(record)


@pytest.mark.slow
@pytest.mark.parametrize("passes", [0, 1])
def test_in_a_whole_campaign_one_that_passes_spares_those_after_it(launchpad, campaign, monkeypatch, passes):
    """The verdicts are made up, all else is as FireWorks does it."""
    results = submit(open_campaign(str(campaign(**CHANGES))), launchpad).results
    judged = []

    def made_up(subject, *details, **more):
        if subject not in judged:
            judged.append(subject)
        verdict = Verdict.PASS if judged.index(subject) >= passes else Verdict.FAIL
        return decide_md(subject, *details, **more).model_copy(update={"verdict": verdict})

    monkeypatch.setattr(md_look, "decide_md", made_up)
    monkeypatch.setattr(md_look, "_melted", lambda decision: decision)
    while launch_rocket(launchpad, FWorker(), strm_lvl="CRITICAL"):
        pass
    assert results.failures() == ()
    assert launchpad.fireworks.count_documents({"state": {"$ne": "COMPLETED"}}) == 0
    assert len(judged) == passes + 1
    record = build_record(results)
    verdicts = {d.subject: (d.verdict, d.superseded_by) for d in record.decisions if d.stage is Stage.SHORT_MD}
    assert [verdicts.pop(name)[0] for name in judged] == [Verdict.FAIL] * passes + [Verdict.PASS]
    assert list(verdicts.values()) == [(Verdict.FAIL, judged[-1])] * (2 - passes)
    assert {run.candidate_id for run in record.md} == set(judged)
