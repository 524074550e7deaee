"""A real SLURM: a segment told to stop by the queue goes on in the next job, to the bit."""

import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from pymatgen.core import Lattice, Structure

from ewald.files.checked_json import read_checked
from screening.campaign.execution import EngineChoice
from screening.trajectory.segment_file import partial_path, segment_path
from tests.external.paced_toy import PACE, PACKAGE, SETTINGS
from workflows.engines.checkpoint import read_arrays
from workflows.engines.engine import MDSegmentJob
from workflows.engines.registry import load_engine

pytestmark = [pytest.mark.external, pytest.mark.slow]
ROOT = Path(__file__).parents[2]
RUN = """
import sys
from pathlib import Path
from pymatgen.core import Structure
from screening.campaign.execution import EngineChoice
from tests.external.paced_toy import SETTINGS
from workflows.engines.engine import MDSegmentJob
from workflows.engines.registry import load_engine
folder = Path(sys.argv[1])
job = MDSegmentJob.model_validate_json((folder / "job.json").read_text())
engine = load_engine(EngineChoice(preset="toy", settings=SETTINGS))
segment = engine.run_segment(Structure.from_file(folder / "start.json"), job)
(folder / f"ended-{segment.ended}").touch()
"""


def submit(folder: Path, environment: dict[str, str], pace_s: float = 0) -> str:
    script = folder / "job.sh"
    script.write_text(
        f"#!/bin/bash\n#SBATCH --ntasks=1 --output={folder}/%j.out\nexport OMP_NUM_THREADS=1 PYTHONPATH={ROOT}\n"
        f"export IONSIEVE_CALCULATOR_PACKAGES={PACKAGE} {PACE}={pace_s}\n"
        f"exec {sys.executable} {folder}/run.py {folder}\n"
    )
    answer = subprocess.run(
        ["sbatch", "--parsable", str(script)], env=environment, capture_output=True, text=True, check=True
    )
    return answer.stdout.strip()


def wait(condition, seconds: float = 120) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.3)


def test_a_segment_ended_by_the_queue_goes_on_in_the_next_job(
    slurm: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("IONSIEVE_CALCULATOR_PACKAGES", PACKAGE)
    structure = Structure.from_spacegroup("Fm-3m", Lattice.cubic(5.69), ["Ca", "S"], [[0, 0, 0], [0.5, 0.5, 0.5]])
    job = MDSegmentJob(
        folder=tmp_path / "md",
        index=0,
        temperature_K=600,
        timestep_fs=2,
        steps=4_000,
        frame_every=100,
        thermostat="nose-hoover",
        thermostat_time_fs=100,
        seed=2,
    )
    structure.to(str(tmp_path / "start.json"))
    (tmp_path / "job.json").write_text(job.model_dump_json())
    (tmp_path / "run.py").write_text(RUN)
    # At this pace the run takes more than three minutes. A checkpoint says that it has begun.
    first = submit(tmp_path, slurm, pace_s=0.05)
    wait(partial_path(job.folder, 0).exists)
    # What SLURM does at the end of a job's time: SIGTERM, and SIGKILL after KillWait.
    subprocess.run(["scancel", "--full", "--signal=TERM", first], env=slurm, check=True)
    wait((tmp_path / "ended-signal").exists)
    assert partial_path(job.folder, 0).exists()
    submit(tmp_path, slurm)
    wait((tmp_path / "ended-complete").exists)
    record = read_checked(job.folder / "segment-0000.json")
    assert record["segment"]["complete"]
    plain = job.model_copy(update={"folder": tmp_path / "plain"})
    load_engine(EngineChoice(preset="toy", settings=SETTINGS)).run_segment(structure, plain)
    one, other = (read_arrays(segment_path(folder, 0)) for folder in (job.folder, plain.folder))
    assert np.array_equal(one["step"], other["step"])
    assert np.array_equal(one["positions_A"], other["positions_A"])
