"""Outputs of CP2K that are whole, cut, failed or not numbers."""

from pathlib import Path

import numpy as np
import pytest

from workflows.engines.cp2k import outputs
from workflows.engines.errors import EngineError, FailureReason

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


@pytest.mark.parametrize(
    "number", ["0.01000000     0.00000000     0.00100000", "3.45641740307E-01   1.00000000000E-02"]
)
def test_a_number_that_did_not_fit_is_told(number: str, tmp_path: Path):
    first = number.split(maxsplit=1)[0]
    text = GOOD.replace(number, number.replace(first, "*" * len(first)))
    with pytest.raises(EngineError) as caught:
        outputs.read_single_point(text, 2, source=tmp_path)
    assert caught.value.reason is FailureReason.NOT_A_NUMBER
