"""The ASE engine: relaxation, segments, interruptions of every kind."""

import time
from pathlib import Path

import pytest
from pymatgen.core import Structure

from ewald.errors import CampaignError, CheckpointError
from screening.campaign.execution import EngineChoice
from screening.campaign.stages import RelaxationStage
from workflows.engines.ase import outputs
from workflows.engines.ase.calculator import check_allowed
from workflows.engines.errors import EngineError, FailureReason
from workflows.engines.registry import load_engine

ROOT = Path(__file__).parents[4]


def test_relax_reaches_the_thresholds_and_keeps_the_species(toy_engine, rocksalt: Structure, tmp_path: Path):
    rocksalt.perturb(0.15)
    relaxed = toy_engine.relax(rocksalt, RelaxationStage(force_eV_A=0.01, stress_GPa=0.1), tmp_path, name="CaS")
    assert relaxed.converged
    assert relaxed.max_force_eV_A < 0.01
    assert relaxed.max_stress_GPa < 0.1
    assert relaxed.structure.species == rocksalt.species
    assert relaxed.volume_change == pytest.approx(relaxed.structure.volume / rocksalt.volume - 1)
    again = toy_engine.relax(rocksalt, RelaxationStage(force_eV_A=0.01, stress_GPa=0.1), tmp_path, name="CaS")
    assert again.to_document() == relaxed.to_document()
    with pytest.raises(CheckpointError, match="another structure or with other settings"):
        toy_engine.relax(rocksalt, RelaxationStage(force_eV_A=0.02), tmp_path, name="CaS")


def test_step_limit_is_not_called_converged(toy_engine, rocksalt: Structure, tmp_path: Path):
    rocksalt.perturb(0.3)
    relaxed = toy_engine.relax(rocksalt, RelaxationStage(max_steps=2), tmp_path, name="CaS")
    assert not relaxed.converged
    assert relaxed.steps == 2


def test_relaxation_goes_on_from_its_last_saved_state(toy_engine, rocksalt: Structure, tmp_path: Path, monkeypatch):
    rocksalt.perturb(0.3)
    stage = RelaxationStage(force_eV_A=1e-4, stress_GPa=0.001)
    real, calls = outputs.evaluate, [0]

    def dies(atoms):
        calls[0] += 1
        if calls[0] > 60:
            raise KeyboardInterrupt
        return real(atoms)

    monkeypatch.setattr(outputs, "evaluate", dies)
    with pytest.raises(KeyboardInterrupt):
        toy_engine.relax(rocksalt, stage, tmp_path, name="CaS")
    monkeypatch.setattr(outputs, "evaluate", real)
    assert (tmp_path / "relaxing.json").exists()
    relaxed = toy_engine.relax(rocksalt, stage, tmp_path, name="CaS")
    assert relaxed.converged
    assert relaxed.steps > 10
    assert not (tmp_path / "relaxing.json").exists()


def test_relaxation_stops_before_its_job_ends_and_goes_on(toy_engine, rocksalt: Structure, tmp_path: Path, monkeypatch):
    rocksalt.perturb(0.3)
    stage = RelaxationStage(force_eV_A=1e-4, stress_GPa=0.001)
    monkeypatch.setenv("IONSIEVE_JOB_END", str(int(time.time()) + 1))
    with pytest.raises(EngineError) as caught:
        toy_engine.relax(rocksalt, stage, tmp_path, name="CaS")
    assert caught.value.reason is FailureReason.WALLTIME
    assert (tmp_path / "relaxing.json").exists()
    monkeypatch.delenv("IONSIEVE_JOB_END")
    assert toy_engine.relax(rocksalt, stage, tmp_path, name="CaS").converged


def test_a_campaign_cannot_import_what_the_machine_does_not_allow(rocksalt, job, monkeypatch):
    for path in ("os.system", "subprocess.Popen", "aseevil.Calculator", "ase.io.read"):
        engine = load_engine(EngineChoice(preset="toy", settings={"calculator": path}))
        with pytest.raises(CampaignError, match="not allowed here"):
            engine.run_segment(rocksalt, job)
    monkeypatch.setenv("IONSIEVE_CALCULATOR_PACKAGES", "my_lab, aseevil")
    check_allowed("aseevil.Calculator")


def test_energy_key_knows_what_changes_an_energy():
    def key(**settings):
        return load_engine(EngineChoice(preset="toy", settings=settings)).provenance.energy_key

    assert key() == key(threads=2, optimizer="BFGS", checkpoint_every_s=1.0)
    assert key() != key(mp2020_corrections=True)
    assert key() != key(calculator="workflows.engines.ase.toy.Other")
