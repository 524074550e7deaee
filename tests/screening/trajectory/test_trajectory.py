import numpy as np
import pytest

from ewald.errors import DependencyError, UserError
from ewald.files.checksum import file_sha256
from screening.trajectory.formats import unwrap
from screening.trajectory.read import read_trajectory
from screening.trajectory.segments import read_segments
from screening.trajectory.trajectory import Trajectory


def write_segment(path, steps, positions, **changes):
    arrays = {
        "step": np.asarray(steps, dtype=np.int64),
        "time_fs": np.asarray(steps) * 2.0,
        "positions_A": positions,
        "cell_A": np.eye(3) * 10,
        "numbers": np.array([11, 16]),
        "temperature_K": np.full(len(steps), 600.0),
        "potential_eV": np.full(len(steps), -1.0),
        "total_eV": np.full(len(steps), -1.0),
        "format_version": np.array(1),
        "target_temperature_K": np.array(600.0),
        "timestep_fs": np.array(2.0),
    } | changes
    np.savez(path, **{key: value for key, value in arrays.items() if value is not None})
    return path


@pytest.fixture
def segments(tmp_path):
    rng = np.random.default_rng(0)
    positions = rng.normal(size=(9, 2, 3)).cumsum(axis=0)
    parts = [(0, 4), (4, 7), (7, 9)]
    paths = [
        write_segment(tmp_path / f"segment-{i:04d}.npz", np.arange(a, b) * 25, positions[a:b])
        for i, (a, b) in enumerate(parts)
    ]
    return paths, positions


def test_segments_join_to_the_whole_run(segments):
    paths, positions = segments
    joined = read_segments(paths)
    np.testing.assert_array_equal(joined.positions_A, positions)
    assert joined.frame_fs == 50.0
    assert joined.length_ps == pytest.approx(0.4)
    assert joined.target_temperature_K == 600.0
    assert joined.symbols == ("Na", "S")
    assert read_trajectory(paths).frames == 9


@pytest.mark.parametrize(
    ("order", "words"), [([0, 0, 1], "doubled"), ([0, 2], "missing"), ([1, 0, 2], "doubled"), ([0, 1, 1, 2], "doubled")]
)
def test_doubled_and_missing_frames_are_found(segments, order, words):
    paths, _ = segments
    with pytest.raises(UserError, match=words):
        read_segments([paths[i] for i in order])


def test_a_changed_file_is_refused(segments):
    paths, _ = segments
    good = {path.name: file_sha256(path) for path in paths}
    assert read_segments(paths, good).frames == 9
    with pytest.raises(UserError, match="checksum"):
        read_segments(paths, good | {paths[1].name: "0" * 64})


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"positions_A": None}, "lacks positions_A"),
        ({"numbers": np.array([11, 15])}, "other ions"),
        ({"cell_A": np.eye(3) * 11}, "another cell"),
        ({"format_version": np.array(9)}, "format 1"),
        ({"time_fs": np.arange(3) * 7.0}, "equally spaced"),
        ({"positions_A": np.zeros((2, 2, 3))}, "do not fit"),
        ({"positions_A": np.full((3, 2, 3), np.nan)}, "not numbers"),
    ],
)
def test_wrong_segments_are_refused(segments, changes, words):
    paths, positions = segments
    write_segment(paths[1], np.arange(4, 7) * 25, changes.pop("positions_A", positions[4:7]), **changes)
    with pytest.raises(UserError, match=words):
        read_segments(paths)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 broken", b"not a zip at all"])
def test_damaged_segments_are_refused(segments, content):
    paths, _ = segments
    paths[1].write_bytes(content)
    with pytest.raises(UserError, match="segment-0001"):
        read_segments(paths)


def test_a_truncated_segment_is_refused(segments):
    paths, _ = segments
    whole = paths[2].read_bytes()
    paths[2].write_bytes(whole[: len(whole) // 2])
    with pytest.raises(UserError, match="not a readable segment"):
        read_segments(paths)


def test_one_frame_is_too_few(tmp_path):
    with pytest.raises(UserError, match="1 frame"):
        read_segments([write_segment(tmp_path / "s.npz", [0], np.zeros((1, 2, 3)))])


def test_missing_and_empty_files(tmp_path):
    with pytest.raises(UserError, match="no such file"):
        read_trajectory(tmp_path / "none.xyz")
    (tmp_path / "empty.xyz").touch()
    with pytest.raises(UserError, match="is empty"):
        read_trajectory(tmp_path / "empty.xyz", timestep_fs=1)
    with pytest.raises(UserError, match="no trajectory"):
        read_trajectory([])
    with pytest.raises(UserError, match="no segment files"):
        read_segments([])


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


def test_an_unknown_format(tmp_path):
    (tmp_path / "t.weird").write_text("what is this\n")
    with pytest.raises(UserError, match=r"t\.weird"):
        read_trajectory(tmp_path / "t.weird", timestep_fs=1)


def test_reading_other_formats_without_ase(tmp_path, monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "ase.io", None)
    (tmp_path / "t.traj").write_bytes(b"x")
    with pytest.raises(DependencyError, match=r"pip install .*\[ase\]"):
        read_trajectory(tmp_path / "t.traj", timestep_fs=1)


def test_arrays_must_fit():
    with pytest.raises(UserError, match="do not fit"):
        Trajectory(np.zeros((3, 2, 3)), None, np.array([11]), 1.0)
    with pytest.raises(UserError, match="must be positive"):
        Trajectory(np.zeros((3, 1, 3)), None, np.array([11]), 0.0)
