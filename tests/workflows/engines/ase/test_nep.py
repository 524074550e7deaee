"""NEP through its preset: a published model, its forces, relaxation, MD, and what MD costs beside the forces."""

import time
from pathlib import Path

import numpy as np
import pytest
from pymatgen.core import Structure

from ewald.errors import CampaignError
from screening.campaign.execution import EngineChoice
from screening.campaign.stages import RelaxationStage
from screening.trajectory.segment_file import segment_path
from workflows.engines.ase import inputs
from workflows.engines.ase.nep import NEP
from workflows.engines.checkpoint import read_arrays
from workflows.engines.engine import MDSegmentJob
from workflows.engines.registry import check_supplied, load_engine

MOTHERS = Path(__file__).parents[4] / "screening/data/structures/mothers"


def choice_of(model: Path) -> EngineChoice:
    return EngineChoice(preset="nep", settings={"files": {"model_file": str(model)}, "arguments": {"device": "cpu"}})


@pytest.fixture
def engine(nep89: Path):
    return load_engine(choice_of(nep89))


@pytest.fixture
def mother() -> Structure:
    return Structure.from_file(MOTHERS / "Na3SbS4_tet_derived.cif")


def test_forces_and_stress_are_the_slopes_of_the_energy(engine, mother: Structure):
    mother.perturb(0.05)
    atoms = inputs.build_atoms(mother, engine.settings)
    forces, stress, step = atoms.get_forces(), atoms.get_stress(), 1e-4

    def energy(change) -> float:
        moved = atoms.copy()
        moved.calc = atoms.calc
        change(moved)
        return moved.get_potential_energy()

    for ion, axis in ((0, 0), (7, 2)):
        shift = np.zeros_like(atoms.positions)
        shift[ion, axis] = step
        slope = [energy(lambda one, s=sign * shift: one.set_positions(one.positions + s)) for sign in (1, -1)]
        assert forces[ion, axis] == pytest.approx(-(slope[0] - slope[1]) / (2 * step), abs=1e-4)
    scale = [np.diag([1 + sign * step, 1, 1]) for sign in (1, -1)]
    slope = [energy(lambda one, s=s: one.set_cell(one.cell.array @ s, scale_atoms=True)) for s in scale]
    assert stress[0] == pytest.approx((slope[0] - slope[1]) / (2 * step * atoms.get_volume()), abs=1e-5)


def test_it_agrees_with_the_packages_own_calculator(engine, nep89: Path, mother: Structure):
    from nep_adapters.ase import NepAseCalculator

    mother.perturb(0.1)
    mother.apply_strain([0.02, -0.01, 0.03])
    atoms = inputs.build_atoms(mother, engine.settings)
    same = atoms.copy()
    same.calc = NepAseCalculator(str(nep89))
    for _ in range(2):
        assert atoms.get_potential_energy() == pytest.approx(same.get_potential_energy(), abs=1e-9)
        assert np.allclose(atoms.get_forces(), same.get_forces(), atol=1e-9)
        assert np.allclose(atoms.get_stress(), same.get_stress(), atol=1e-9)
        for one in (atoms, same):
            one.rattle(0.05, seed=3)
            one.set_cell(one.cell.array * 1.01, scale_atoms=True)


def test_relaxes_and_joins_segments(engine, mother: Structure, job: MDSegmentJob, tmp_path: Path):
    relaxed = engine.relax(mother, RelaxationStage(), tmp_path / "relax", name="Na3SbS4")
    assert relaxed.converged
    assert abs(relaxed.volume_change) < 0.12
    for index in range(2):
        assert engine.run_segment(relaxed.structure, job.model_copy(update={"index": index})).complete
    whole = job.model_copy(update={"folder": tmp_path / "whole", "steps": 2 * job.steps})
    engine.run_segment(relaxed.structure, whole)
    parts = [read_arrays(segment_path(job.folder, index))["positions_A"] for index in range(2)]
    assert np.array_equal(np.concatenate(parts), read_arrays(segment_path(whole.folder, 0))["positions_A"])


def test_the_content_of_the_model_is_in_the_energies_not_its_place(engine, nep89: Path, tmp_path: Path):
    copy = tmp_path / "copy.txt"
    copy.write_bytes(nep89.read_bytes())
    assert load_engine(choice_of(copy)).provenance == engine.provenance
    copy.write_bytes(nep89.read_bytes() + b"\n")
    assert load_engine(choice_of(copy)).provenance.energy_key != engine.provenance.energy_key


def test_what_is_no_model_of_these_elements_is_said_before_anything_starts(nep89: Path, tmp_path: Path):
    check_supplied(choice_of(nep89), frozenset({"Li", "O"}))
    with pytest.raises(CampaignError, match="not fitted to At, Rn"):
        check_supplied(choice_of(nep89), frozenset({"Li", "At", "Rn"}))
    wrong = tmp_path / "nep.txt"
    wrong.write_text("not a model")
    with pytest.raises(CampaignError, match=r"nep\.txt.*cannot be used as a NEP model"):
        check_supplied(choice_of(wrong), frozenset())


def test_a_gpu_is_used_only_when_there_is_one(nep89: Path):
    from nep_adapters.runtime import backend_status

    here = "cuda" if backend_status("cuda").available else "cpu"
    assert NEP(str(nep89)).runner.backend == here
    assert NEP(str(nep89), device="cpu").runner.backend == "cpu"


def test_md_adds_less_than_a_fifth_to_the_forces(engine, mother: Structure, job: MDSegmentJob, monkeypatch):
    mother.make_supercell([2, 2, 2])
    assert len(mother) == 128
    runner = inputs.build_atoms(mother, engine.settings).calc.runner.model
    bare, spent = runner.calculate, []

    def timed(*arguments):
        begin = time.process_time()
        found = bare(*arguments)
        spent.append(time.process_time() - begin)
        return found

    monkeypatch.setattr(runner, "calculate", timed)
    begin = time.process_time()
    engine.run_segment(mother, job.model_copy(update={"steps": 500, "frame_every": 25}))
    whole = time.process_time() - begin
    assert len(spent) == 501
    print(f"force call {1000 * sum(spent) / 501:.2f} ms, step of MD {1000 * whole / 500:.2f} ms")  # noqa: T201
    assert whole < 1.2 * sum(spent)
