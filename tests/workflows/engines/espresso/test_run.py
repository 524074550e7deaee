"""The Quantum ESPRESSO engine: inputs, and whole runs against a stand-in pw.x that computes the toy potential."""

import numpy as np
import pytest
from pymatgen.core import Structure

from workflows.engines.engine import MDSegmentJob


def test_one_energy_equals_the_toys(espresso, toy_engine, rocksalt: Structure):
    from workflows.engines.ase import inputs

    rocksalt.perturb(0.05)
    ours, toy = (inputs.build_atoms(rocksalt, engine.settings) for engine in (espresso[1], toy_engine))
    assert ours.get_potential_energy() == pytest.approx(toy.get_potential_energy(), abs=1e-6)
    assert np.allclose(ours.get_forces(), toy.get_forces(), atol=1e-5)
    assert np.allclose(ours.get_stress(), toy.get_stress(), atol=1e-6)


def test_md_runs_through_the_code(espresso, rocksalt: Structure, job: MDSegmentJob):
    segment = espresso[1].run_segment(rocksalt, job.model_copy(update={"steps": 1, "frame_every": 1}))
    assert segment.complete
    assert segment.frames == 2
