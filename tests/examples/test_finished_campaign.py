"""The campaign that ships is whole: its record can be read, its trajectories are there and are what it says."""

from screening.decision import Stage
from screening.record.ranking import rank
from screening.record.record_file import read_record
from screening.trajectory.segments import read_segments
from workflows.shipped import finished_campaign


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


def test_readme_names_the_potential_it_was_run_with():
    record = read_record(finished_campaign())
    assert record.campaign.engine.preset in (finished_campaign() / "README.md").read_text(encoding="utf-8")
