"""CHGNet through its preset: real weights, a relaxation and MD, and what leaving out the stress must not change."""

import time
from pathlib import Path

import numpy as np
import pytest
from pymatgen.core import Structure

from screening.campaign.execution import EngineChoice
from screening.campaign.stages import RelaxationStage
from screening.trajectory.segment_file import segment_path
from workflows.engines.ase import inputs
from workflows.engines.checkpoint import read_arrays
from workflows.engines.engine import MDSegmentJob
from workflows.engines.registry import load_engine

pytest.importorskip("chgnet", reason="CHGNet is not installed (IonSieve's extra chgnet)")

MOTHER = Path(__file__).parents[4] / "screening/data/structures/mothers/Na3PS4_tet_MP.cif"


@pytest.fixture(scope="module")
def engine():
    return load_engine(EngineChoice(preset="chgnet"))


@pytest.fixture
def mother() -> Structure:
    return Structure.from_file(MOTHER)


def test_relaxes_and_joins_segments(engine, mother: Structure, job: MDSegmentJob, tmp_path: Path):
    relaxed = engine.relax(mother, RelaxationStage(), tmp_path / "relax", name="Na3PS4")
    assert relaxed.converged
    assert abs(relaxed.volume_change) < 0.08
    # The Materials Project's entry is at about -4.37 eV/atom, which CHGNet was trained to reproduce.
    assert -4.6 < relaxed.energy_eV / 16 < -4.2
    for index in range(2):
        assert engine.run_segment(relaxed.structure, job.model_copy(update={"index": index, "steps": 8})).complete
    steps = np.concatenate([read_arrays(segment_path(job.folder, index))["step"] for index in range(2)])
    assert steps.tolist() == [0, 4, 8, 12, 16]


def test_leaving_out_the_stress_changes_no_force_and_saves_time(engine, mother: Structure):
    from chgnet.model.dynamics import CHGNetCalculator

    mother.perturb(0.1)
    atoms = inputs.build_atoms(mother, engine.settings)
    whole = atoms.copy()
    whole.calc = CHGNetCalculator(model=atoms.calc.model)
    assert np.allclose(atoms.get_forces(), whole.get_forces(), atol=1e-5)
    assert np.allclose(atoms.get_stress(), whole.get_stress(), atol=1e-6)
    assert "magmoms" not in atoms.calc.results
    fast = inputs.build_atoms(mother, engine.settings, stress=False)
    fast.calc.reset()
    assert np.allclose(fast.get_forces(), whole.get_forces(), atol=1e-5)
    assert "stress" not in fast.calc.results
    assert np.allclose(fast.get_stress(), whole.get_stress(), atol=1e-6), "asked for by name, it is computed"
    seconds = {"fast": [], "whole": []}
    for round_ in range(5):
        for name, one in (("fast", fast), ("whole", whole)):
            one.positions[0, 0] += 0.001 * (round_ + 1)
            begin = time.process_time()
            one.get_forces()
            seconds[name].append(time.process_time() - begin)
    assert np.median(seconds["fast"]) < np.median(seconds["whole"])
    print(f"share of the time: {np.median(seconds['fast']) / np.median(seconds['whole']):.2f}")  # noqa: T201
