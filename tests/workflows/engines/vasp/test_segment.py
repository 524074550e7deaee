"""MD segments with VASP against a stand-in."""

import numpy as np
import pytest
from pymatgen.core import Structure

from screening.trajectory.segment_file import segment_path
from workflows.engines.checkpoint import read_arrays
from workflows.engines.engine import MDSegmentJob


def test_md_stops_after_a_whole_step_at_its_walltime_and_goes_on(vasp, rocksalt, md_job: MDSegmentJob):
    home, engine = vasp
    (home / "slow").write_text("0.5")
    job = md_job.model_copy(update={"steps": 40, "walltime_s": 12.0})
    first = engine.run_segment(rocksalt, job)
    assert first.ended == "walltime"
    assert first.steps < 40
    assert "LSTOP = .TRUE." in (job.folder / "vasp-0000/attempt-00/STOPCAR").read_text()
    (home / "slow").write_text("0")
    second = engine.run_segment(rocksalt, job.model_copy(update={"walltime_s": None}))
    assert second.complete
    trajectory = read_arrays(segment_path(job.folder, 0))
    assert trajectory["step"].tolist() == list(range(0, 41, 2))
    moved = np.diff(trajectory["positions_A"], axis=0)
    assert np.abs(moved - moved[0]).max() < 1e-5


@pytest.mark.parametrize("killed", [False, True])
def test_segments_join_and_unwrap(vasp, rocksalt: Structure, md_job: MDSegmentJob, killed: bool):
    home, engine = vasp
    if killed:
        (home / "fail-killed").touch()
    for index in range(2):
        assert engine.run_segment(rocksalt, md_job.model_copy(update={"index": index})).complete
    files = [read_arrays(segment_path(md_job.folder, index)) for index in range(2)]
    assert np.concatenate([file["step"] for file in files]).tolist() == list(range(0, 13, 2))
    positions = np.concatenate([file["positions_A"] for file in files])
    # The stand-in's ions move at constant velocity, out of the cell: unwrapped, they lie on straight lines.
    moved = np.diff(positions, axis=0)
    assert np.abs(moved - moved[0]).max() < 1e-5
    assert (md_job.folder / "vasp-0000/attempt-01").exists() == killed
