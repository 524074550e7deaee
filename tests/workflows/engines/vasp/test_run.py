"""The VASP engine: its inputs field by field, and whole stages against a stand-in executable."""

import os
import sys
from pathlib import Path

import numpy as np
import pytest
from pymatgen.core import Structure
from pymatgen.io.vasp import Incar

from ewald.errors import CampaignError, DependencyError
from screening.campaign.execution import EngineChoice
from screening.campaign.stages import RelaxationStage
from workflows.engines.errors import EngineError
from workflows.engines.registry import load_engine

ROOT = Path(__file__).parents[4]
STAGE = RelaxationStage(force_eV_A=0.02, stress_GPa=0.5)


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


def test_version_must_be_the_presets(vasp, rocksalt: Structure, tmp_path: Path):
    settings = {**vasp[1].settings.model_dump(mode="json"), "version": "5.4"}
    engine = load_engine(EngineChoice(preset="vasp", settings=settings))
    with pytest.raises(EngineError, match=r"VASP 6\.4\.2 ran where the preset says 5\.4"):
        engine.relax(rocksalt, STAGE, tmp_path / "relax", name="CaS")


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


def test_a_point_has_the_forces_of_every_ion_in_its_place(vasp, rocksalt: Structure, tmp_path: Path):
    rocksalt.perturb(0.1)
    mixed = Structure.from_sites([rocksalt[i] for i in (0, 4, 1, 5, 2, 6, 3, 7)])
    grouped, plain = (vasp[1].point(one, tmp_path / name) for name, one in (("a", rocksalt), ("b", mixed)))
    assert grouped.energy_eV == pytest.approx(plain.energy_eV)
    assert np.allclose(np.array(grouped.forces_eV_A)[[0, 4, 1, 5, 2, 6, 3, 7]], plain.forces_eV_A, atol=1e-6)
    assert vasp[1].point(mixed, tmp_path / "b").forces_eV_A == plain.forces_eV_A
    incar = Incar.from_file(tmp_path / "b/final/INCAR")
    assert (incar["NSW"], incar["IBRION"]) == (0, -1)
