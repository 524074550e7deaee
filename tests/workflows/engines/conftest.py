"""A small crystal and the toy engine."""

from pathlib import Path

import pytest
from pymatgen.core import Lattice, Structure

from screening.campaign.execution import EngineChoice
from workflows.engines.engine import MDSegmentJob
from workflows.engines.registry import load_engine


@pytest.fixture
def rocksalt() -> Structure:
    """Eight ions of CaS, whose toy volume is close to the real one."""
    return Structure.from_spacegroup("Fm-3m", Lattice.cubic(5.69), ["Ca2+", "S2-"], [[0, 0, 0], [0.5, 0.5, 0.5]])


@pytest.fixture
def toy_engine():
    """Toy engine that writes a checkpoint after every step."""
    return load_engine(EngineChoice(preset="toy", settings={"checkpoint_every_s": 0.0, "stability_steps": 0}))


@pytest.fixture
def job(tmp_path: Path) -> MDSegmentJob:
    """A short Nose-Hoover segment."""
    return MDSegmentJob(
        folder=tmp_path / "md",
        index=0,
        temperature_K=600.0,
        timestep_fs=2.0,
        steps=40,
        frame_every=4,
        thermostat="nose-hoover",
        thermostat_time_fs=100.0,
        seed=3,
    )
