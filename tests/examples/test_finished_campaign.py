"""The campaign that ships is whole: its record can be read, its trajectories are there and are what it says."""

import json
from pathlib import Path

from screening.decision import Stage
from screening.record.explain import explain_candidate
from screening.record.export import export_record
from screening.record.ranking import rank
from screening.record.record import RECORD_FORMAT
from screening.record.record_file import read_record
from screening.report import write_report
from screening.trajectory.segments import read_segments
from workflows.shipped import finished_campaign

EARLIER_FORMAT = Path(__file__).with_name("earlier_format.record.json")


def test_record_is_readable_and_ranks():
    record = read_record(finished_campaign())
    assert record.campaign.demonstration
    assert record.campaign.work_dir == "campaigns"
    assert len(rank(record)) >= 2
    assert any(run.transport is not None for run in record.md)


def test_trajectories_of_the_last_runs_are_there():
    folder = finished_campaign()
    runs = [run for run in read_record(folder).md if run.stage is Stage.LONG_MD]
    assert runs
    for run in runs:
        trajectory = read_segments([folder / name for name in run.trajectory_files])
        assert trajectory.target_temperature_K == run.temperature_K
        assert trajectory.length_ps * 1000 == run.steps * run.timestep_fs


def test_no_path_of_a_machine_is_in_it():
    text = (finished_campaign() / "record.json").read_text(encoding="utf-8")
    assert not any(f'"/{root}' in text for root in ("home", "root", "tmp", "work"))


def test_readme_names_the_potentials_it_was_run_with():
    record = read_record(finished_campaign())
    text = (finished_campaign() / "README.md").read_text(encoding="utf-8")
    assert len(record.campaign.engines) == 2
    for engine in record.campaign.engines.values():
        assert engine.preset in text


def test_it_decides_as_the_measured_compounds_do():
    record = read_record(finished_campaign())
    verdicts = {(decision.subject, decision.stage): decision.verdict for decision in record.decisions}
    assert verdicts["Na3SbS4-undoped_a1", Stage.SHORT_MD] == "fail"
    passed = {
        candidate.composition_id
        for candidate in record.candidates
        if verdicts.get((candidate.id, Stage.LONG_MD)) == "pass"
    }
    assert passed == {"Na3SbS4-W0.125-vac", "Na3SbS4-W0.25-vac"}


def test_it_is_of_the_campaign_that_the_quickstart_runs():
    script = (Path(__file__).parents[2] / "scripts" / "quickstart").read_text(encoding="utf-8")
    assert f"configs/{read_record(finished_campaign()).campaign.name}.yaml" in script


def test_a_campaign_of_an_earlier_format_is_exported_reported_and_explained(tmp_path):
    document = json.loads(EARLIER_FORMAT.read_text(encoding="utf-8"))
    assert document["format"] < RECORD_FORMAT
    record = read_record(EARLIER_FORMAT)
    assert [candidate.id for candidate in record.candidates] == [one["id"] for one in document["candidates"]]
    assert [run.candidate_id for run in record.md] == [one["candidate_id"] for one in document["md"]]
    verdicts = [(one["subject"], one["stage"], one["verdict"]) for one in document["decisions"]]
    assert [(d.subject, d.stage, d.verdict) for d in record.decisions] == verdicts
    written = export_record(record, tmp_path / "export")
    assert all(path.stat().st_size for path in written)
    rows = json.loads((tmp_path / "export" / "candidates.json").read_text(encoding="utf-8"))["candidates"]
    assert {row["candidate"] for row in rows} == {candidate.id for candidate in record.candidates}
    page = write_report(record, tmp_path / "report").read_text(encoding="utf-8")
    for candidate in record.candidates:
        assert candidate.id in page
        assert candidate.id in "".join(explain_candidate(record, candidate.id))
