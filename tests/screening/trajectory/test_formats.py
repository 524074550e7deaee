"""Trajectories as other programs write them."""

import numpy as np
import pytest

from ewald.errors import UserError
from screening.trajectory.formats import unwrap
from screening.trajectory.read import read_trajectory


@pytest.fixture
def wrapped():
    rng = np.random.default_rng(1)
    cell = np.array([[6.0, 0, 0], [2.0, 6.5, 0], [0.5, 1.0, 7.0]])
    path = rng.normal(0, 0.6, (60, 5, 3)).cumsum(axis=0) + rng.uniform(0, 6, (1, 5, 3))
    return path, cell, np.array([11, 11, 11, 15, 16])


def test_unwrapping_restores_displacements(wrapped):
    path, cell, _ = wrapped
    folded = (path @ np.linalg.inv(cell) % 1.0) @ cell
    found = unwrap(folded, np.broadcast_to(cell, (60, 3, 3)))
    np.testing.assert_allclose(found - found[0], path - path[0], atol=1e-9)


def test_formats_agree(tmp_path, wrapped):
    ase = pytest.importorskip("ase")
    from ase.io import write

    path, cell, numbers = wrapped
    images = [ase.Atoms(numbers, positions=frame, cell=cell, pbc=True) for frame in path]
    for image in images:
        image.wrap()
    for name, kind in [("a.extxyz", "extxyz"), ("XDATCAR", "vasp-xdatcar"), ("a.traj", "traj"), ("b.xyz", "extxyz")]:
        write(tmp_path / name, images, format=kind)
        found = read_trajectory(tmp_path / name, timestep_fs=2, every=50)
        assert found.frame_fs == 100.0
        order = np.argsort(found.numbers, kind="stable")
        moved = found.positions_A[:, order] - found.positions_A[0, order]
        np.testing.assert_allclose(moved, path - path[0], atol=1e-5)


def test_parts_of_a_foreign_trajectory_join(tmp_path, wrapped):
    ase = pytest.importorskip("ase")
    from ase.io import write

    path, cell, numbers = wrapped
    images = [ase.Atoms(numbers, positions=frame, cell=cell, pbc=True) for frame in path]
    write(tmp_path / "1.extxyz", images[:30])
    write(tmp_path / "2.extxyz", images[30:])
    found = read_trajectory([tmp_path / "1.extxyz", tmp_path / "2.extxyz"], timestep_fs=1)
    np.testing.assert_allclose(found.positions_A, path, atol=1e-6)


XYZ = '2\nLattice="9 0 0 0 9 0 0 0 9" Properties=species:S:1:pos:R:3\nNa 0 0 0\nS 1 1 1\n'


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (XYZ + XYZ.replace("S 1 1 1\n", ""), "cut off"),
        (XYZ + XYZ.replace("1 1 1", "1 1 x"), "cannot be read"),
        (XYZ + XYZ.replace("Na", "Li"), "other ions"),
        (XYZ + XYZ.replace("Na", "Qq"), "not an element"),
        (XYZ + XYZ.replace("1 1 1", "1 nan 1"), "not numbers"),
        (XYZ + XYZ.replace('"9', '"0'), "independent vectors"),
        (XYZ, "1 frame"),
        ("\n\n", "no frames"),
        ("many\n", "cannot be read"),
    ],
)
def test_damaged_xyz_files(tmp_path, text, words):
    (tmp_path / "t.xyz").write_text(text)
    with pytest.raises(UserError, match=words):
        read_trajectory(tmp_path / "t.xyz", timestep_fs=1)


def cp2k_frame(step, time_fs, shift=0.0):
    comment = f" i = {step:8d}, time = {time_fs:12.3f}, E = {-100.5 + step:20.10f}"
    return f"     2\n{comment}\n Na {1 + shift:12.8f} 0.0 0.0\n  S 0.0 0.0 {20 + shift:12.8f}\n"


def test_positions_of_cp2k_know_their_times_and_energies(tmp_path):
    path = tmp_path / "run-pos-1.xyz"
    path.write_text("".join(cp2k_frame(10 * i, 5.0 * i, 0.1 * i) for i in range(4)))
    found = read_trajectory(path)
    assert found.frame_fs == 5.0
    assert found.cell_A is None
    np.testing.assert_allclose(found.positions_A[:, 0, 0], [1.0, 1.1, 1.2, 1.3])
    np.testing.assert_allclose(np.diff(found.potential_eV), 272.11386, rtol=1e-6)
    # A time step that is given wins.
    assert read_trajectory(path, timestep_fs=0.5, every=20).frame_fs == 10.0


def test_a_doubled_frame_of_cp2k_is_found(tmp_path):
    path = tmp_path / "run-pos-1.xyz"
    path.write_text("".join(cp2k_frame(10 * i, 5.0 * i) for i in (0, 1, 2, 2, 3, 4)))
    with pytest.raises(UserError, match=r"frame 3.*doubled or missing"):
        read_trajectory(path)


def test_further_columns_and_energies_of_extended_xyz(tmp_path):
    frame = (
        '2\nLattice="9 0 0 0 9 0 0 0 9" Properties=id:I:1:forces:R:3:species:S:1:pos:R:3 energy={e} pbc="T T T"\n'
        "1 0 0 9 Na {x} 0 0\n2 0 0 9 S 1 1 1\n\n"
    )
    (tmp_path / "t.xyz").write_text(frame.format(e=-1.5, x=0) + frame.format(e="-1.25e0", x=0.5))
    found = read_trajectory(tmp_path / "t.xyz", timestep_fs=1)
    np.testing.assert_array_equal(found.numbers, [11, 16])
    np.testing.assert_allclose(found.positions_A[:, 0], [[0, 0, 0], [0.5, 0, 0]])
    np.testing.assert_allclose(found.potential_eV, [-1.5, -1.25])


def test_a_variable_cell_xdatcar(tmp_path):
    head = "x\n1\n{a} 0 0\n0 9 0\n0 0 9\nNa S\n1 1\nDirect configuration= {i}\n"
    (tmp_path / "XDATCAR").write_text(
        head.format(a=9, i=1) + "0.9 0 0\n.5 .5 .5\n" + head.format(a=11, i=2) + "0.1 0 0\n.5 .5 .5\n"
    )
    found = read_trajectory(tmp_path / "XDATCAR", timestep_fs=1)
    np.testing.assert_allclose(found.cell_A[0, 0], 10)
    np.testing.assert_allclose(found.positions_A[:, 0, 0], [9, 11])


def test_a_cut_off_xdatcar(tmp_path):
    (tmp_path / "XDATCAR").write_text(
        "x\n1\n9 0 0\n0 9 0\n0 0 9\nNa S\n1 1\nDirect configuration= 1\n0 0 0\n.5 .5 .5\n"
        "Direct configuration= 2\n0 0 0\n"
    )
    with pytest.raises(UserError, match="frame 1 is cut off"):
        read_trajectory(tmp_path / "XDATCAR", timestep_fs=1)


def test_the_time_step_must_be_known(tmp_path):
    (tmp_path / "t.xyz").write_text(XYZ * 3)
    with pytest.raises(UserError, match="timestep-fs"):
        read_trajectory(tmp_path / "t.xyz")
    with pytest.raises(UserError, match="must be positive"):
        read_trajectory(tmp_path / "t.xyz", timestep_fs=0)
