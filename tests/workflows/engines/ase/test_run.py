"""The ASE engine: relaxation, segments, interruptions of every kind."""

import itertools
import time
from pathlib import Path

import numpy as np
import pytest
from pymatgen.core import Structure

from ewald.errors import CampaignError, CheckpointError
from ewald.files.checked_json import read_checked, write_checked
from screening.campaign.execution import EngineChoice
from screening.campaign.stages import RelaxationStage
from workflows.engines.ase import outputs, run
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


class StopsAfter:
    """A job whose end comes after so many steps."""

    def __init__(self, steps):
        self.left = steps

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    @property
    def reason(self):
        self.left -= 1
        return "walltime" if self.left < 0 else None


def relaxing(engine, structure, stage):
    return lambda folder: engine.relax(structure, stage, folder, name="CaS")


def jobs(relax, folder, monkeypatch, steps):
    """Relax in jobs of so many steps; return the outcome and what each job left behind."""
    left = []
    for job in steps:
        monkeypatch.setattr(run, "StopRequest", lambda job=job: StopsAfter(job))
        try:
            return relax(folder), left
        except EngineError:
            left.append(read_checked(folder / "relaxing.json"))
    return None, left


@pytest.fixture
def distorted(rocksalt):
    places = np.random.default_rng(7).normal(scale=0.25, size=(len(rocksalt), 3))
    strained = rocksalt.apply_strain([0.03, -0.02, 0.05])
    return Structure(strained.lattice, strained.species, strained.cart_coords + places, coords_are_cartesian=True)


def outcome(relaxed):
    document = relaxed.to_document()
    del document["core_seconds"]
    return document


@pytest.mark.parametrize("optimizer", ["FIRE", "BFGS", "LBFGS"])
@pytest.mark.parametrize("loose", [None, 0.5])
def test_a_stopped_relaxation_takes_the_path_of_one_that_was_never_stopped(
    distorted, tmp_path, monkeypatch, optimizer, loose
):
    # The checkpoints of time would come at steps of their own.
    settings = {"optimizer": optimizer, "checkpoint_every_s": 1e9}
    engine = load_engine(EngineChoice(preset="toy", settings=settings))
    stage = RelaxationStage(force_eV_A=0.02, stress_GPa=0.1, prerelax_force_eV_A=loose)
    relax = relaxing(engine, distorted, stage)
    expected, _ = jobs(relax, tmp_path / "whole", monkeypatch, [10**9])
    assert expected.converged
    passes = set()
    for steps in (0, 1, 7, expected.steps - 1):
        once, left = jobs(relax, tmp_path / f"{steps}", monkeypatch, [steps, 10**9])
        assert outcome(once) == outcome(expected), steps
        assert [state["steps"] for state in left] == [steps]
        passes |= {state["loose_done"] for state in left}
    often, left = jobs(relax, tmp_path / "often", monkeypatch, itertools.cycle([5, 0, 1]))
    assert outcome(often) == outcome(expected)
    assert len(left) > expected.steps / 6
    assert passes == ({True} if loose is None else {True, False})


def test_a_state_of_a_former_release_is_gone_on_from(distorted, toy_engine, tmp_path, monkeypatch):
    stage = RelaxationStage(force_eV_A=1e-3, stress_GPa=0.01)
    _, (state,) = jobs(relaxing(toy_engine, distorted, stage), tmp_path, monkeypatch, [12])
    former = {key: value for key, value in state.items() if key not in {"memory", "unstrained_cell_A"}}
    write_checked(tmp_path / "relaxing.json", former)
    relaxed, _ = jobs(relaxing(toy_engine, distorted, stage), tmp_path, monkeypatch, [10**9])
    assert relaxed.converged
    assert relaxed.steps > 12


def test_a_state_of_another_optimizer_is_gone_on_from(distorted, tmp_path, monkeypatch):
    stage = RelaxationStage(force_eV_A=1e-3, stress_GPa=0.01)
    fire, lbfgs = (
        load_engine(EngineChoice(preset="toy", settings={"optimizer": optimizer})) for optimizer in ("FIRE", "LBFGS")
    )
    jobs(relaxing(fire, distorted, stage), tmp_path, monkeypatch, [12])
    relaxed, _ = jobs(relaxing(lbfgs, distorted, stage), tmp_path, monkeypatch, [10**9])
    assert relaxed.converged


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
