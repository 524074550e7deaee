"""The VASP engine: its inputs field by field, and whole stages against a stand-in executable."""

import os
import shutil
import signal
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from pymatgen.core import Structure
from pymatgen.io.vasp import Incar, Kpoints, Poscar

from ewald.errors import CampaignError, DependencyError
from screening.campaign.execution import EngineChoice
from screening.campaign.stages import RelaxationStage
from screening.trajectory.segment_file import segment_path
from workflows.engines.checkpoint import read_arrays
from workflows.engines.engine import MDSegmentJob
from workflows.engines.errors import EngineError, FailureReason
from workflows.engines.registry import load_engine
from workflows.engines.vasp import inputs, outputs

ROOT = Path(__file__).parents[4]
STAGE = RelaxationStage(force_eV_A=0.02, stress_GPa=0.5)


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


def test_relaxation_inputs(vasp, rocksalt: Structure, tmp_path: Path):
    expected = {
        "loose": {"ISIF": 2, "EDIFFG": -0.2, "NSW": 50, "IBRION": 2},
        "tight": {"ISIF": 3, "EDIFFG": -0.02, "NSW": 50, "IBRION": 2},
        "final": {"ISIF": 2, "NSW": 0, "IBRION": -1},
    }
    for what, tags in expected.items():
        inputs.write_relaxation(rocksalt, STAGE, vasp[1].settings, tmp_path / what, what=what, steps=50)
        incar = Incar.from_file(tmp_path / what / "INCAR")
        assert {tag: incar[tag] for tag in tags} == tags
        # The Materials Project's own settings, on which the compatibility of the energies rests.
        assert (incar["ENCUT"], incar["PREC"], incar["EDIFF"], incar["ISPIN"]) == (520, "Accurate", 1e-5, 2)
        assert (tmp_path / what / "POTCAR.spec").read_text().split() == ["Ca_sv", "S"]
        assert Kpoints.from_file(tmp_path / what / "KPOINTS").kpts[0][0] >= 3
        poscar = Poscar.from_file(tmp_path / what / "POSCAR")
        assert poscar.site_symbols == ["Ca", "S"]
        assert np.allclose(poscar.structure.frac_coords, rocksalt.frac_coords)


def test_md_inputs(vasp, rocksalt: Structure, md_job: MDSegmentJob, tmp_path: Path):
    inputs.write_md(rocksalt, md_job, vasp[1].settings, tmp_path / "nose", steps=7)
    incar = Incar.from_file(tmp_path / "nose" / "INCAR")
    expected = {
        "ENCUT": 400, "POTIM": 2.0, "NSW": 7, "TEBEG": 600, "TEEND": 600, "ISIF": 2, "IBRION": 0, "NBLOCK": 1,
        "MDALGO": 4, "NHC_NCHAINS": 3, "NHC_PERIOD": 50,
    }  # fmt: skip
    assert {tag: incar[tag] for tag in expected} == expected
    assert "SMASS" not in incar
    langevin = md_job.model_copy(update={"thermostat": "langevin", "thermostat_time_fs": 1000.0})
    inputs.write_md(rocksalt, langevin, vasp[1].settings, tmp_path / "langevin", steps=7)
    incar = Incar.from_file(tmp_path / "langevin" / "INCAR")
    assert incar["MDALGO"] == 3
    assert incar["LANGEVIN_GAMMA"] == [1.0, 1.0]


@pytest.mark.parametrize("failure", [None, "zbrent", "edddav", "unconverged"])
def test_relaxation_with_and_without_an_error_that_custodian_corrects(vasp, rocksalt, tmp_path: Path, failure):
    home, engine = vasp
    mixed = Structure.from_sites([rocksalt[i] for i in (0, 4, 1, 5, 2, 6, 3, 7)])
    if failure:
        (home / f"fail-{failure}").touch()
    relaxed = engine.relax(mixed, STAGE, tmp_path / "relax", name="CaS")
    assert relaxed.converged
    assert relaxed.structure.species == mixed.species
    assert np.allclose(relaxed.structure.frac_coords, mixed.frac_coords)
    assert relaxed.volume_change > 0
    assert not (home / f"fail-{failure}").exists()
    fixed = (tmp_path / "relax/00-loose/corrections.json").read_text()
    assert (failure in fixed.lower()) if failure else ("[]" in fixed)
    if failure == "unconverged":
        assert Incar.from_file(tmp_path / "relax/00-loose/INCAR")["ALGO"] == "Normal"
    before = sorted(path.stat().st_mtime_ns for path in (tmp_path / "relax").rglob("vasprun.xml"))
    assert engine.relax(mixed, STAGE, tmp_path / "relax", name="CaS").to_document() == relaxed.to_document()
    assert before == sorted(path.stat().st_mtime_ns for path in (tmp_path / "relax").rglob("vasprun.xml"))


def test_a_stopped_relaxation_goes_on_from_its_last_step(vasp, rocksalt, tmp_path: Path):
    home, engine = vasp
    stage = STAGE.model_copy(update={"prerelax_force_eV_A": None})
    folder, aside = tmp_path / "relax", tmp_path / "relax/00-tight.stopped-00"
    (home / "fail-hangs").touch()
    threading.Thread(target=_end_after_the_first_step, args=(folder / "00-tight/OSZICAR",)).start()
    with pytest.raises(EngineError, match="goes on from the last step") as caught:
        engine.relax(rocksalt, stage, folder, name="CaS")
    assert caught.value.reason is FailureReason.STOPPED
    spent = engine.core_seconds
    relaxed = engine.relax(rocksalt, stage, folder, name="CaS")
    assert Poscar.from_file(folder / "00-tight/POSCAR").structure == Structure.from_file(aside / "CONTCAR")
    assert Incar.from_file(folder / "00-tight/INCAR")["NSW"] == stage.max_steps - 1
    assert relaxed.converged
    # The stand-in grows the cell by 1 % at every step: five in all, one before the stop and four after it.
    assert relaxed.steps == 5
    assert relaxed.volume_change == pytest.approx(1.01**5 - 1, abs=1e-4)
    # One engine serves many candidates: the core hours of one are not those of all before it.
    assert relaxed.core_seconds == pytest.approx(engine.core_seconds - spent)


def _end_after_the_first_step(oszicar: Path) -> None:
    deadline = time.monotonic() + 300
    while time.monotonic() < deadline and not (oszicar.exists() and "F=" in oszicar.read_text()):
        time.sleep(0.1)
    time.sleep(0.5)  # CONTCAR follows
    os.kill(os.getpid(), signal.SIGTERM)


def test_a_relaxation_at_its_step_limit_ends_there(vasp, rocksalt: Structure, tmp_path: Path):
    stage = STAGE.model_copy(update={"max_steps": 2, "prerelax_force_eV_A": None, "force_eV_A": 1e-6})
    relaxed = vasp[1].relax(rocksalt, stage, tmp_path / "relax", name="CaS")
    assert not relaxed.converged
    assert relaxed.steps == 2


def test_a_missing_licence_is_said(vasp, rocksalt: Structure, tmp_path: Path):
    home, engine = vasp
    (home / "fail-license").touch()
    with pytest.raises(DependencyError, match=r"VASP does not start: .*no license found"):
        engine.relax(rocksalt, STAGE, tmp_path / "relax", name="CaS")


def test_md_stops_after_a_whole_step_at_its_walltime_and_goes_on(vasp, rocksalt, md_job: MDSegmentJob):
    home, engine = vasp
    (home / "slow").write_text("0.5")
    job = md_job.model_copy(update={"steps": 40, "walltime_s": 12.0})
    first = engine.run_segment(rocksalt, job)
    assert first.ended == "walltime"
    assert first.steps < 40
    assert "LSTOP = .TRUE." in (job.folder / "vasp-0000/attempt-00/STOPCAR").read_text()
    (home / "slow").write_text("0")
    second = engine.run_segment(rocksalt, job.model_copy(update={"walltime_s": None}))
    assert second.complete
    trajectory = read_arrays(segment_path(job.folder, 0))
    assert trajectory["step"].tolist() == list(range(0, 41, 2))
    moved = np.diff(trajectory["positions_A"], axis=0)
    assert np.abs(moved - moved[0]).max() < 1e-5


def test_cut_output_is_told(vasp, tmp_path: Path):
    (tmp_path / "vasprun.xml").write_text("<?xml version='1.0'?><modeling><calculation>")
    with pytest.raises(EngineError) as caught:
        outputs.read_result(tmp_path)
    assert caught.value.reason is FailureReason.TRUNCATED


def test_version_must_be_the_presets(vasp, rocksalt: Structure, tmp_path: Path):
    settings = {**vasp[1].settings.model_dump(mode="json"), "version": "5.4"}
    engine = load_engine(EngineChoice(preset="vasp", settings=settings))
    with pytest.raises(EngineError, match=r"VASP 6\.4\.2 ran where the preset says 5\.4"):
        engine.relax(rocksalt, STAGE, tmp_path / "relax", name="CaS")


@pytest.mark.parametrize("killed", [False, True])
def test_segments_join_and_unwrap(vasp, rocksalt: Structure, md_job: MDSegmentJob, killed: bool):
    home, engine = vasp
    if killed:
        (home / "fail-killed").touch()
    for index in range(2):
        assert engine.run_segment(rocksalt, md_job.model_copy(update={"index": index})).complete
    files = [read_arrays(segment_path(md_job.folder, index)) for index in range(2)]
    assert np.concatenate([file["step"] for file in files]).tolist() == list(range(0, 13, 2))
    positions = np.concatenate([file["positions_A"] for file in files])
    # The stand-in's ions move at constant velocity, out of the cell: unwrapped, they lie on straight lines.
    moved = np.diff(positions, axis=0)
    assert np.abs(moved - moved[0]).max() < 1e-5
    assert (md_job.folder / "vasp-0000/attempt-01").exists() == killed


def test_missing_executable_and_potcar(rocksalt: Structure, tmp_path: Path, monkeypatch):
    def engine(**settings):
        return load_engine(EngineChoice(preset="vasp", settings=settings))

    with pytest.raises(DependencyError, match="executable not found"):
        engine(command=["/nowhere/vasp_std"], potcar="spec").relax(rocksalt, STAGE, tmp_path / "a", name="x")
    with pytest.raises(CampaignError, match="absolute path"):
        engine(command=["vasp_std"], potcar="spec").relax(rocksalt, STAGE, tmp_path / "b", name="x")
    monkeypatch.setitem(os.environ, "PMG_VASP_PSP_DIR", str(tmp_path))
    with pytest.raises(DependencyError, match="no POTCAR"):
        engine(command=[sys.executable]).relax(rocksalt, STAGE, tmp_path / "c", name="x")
