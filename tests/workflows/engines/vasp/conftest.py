"""The stand-in for VASP."""

import shutil
import sys
from pathlib import Path

import pytest

from screening.campaign.execution import EngineChoice
from workflows.engines.engine import MDSegmentJob
from workflows.engines.registry import load_engine


@pytest.fixture
def vasp(tmp_path: Path):
    """Return the folder of the stand-in and an engine that starts it."""
    home = tmp_path / "bin"
    home.mkdir()
    shutil.copy(Path(__file__).with_name("stand_in.py"), home / "stand_in.py")
    command = [sys.executable, str(home / "stand_in.py")]
    settings = {"command": command, "potcar": "spec", "check_every_s": 0.2, "cores": 1}
    return home, load_engine(EngineChoice(preset="vasp", settings=settings))


@pytest.fixture
def md_job(job: MDSegmentJob) -> MDSegmentJob:
    return job.model_copy(update={"steps": 6, "frame_every": 2})
