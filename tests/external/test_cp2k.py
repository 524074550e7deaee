"""Real CP2K: a small relaxation, and MD segments with a restart and a kill between them."""

import json
import os
import shutil
import signal
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from pymatgen.core import Structure

from screening.campaign.execution import EngineChoice
from screening.campaign.stages import RelaxationStage
from screening.trajectory.segment_file import segment_path
from workflows.engines.checkpoint import read_arrays
from workflows.engines.engine import MDSegmentJob
from workflows.engines.errors import EngineError
from workflows.engines.registry import load_engine

pytestmark = [
    pytest.mark.external,
    pytest.mark.slow,
    pytest.mark.skipif(shutil.which("cp2k.psmp") is None, reason="CP2K is not installed (apt install cp2k cp2k-data)"),
]
MOTHER = Path(__file__).parents[2] / "screening/data/structures/mothers/Na3PS4_tet_MP.cif"
#: Small settings: the forces are good to about 0.05 eV/A, which is enough to see that everything fits together.
SMALL = {
    "cutoff_Ry": 160,
    "rel_cutoff_Ry": 40,
    "kpoint_spacing_per_A": None,
    "electronic_temperature_K": None,
    "added_orbitals": 0,
    "scf_eps": 1e-5,
}


@pytest.fixture(scope="module")
def engine():
    return load_engine(EngineChoice(preset="cp2k", settings=SMALL))


def test_relaxes_sixteen_ions(engine, tmp_path: Path):
    structure = Structure.from_file(MOTHER)
    assert len(structure) == 16
    structure.translate_sites([6], [0.04, 0, 0], frac_coords=True)
    stage = RelaxationStage(force_eV_A=0.8, stress_GPa=8.0, prerelax_force_eV_A=1.5, max_steps=12)
    before = engine.single_point(structure, tmp_path / "before")
    relaxed = engine.relax(structure, stage, tmp_path / "relax", name="Na3PS4")
    assert relaxed.converged
    assert relaxed.steps >= 1
    assert relaxed.energy_eV < before.energy_eV
    assert relaxed.max_force_eV_A < np.linalg.norm(before.forces_eV_A, axis=1).max()
    assert relaxed.provenance.version == "2023.1" or relaxed.provenance.version > "2023.1"
    again = engine.relax(structure, stage, tmp_path / "relax", name="Na3PS4")
    assert again.to_document() == relaxed.to_document()


def test_a_point_is_the_slope_of_its_neighbours(engine, tmp_path: Path):
    structure = Structure.from_file(MOTHER)
    structure.translate_sites([6], [0.04, 0, 0], frac_coords=True)
    step_A = 0.02
    moved = []
    for sign in (-1, 1):
        one = structure.copy()
        one.translate_sites([6], [sign * step_A, 0, 0], frac_coords=False)
        moved.append(engine.point(one, tmp_path / str(sign)).energy_eV)
    point = engine.point(structure, tmp_path / "point")
    assert np.shape(point.forces_eV_A) == (16, 3)
    slope = -(moved[1] - moved[0]) / (2 * step_A)
    assert abs(slope) > 0.1
    assert point.forces_eV_A[6][0] == pytest.approx(slope, abs=0.05)
    assert point.core_seconds > 0
    # The same geometry gives the same energy, whatever was computed before.
    assert engine.point(structure, tmp_path / "again").energy_eV == pytest.approx(point.energy_eV, abs=1e-5)


def test_two_segments_join_and_a_killed_one_goes_on(engine, tmp_path: Path):
    structure = Structure.from_file(MOTHER)
    job = MDSegmentJob(
        folder=tmp_path,
        index=0,
        temperature_K=600,
        timestep_fs=2,
        steps=2,
        frame_every=1,
        thermostat="nose-hoover",
        thermostat_time_fs=100,
        seed=5,
    )
    assert engine.run_segment(structure, job).complete
    second = job.model_copy(update={"index": 1})
    killer = threading.Thread(target=_kill_code_after_its_first_step, args=(tmp_path / "cp2k-0001/attempt-00",))
    killer.start()
    with pytest.raises(EngineError, match="truncated-output"):
        engine.run_segment(structure, second)
    killer.join()
    assert engine.run_segment(structure, second).complete
    assert (tmp_path / "cp2k-0001/attempt-01").exists()
    files = [read_arrays(segment_path(tmp_path, index)) for index in range(2)]
    step = np.concatenate([file["step"] for file in files])
    positions = np.concatenate([file["positions_A"] for file in files])
    conserved = np.concatenate([file["total_eV"] for file in files])
    assert step.tolist() == list(range(5))
    moved = np.diff(positions, axis=0)
    assert np.abs(moved).max() < 0.1
    # Continuous in velocity as well: the step over the join is like its neighbours.
    assert np.abs(np.diff(moved, axis=0)).max() < 0.02
    assert np.ptp(conserved) / 16 < 0.005


def _kill_code_after_its_first_step(attempt: Path) -> None:
    deadline = time.monotonic() + 600
    while time.monotonic() < deadline:
        restart = attempt / "run-1.restart"
        if restart.exists() and "STEP_START_VAL" in restart.read_text(errors="replace"):
            os.killpg(json.loads((attempt / "process.json").read_bytes())["pid"], signal.SIGKILL)
            return
        time.sleep(0.2)
