"""CP2K without CP2K: inputs, and outputs that are whole, cut, failed or not numbers."""

from pathlib import Path

import numpy as np
import pytest
from pymatgen.core import Structure

from ewald.constants import HARTREE_BOHR_eV_A
from ewald.errors import CampaignError, DependencyError
from screening.campaign.execution import EngineChoice
from screening.campaign.stages import RelaxationStage
from workflows.engines.cp2k import inputs, outputs
from workflows.engines.cp2k.launch import Launcher
from workflows.engines.cp2k.settings import Cp2kSettings
from workflows.engines.engine import MDSegmentJob
from workflows.engines.errors import EngineError, FailureReason
from workflows.engines.registry import load_engine

GOOD = """ GLOBAL| Total number of message passing processes                             1
 ENERGY| Total FORCE_EVAL ( QS ) energy [a.u.]:               -1.500000000000000

 ATOMIC FORCES in [a.u.]

 # Atom   Kind   Element          X              Y              Z
      1      1      Na          0.01000000     0.00000000     0.00100000
      2      2      S           0.00000000    -0.00000000    -0.00100000
 SUM OF ATOMIC FORCES           0.00000000    -0.00000000    -0.00000008     0.00000008

 STRESS| Analytical stress tensor [GPa]
 STRESS|                        x                   y                   z
 STRESS|      x        3.45641740307E-01   1.00000000000E-02   5.71817237604E-10
 STRESS|      y        1.00000000000E-02  -5.91233841908E+00   1.09762603858E-10
 STRESS|      z        5.71817237604E-10   1.09762603858E-10  -5.94850643223E+00
 STRESS| Eigenvectors and eigenvalues of the analytical stress tensor [GPa]
 STRESS|      x          -0.000000000091     -0.000000000109      1.000000000000
 STRESS|      y          -0.000000003035      1.000000000000      0.000000000109
 STRESS|      z           1.000000000000      0.000000003035      0.000000000091
  **** **** ******  **  PROGRAM ENDED AT                 2026-01-01 00:00:00.000
"""


@pytest.fixture
def settings(tmp_path: Path) -> Cp2kSettings:
    """Settings with data files of their own, so that no CP2K is needed."""
    (tmp_path / "BASIS").write_text("Na DZ-q1 DZ-GGA-q1\nNA DZ-q9\nS DZ-q6\nCa DZ-q10\nP DZ-q5\n")
    (tmp_path / "POTENTIAL").write_text("Na GTH-q1\nNa GTH-q9\nS GTH-q6\nS GTH-q16\nCa GTH-q2\nCa GTH-q10\nP GTH-q3\n")
    mapping = {
        "data_dir": str(tmp_path),
        "basis_file": "BASIS",
        "potential_file": "POTENTIAL",
        "basis_family": "DZ-q",
        "potential_family": "GTH-q",
        "kinds": {"Na": {"basis": "DZ-q1", "potential": "GTH-q1"}},
        "magnetic_moments": {"Fe": 5},
    }
    return Cp2kSettings.model_validate(mapping)


def test_shipped_preset_takes_the_sodium_that_converges():
    engine = load_engine(EngineChoice(preset="cp2k"))
    assert engine.settings.kinds["Na"].potential == "GTH-PBE-q1"
    assert engine.settings.kinds["Na"].basis == "DZVP-MOLOPT-SCAN-GTH-q1"


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


def test_single_point_is_read_without_the_eigenvectors():
    outputs.check_output(GOOD, ranks=1, source=Path("run.out"))
    point = outputs.read_single_point(GOOD, 2, source=Path("run.out"))
    assert point.energy_eV == pytest.approx(-1.5 * 27.211386245988)
    assert point.forces_eV_A[0, 0] == pytest.approx(0.5142206747)
    assert np.abs(point.stress_GPa).max() == pytest.approx(5.94850643223)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (("PROGRAM ENDED", "PROGRAM"), FailureReason.TRUNCATED),
        (("-1.500000000000000", "NaN"), FailureReason.NOT_A_NUMBER),
        ((" ATOMIC FORCES", " *** WARNING SCF run NOT converged ***\n ATOMIC FORCES"), FailureReason.SCF),
        ((" ATOMIC FORCES", " [ABORT] basis set not found\n ATOMIC FORCES"), FailureReason.CRASHED),
        (("processes                             1", "processes                             2"), FailureReason.CRASHED),
    ],
)
def test_failed_outputs_are_told_apart(change: tuple[str, str], reason: FailureReason):
    with pytest.raises(EngineError) as caught:
        outputs.check_output(GOOD.replace(*change), ranks=1, source=Path("run.out"))
    assert caught.value.reason is reason


def test_step_limit_is_not_completion():
    assert not outputs.optimisation_completed("MAXIMUM NUMBER OF OPTIMIZATION STEPS REACHED\nPROGRAM ENDED AT")
    assert outputs.optimisation_completed(" ***  GEOMETRY OPTIMIZATION COMPLETED  ***")


def test_a_cut_last_frame_and_line_are_left_out(tmp_path: Path):
    frame = "       2\n i =        {0}, time = 1.0, E = -1.0\n Na 0.0 0.0 {0}.5\n S 1.0 1.0 {0}.5\n"
    path = tmp_path / "pos.xyz"
    whole = frame.format(0) + frame.format(1)
    for cut in range(1, len(frame.format(2))):
        path.write_text(whole + frame.format(2)[:-cut])
        assert sorted(outputs.read_frames(path, 2)) == [0, 1]
    path.write_text(whole)
    assert outputs.read_frames(path, 2)[1].tolist() == [[0, 0, 1.5], [1, 1, 1.5]]
    energies = tmp_path / "run.ener"
    energies.write_text("# Step\n 0 0.0 0.1 300.0 -1.0 -0.9 1.0\n 1 1.0 0.1 301.0 -1.0 -0.")
    assert list(outputs.read_energies(energies)) == [0]


def test_a_cut_restart_file_is_passed_over(tmp_path: Path):
    sound = " &MOTION\n   &MD\n     STEP_START_VAL  {0}\n   &END MD\n &END MOTION\n &FORCE_EVAL\n &END FORCE_EVAL\n"
    (tmp_path / "run-1.restart").write_text(sound.format(8)[:-20])
    (tmp_path / "run-1.restart.bak-1").write_text(sound.format(7))
    assert outputs.newest_restart(tmp_path) == (tmp_path / "run-1.restart.bak-1", 7)


def test_executable_and_launcher_are_checked(settings: Cp2kSettings):
    with pytest.raises(DependencyError, match="executable not found"):
        _ = Launcher(settings.model_copy(update={"executable": "no-such-cp2k"})).version
    with pytest.raises(CampaignError, match="absolute path"):
        _ = Launcher(settings.model_copy(update={"launcher": ("mpirun", "-n", "2")})).command


@pytest.mark.parametrize(
    "number", ["0.01000000     0.00000000     0.00100000", "3.45641740307E-01   1.00000000000E-02"]
)
def test_a_number_that_did_not_fit_is_told(number: str, tmp_path: Path):
    first = number.split(maxsplit=1)[0]
    text = GOOD.replace(number, number.replace(first, "*" * len(first)))
    with pytest.raises(EngineError) as caught:
        outputs.read_single_point(text, 2, source=tmp_path)
    assert caught.value.reason is FailureReason.NOT_A_NUMBER
