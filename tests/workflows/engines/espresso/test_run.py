"""The Quantum ESPRESSO engine: inputs, and whole runs against a stand-in pw.x that computes the toy potential."""

import sys
from pathlib import Path

import numpy as np
import pytest
from ase.io.espresso import read_espresso_in
from pymatgen.core import Structure

from ewald.errors import DependencyError
from screening.campaign.execution import EngineChoice
from screening.campaign.stages import RelaxationStage
from workflows.engines.engine import MDSegmentJob
from workflows.engines.errors import EngineError, FailureReason
from workflows.engines.registry import load_engine

ROOT = Path(__file__).parents[4]
STAND_IN = f"""#!{sys.executable}
import sys
sys.path.insert(0, {str(ROOT)!r})
from pathlib import Path
from tests.workflows.engines.espresso.stand_in import answer
ending = Path(__file__).with_name("ending")
print(answer(Path("run.in").read_text(), ending.read_text() if ending.exists() else ""), end="")
"""


@pytest.fixture
def espresso(tmp_path: Path):
    home = tmp_path / "espresso"
    home.mkdir()
    for element in ("Ca", "S"):
        (home / f"{element}.upf").write_text("stand-in")
    (home / "pw.x").write_text(STAND_IN)
    (home / "pw.x").chmod(0o755)
    settings = {
        "executable": str(home / "pw.x"),
        "pseudo_dir": str(home),
        "pseudopotentials": {"Ca": "Ca.upf", "S": "S.upf"},
    }
    return home, load_engine(EngineChoice(preset="espresso", settings=settings))


def test_input_field_by_field(espresso, rocksalt: Structure, tmp_path: Path):
    from ase import Atoms

    from workflows.engines.espresso.inputs import write_input

    atoms = Atoms([s.specie.Z for s in rocksalt], rocksalt.cart_coords, cell=rocksalt.lattice.matrix, pbc=True)
    write_input(atoms, espresso[1].espresso, tmp_path)
    text = (tmp_path / "run.in").read_text()
    for line in (
        "calculation      = 'scf'", "tprnfor          = .true.", "tstress          = .true.",
        "ecutwfc          = 50", "conv_thr         = 1e-08", "K_POINTS automatic\n3 3 3  0 0 0", "Ca 40.078 Ca.upf",
    ):  # fmt: skip
        assert line in text
    with (tmp_path / "run.in").open() as file:
        assert np.allclose(read_espresso_in(file).positions, rocksalt.cart_coords)


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


@pytest.mark.parametrize(("ending", "reason"), [("unconverged", FailureReason.SCF), ("cut", FailureReason.TRUNCATED)])
def test_failed_runs_say_why(espresso, rocksalt: Structure, job: MDSegmentJob, ending: str, reason: FailureReason):
    (espresso[0] / "ending").write_text(ending)
    with pytest.raises(EngineError) as caught:
        espresso[1].run_segment(rocksalt, job)
    assert caught.value.reason is reason


def test_missing_pseudopotential_and_executable(espresso, rocksalt: Structure, tmp_path: Path):
    home, engine = espresso
    (home / "S.upf").unlink()
    with pytest.raises(DependencyError, match="no pseudopotential for S"):
        engine.relax(rocksalt, RelaxationStage(), tmp_path / "a", name="x")
    (home / "S.upf").write_text("stand-in")
    (home / "pw.x").unlink()
    with pytest.raises(DependencyError, match="executable not found"):
        engine.relax(rocksalt, RelaxationStage(), tmp_path / "b", name="x")
