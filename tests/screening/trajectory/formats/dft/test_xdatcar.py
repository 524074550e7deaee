"""XDATCAR of every age, and damaged ones."""

import numpy as np
import pytest

from ewald.errors import UserError
from screening.trajectory.read import read_trajectory
from tests.screening.trajectory.formats.dft.written import xdatcar, xdatcar_4
from tests.screening.trajectory.formats.runs import FLAGS, argyrodite


def test_a_variable_cell_xdatcar(tmp_path):
    head = "x\n1\n{a} 0 0\n0 9 0\n0 0 9\nNa S\n1 1\nDirect configuration= {i}\n"
    (tmp_path / "XDATCAR").write_text(
        head.format(a=9, i=1) + "0.9 0 0\n.5 .5 .5\n" + head.format(a=11, i=2) + "0.1 0 0\n.5 .5 .5\n"
    )
    found = read_trajectory(tmp_path / "XDATCAR", timestep_fs=1, every=1)
    np.testing.assert_allclose(found.cell_A[0, 0], 10)
    np.testing.assert_allclose(found.positions_A[:, 0, 0], [9, 11])


def test_a_cut_off_xdatcar(tmp_path):
    (tmp_path / "XDATCAR").write_text(
        "x\n1\n9 0 0\n0 9 0\n0 0 9\nNa S\n1 1\nDirect configuration= 1\n0 0 0\n.5 .5 .5\n"
        "Direct configuration= 2\n0 0 0\n"
    )
    with pytest.raises(UserError, match="frame 1 is truncated"):
        read_trajectory(tmp_path / "XDATCAR", timestep_fs=1, every=1)


def test_version_4_needs_the_structure_of_its_own_cell(tmp_path):
    run = argyrodite(20)
    flags = xdatcar_4(run, tmp_path / "XDATCAR")
    with pytest.raises(UserError, match=r"VASP 4.*--structure"):
        read_trajectory(tmp_path / "XDATCAR", **FLAGS)
    poscar = flags["structure"]
    poscar.write_text(poscar.read_text().replace("\n1.0\n", "\n1.1\n", 1))
    with pytest.raises(UserError, match=r"10\.000.*11\.000"):
        read_trajectory(tmp_path / "XDATCAR", **flags)


def test_missing_frames_are_seen_in_their_numbers(tmp_path):
    xdatcar(argyrodite(20), tmp_path / "XDATCAR")
    lines = (tmp_path / "XDATCAR").read_text().splitlines(keepends=True)
    marks = [i for i, line in enumerate(lines) if line.startswith("Direct")]
    (tmp_path / "XDATCAR").write_text("".join(lines[: marks[8]] + lines[marks[9] :]))
    with pytest.raises(UserError, match="duplicated or missing"):
        read_trajectory(tmp_path / "XDATCAR", **FLAGS)


def test_a_last_line_that_lost_its_end(tmp_path):
    xdatcar(argyrodite(20), tmp_path / "XDATCAR")
    text = (tmp_path / "XDATCAR").read_text()
    (tmp_path / "XDATCAR").write_text(text.rstrip()[:-3])
    with pytest.raises(UserError, match="frame 19 is truncated"):
        read_trajectory(tmp_path / "XDATCAR", **FLAGS)


def test_parts_joined_in_one_file_go_on_counting(tmp_path):
    xdatcar(argyrodite(40), tmp_path / "XDATCAR")
    whole = read_trajectory(tmp_path / "XDATCAR", **FLAGS)
    text = (tmp_path / "XDATCAR").read_text()
    for count in range(21, 41):
        text = text.replace(f"configuration= {count:5d}", f"configuration= {count - 20:5d}")
    (tmp_path / "XDATCAR").write_text(text)
    found = read_trajectory(tmp_path / "XDATCAR", **FLAGS)
    np.testing.assert_array_equal(found.positions_A, whole.positions_A)
    # A count that starts anywhere else is a gap.
    (tmp_path / "XDATCAR").write_text(text.replace("configuration=     1\n", "configuration=     5\n"))
    with pytest.raises(UserError, match="duplicated or missing"):
        read_trajectory(tmp_path / "XDATCAR", **FLAGS)
