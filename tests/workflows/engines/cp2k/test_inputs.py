"""CP2K's inputs."""

from pathlib import Path

import pytest
from pymatgen.core import Structure

from ewald.constants import HARTREE_BOHR_eV_A
from ewald.errors import DependencyError
from screening.campaign.stages import RelaxationStage
from workflows.engines.cp2k import inputs
from workflows.engines.cp2k.settings import Cp2kSettings
from workflows.engines.engine import MDSegmentJob


def test_basis_and_potential_have_one_electron_count(settings: Cp2kSettings, tmp_path: Path):
    def chosen(element: str) -> tuple[str, str]:
        kind = inputs.choose_kind(element, settings, tmp_path)
        return kind.basis, kind.potential

    assert chosen("Na") == ("DZ-q1", "GTH-q1")
    assert chosen("S") == ("DZ-q6", "GTH-q6")
    assert chosen("Ca") == ("DZ-q10", "GTH-q10")
    for element in ("P", "Xe"):
        with pytest.raises(DependencyError, match=f"{element} has no DZ-q"):
            chosen(element)
    with pytest.raises(DependencyError, match="CP2K's data file is missing"):
        inputs.data_folder(settings.model_copy(update={"data_dir": "/nowhere"}))


def test_relaxation_input(settings: Cp2kSettings, rocksalt: Structure):
    stage = RelaxationStage(force_eV_A=1e-3 * HARTREE_BOHR_eV_A, stress_GPa=0.5)
    evaluation = inputs.force_evaluation(rocksalt, settings, 0)
    text = inputs.document("CELL_OPT", inputs.optimisation(stage, 77, cell=True), evaluation)
    for line in (
        "RUN_TYPE CELL_OPT", "MAX_ITER 77", "MAX_FORCE 0.001", "PRESSURE_TOLERANCE 5000", "STRESS_TENSOR ANALYTICAL",
        "&XC_FUNCTIONAL PBE", "CUTOFF 400", "&KIND Ca", "BASIS_SET DZ-q10", "POTENTIAL GTH-q10", "EPS_SCF 1e-06",
        "A 5.690000000000 0.000000000000 0.000000000000", "Ca 0.000000000000 0.000000000000 0.000000000000",
    ):  # fmt: skip
        assert line in text
    assert "UKS" not in text
    assert "KPOINTS" not in text
    assert text.count("\n  ") > 20
    assert sum("&END" in line for line in text.splitlines()) == sum(
        line.lstrip().startswith("&") and "&END" not in line for line in text.splitlines()
    )


def test_recovery_mixes_more_gently_and_keeps_the_energy(settings: Cp2kSettings, rocksalt: Structure):
    sections = [inputs.force_evaluation(rocksalt, settings, attempt) for attempt in range(len(inputs.RECOVERY))]
    alphas = [section["DFT"]["SCF"]["MIXING"]["ALPHA"] for section in sections]
    assert alphas == sorted(alphas, reverse=True)
    for section in sections:
        section["DFT"]["SCF"] = None
    assert sections[0] == sections[1] == sections[2]


def test_kpoints_and_spin(settings: Cp2kSettings, rocksalt: Structure):
    dense = settings.model_copy(update={"kpoint_spacing_per_A": 0.5, "magnetic_moments": {"Ca": 1.0}})
    text = inputs.document("ENERGY_FORCE", None, inputs.force_evaluation(rocksalt, dense, 0))
    assert "SCHEME MONKHORST-PACK 3 3 3" in text
    assert "UKS TRUE" in text
    assert "MAGNETIZATION 1" in text


def test_md_input(settings: Cp2kSettings, rocksalt: Structure, job: MDSegmentJob):
    def text(job: MDSegmentJob, *, restart: bool) -> str:
        return inputs.md_document(rocksalt, job, settings, attempt=0, steps=9, restart=restart, walltime_s=None)

    fresh = text(job, restart=False)
    for line in ("ENSEMBLE NVT", "STEPS 9", "TIMESTEP 2", "TEMPERATURE 600", "TYPE NOSE", "TIMECON 100", "SEED 3"):
        assert line in fresh
    assert "EXT_RESTART" not in fresh
    assert "RESTART_FILE_NAME start.restart" in text(job, restart=True)
    langevin = text(job.model_copy(update={"thermostat": "langevin"}), restart=False)
    assert "ENSEMBLE LANGEVIN" in langevin
    assert "GAMMA 0.01" in langevin
