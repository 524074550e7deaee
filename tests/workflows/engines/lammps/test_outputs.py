"""Outputs of LAMMPS that are whole, cut or failed."""

from pathlib import Path

import numpy as np
import pytest

from ewald.errors import CampaignError, DependencyError
from workflows.engines.errors import EngineError, FailureReason
from workflows.engines.lammps import inputs, outputs
from workflows.engines.lammps.box import Box
from workflows.engines.lammps.units import UNITS

TABLE = "Step Temp PotEng \n       0   600.0  -1.5 \n      20   590.0  -1.4 \nLoop time of 0.1 on 1 procs\n"
WHOLE = f"  1 by 1 by 1 MPI processor grid\n{TABLE}Total wall time: 0:00:01\n"


def failed(message, command="pair_coeff * * 1", table=""):
    grid = "  1 by 1 by 1 MPI processor grid\n"
    return f"{grid}{table}ERROR: {message} (src/MANYBODY/pair_eam.cpp:12)\nLast command: {command}\n"


@pytest.mark.parametrize(
    ("text", "error", "message"),
    [
        (failed("Unknown pair style mace"), DependencyError, "LAMMPS: Unknown pair style mace"),
        (failed("package is not enabled in this LAMMPS binary."), DependencyError, "lmp -h"),
        (failed("Incorrect args for pair coefficients"), CampaignError, r"'pair_coeff \* \* 1'.*Incorrect args"),
        (failed("Cannot open EAM potential file x: No such file"), CampaignError, "under `files`"),
        (failed("Lost atoms: original 64 current 63", table=TABLE), EngineError, "exploded: LAMMPS: Lost atoms"),
        (failed("Non-numeric pressure - simulation unstable"), EngineError, "exploded"),
        (failed("Out of memory", table=TABLE), EngineError, "crashed: LAMMPS: Out of memory; see"),
        (WHOLE.replace("1 by 1 by 1", "2 by 2 by 1"), EngineError, "4 MPI ranks ran where the preset asks for 1"),
        (WHOLE.replace("Total wall time", ""), EngineError, "truncated-output"),
    ],
)
def test_failures_are_told_apart(text: str, error: type, message: str):
    with pytest.raises(error, match=message) as caught:
        outputs.check_output(text, ranks=1, source=Path("run.out"))
    assert ".cpp" not in str(caught.value)


def test_a_sound_output_passes_and_gives_its_tables():
    outputs.check_output(WHOLE, ranks=1, source=Path("run.out"))
    assert list(outputs.tables(TABLE + TABLE)) == [[[0, 600, -1.5], [20, 590, -1.4]]] * 2


def test_a_cut_row_and_warnings_are_no_numbers():
    text = TABLE[: TABLE.index("Loop")] + "WARNING: something odd\n      40   580.0  -1"
    assert list(outputs.tables(text)) == [[[0, 600, -1.5], [20, 590, -1.4]]]


def test_cut_frames_are_left_out(tmp_path: Path):
    frame = "ITEM: TIMESTEP\n{0}\nITEM: NUMBER OF ATOMS\n2\nITEM: BOX BOUNDS xy xz yz pp pp pp\n0 4 0\n0 4 0\n0 4 0\n"
    frame += "ITEM: ATOMS id xu yu zu\n2 1 1 {0}5\n1 0 0 {0}.25\n"
    path = tmp_path / "frames.dump"
    whole = frame.format(0) + frame.format(1)
    for cut in range(1, len(frame.format(2))):
        path.write_text(whole + frame.format(2)[:-cut])
        assert [found.step for found in outputs.whole_frames(path, ("xu", "yu", "zu"), 2)] == [0, 1]
    path.write_text(whole)
    assert list(outputs.whole_frames(path, inputs.PLACES, 2))[1].values.tolist() == [[0, 0, 1.25], [1, 1, 15]]
    assert list(outputs.whole_frames(path, inputs.PLACES, 3)) == []
    assert list(outputs.whole_frames(tmp_path / "none", inputs.PLACES, 2)) == []


def written(folder: Path, point: str, force: str = "0.5") -> None:
    (folder / inputs.POINT).write_text(point)
    (folder / inputs.FORCES).write_text(
        "ITEM: TIMESTEP\n0\nITEM: NUMBER OF ATOMS\n1\nITEM: BOX BOUNDS pp pp pp\n0 4\n0 4\n0 4\n"
        f"ITEM: ATOMS id fx fy fz\n1 {force} 0 0\n"
    )


def test_a_point_in_our_units(tmp_path: Path):
    written(tmp_path, "10 1602176.634 0 0 0 0 0\n")
    point = outputs.read_point(tmp_path, Box.of(np.eye(3)), ions=1, units=UNITS["metal"])
    assert (point.energy_eV, point.forces_eV_A.tolist()) == (10, [[0.5, 0, 0]])
    assert point.stress_eV_A3[0, 0] == pytest.approx(-1)
    real = outputs.read_point(tmp_path, Box.of(np.eye(3)), ions=1, units=UNITS["real"])
    assert real.energy_eV == pytest.approx(0.433641, rel=1e-6)
    assert real.stress_eV_A3[0, 0] == pytest.approx(-1.01325)


@pytest.mark.parametrize(
    ("point", "force", "reason"),
    [
        ("nan 0 0 0 0 0 0", "0.5", FailureReason.NOT_A_NUMBER),
        ("1 0 0 0 0 0 0", "-nan", FailureReason.NOT_A_NUMBER),
        ("1 0 0", "0.5", FailureReason.TRUNCATED),
    ],
)
def test_points_that_cannot_be(tmp_path: Path, point: str, force: str, reason: FailureReason):
    written(tmp_path, point, force)
    with pytest.raises(EngineError) as caught:
        outputs.read_point(tmp_path, Box.of(np.eye(3)), ions=1, units=UNITS["metal"])
    assert caught.value.reason is reason


def test_the_newest_state_is_taken(tmp_path: Path):
    assert outputs.newest_state(tmp_path) is None
    for step in (500, 1500, 1000):
        (tmp_path / f"state.{step}.restart").touch()
    (tmp_path / "new.restart").touch()
    assert outputs.newest_state(tmp_path) == (tmp_path / "state.1500.restart", 1500)
    assert outputs.log_of(tmp_path) == ""
