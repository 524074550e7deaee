"""Which reader a file goes to, and files that are none."""

import numpy as np
import pytest

from ewald.errors import DependencyError, UserError
from screening.trajectory.read import read_trajectory
from screening.trajectory.segments import read_segments
from tests.screening.trajectory.formats.dft.written import xdatcar
from tests.screening.trajectory.formats.runs import Run, argyrodite, images_of_ase
from tests.screening.trajectory.formats.written import extxyz, gpumd


def test_missing_and_empty_files(tmp_path):
    with pytest.raises(UserError, match="no such file"):
        read_trajectory(tmp_path / "none.xyz")
    (tmp_path / "empty.xyz").touch()
    with pytest.raises(UserError, match="is empty"):
        read_trajectory(tmp_path / "empty.xyz", timestep_fs=1, every=1)
    with pytest.raises(UserError, match="no trajectory"):
        read_trajectory([])
    with pytest.raises(UserError, match="no segment files"):
        read_segments([])
    with pytest.raises(UserError, match="is a folder"):
        read_trajectory(tmp_path)


def test_an_unknown_format(tmp_path):
    (tmp_path / "t.weird").write_text("what is this\n")
    with pytest.raises(UserError, match=r"t\.weird"):
        read_trajectory(tmp_path / "t.weird", timestep_fs=1, every=1)


def test_reading_other_formats_without_ase(tmp_path, monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "ase.io", None)
    (tmp_path / "t.traj").write_bytes(b"x")
    with pytest.raises(DependencyError, match=r"pip install .*\[ase\]"):
        read_trajectory(tmp_path / "t.traj", timestep_fs=1, every=1)


def test_the_time_step_and_stride_must_be_known(tmp_path):
    frame = '1\nLattice="9 0 0 0 9 0 0 0 9" Properties=species:S:1:pos:R:3\nNa 0 0 {x}\n'
    (tmp_path / "t.xyz").write_text("".join(frame.format(x=x) for x in (0, 1, 2)))
    with pytest.raises(UserError, match=r"timestep-fs and --every"):
        read_trajectory(tmp_path / "t.xyz")
    with pytest.raises(UserError, match=r"give --every"):
        read_trajectory(tmp_path / "t.xyz", timestep_fs=2)
    with pytest.raises(UserError, match="must be positive"):
        read_trajectory(tmp_path / "t.xyz", timestep_fs=0, every=1)
    with pytest.raises(UserError, match="must be positive"):
        read_trajectory(tmp_path / "t.xyz", timestep_fs=1, every=0)
    with pytest.raises(UserError, match="not a known unit of length"):
        read_trajectory(tmp_path / "t.xyz", timestep_fs=1, every=1, length_unit="yard")


def parts(tmp_path, names, *, stamped):
    run = argyrodite(300, hops_per_ps=6)
    for name, chunk in zip(names, np.split(np.arange(300), len(names)), strict=True):
        piece = Run(run.path_A[chunk], run.cell_A, run.symbols)
        if stamped:
            gpumd(piece, tmp_path / name)
            text = (tmp_path / name).read_text()
            for i in range(len(chunk), 0, -1):
                text = text.replace(f"Time={100 * i:.8f}", f"Time={100 * (chunk[0] + i):.8f}")
            (tmp_path / name).write_text(text)
        else:
            extxyz(piece, tmp_path / name)
    return run, [tmp_path / name for name in names]


def test_parts_are_put_in_the_order_of_their_numbers(tmp_path):
    run, files = parts(tmp_path, ["run-1.xyz", "run-2.xyz", "run-10.xyz"], stamped=False)
    found = read_trajectory(sorted(files), timestep_fs=2, every=50)
    assert [name.rsplit("-", 1)[1] for name in found.sources] == ["1.xyz", "2.xyz", "10.xyz"]
    np.testing.assert_allclose(found.positions_A - found.positions_A[0], run.path_A - run.path_A[0], atol=1e-4)


def test_parts_in_the_wrong_order_are_refused(tmp_path):
    _, (a, b, c) = parts(tmp_path, ["one.xyz", "two.xyz", "three.xyz"], stamped=False)
    assert read_trajectory([a, b, c], timestep_fs=2, every=50).frames == 300
    for wrong in ([a, c, b], [b, a, c], [a, c]):
        with pytest.raises(UserError, match="does not continue"):
            read_trajectory(wrong, timestep_fs=2, every=50)


def test_parts_with_times_are_put_in_order_by_them(tmp_path):
    run, (a, b, c) = parts(tmp_path, ["one.xyz", "two.xyz", "three.xyz"], stamped=True)
    found = read_trajectory([c, a, b])
    np.testing.assert_allclose(found.positions_A - found.positions_A[0], run.path_A - run.path_A[0], atol=1e-4)
    with pytest.raises(UserError, match=r"begins at 20100 fs, and the file before it ends at 10000 fs"):
        read_trajectory([a, c])
    with pytest.raises(UserError, match="is given twice"):
        read_trajectory([a, b, b])


def test_a_part_that_repeats_the_last_frame_of_the_one_before(tmp_path):
    run = argyrodite(40)
    for name, chunk in (("1.xyz", slice(0, 21)), ("2.xyz", slice(20, 40))):
        extxyz(Run(run.path_A[chunk], run.cell_A, run.symbols), tmp_path / name)
    found = read_trajectory([tmp_path / "1.xyz", tmp_path / "2.xyz"], timestep_fs=2, every=50)
    assert found.frames == 40


def test_only_the_frames_asked_for(tmp_path):
    _, files = parts(tmp_path, ["run-1.xyz", "run-2.xyz", "run-3.xyz"], stamped=False)
    whole = read_trajectory(files, timestep_fs=2, every=50)
    for text, frames in (("50:130", slice(50, 130)), (":99", slice(99)), ("210:", slice(210, None))):
        cut = read_trajectory(files, timestep_fs=2, every=50, frames=text)
        moved = cut.positions_A - cut.positions_A[0]
        expected = whole.positions_A[frames] - whole.positions_A[frames][0]
        np.testing.assert_allclose(moved, expected, atol=1e-4)
    with pytest.raises(UserError, match="holds 300 frames, none of them wanted"):
        read_trajectory(files, timestep_fs=2, every=50, frames="300:")
    for wrong in ("3", "5:6", "a:b", "-5:", "9:2", ":50,40:", "50:,60:", ":50,"):
        with pytest.raises(UserError, match="not a range of at least two frames"):
            read_trajectory(files, frames=wrong)


def test_a_doubled_frame_is_named_by_its_number_and_can_be_left_out():
    run = argyrodite(80)
    doubled = [run.path_A[at] for at in (*range(60), 20, *range(60, 80))]
    frames = [images_of_ase(Run(path[None], run.cell_A, run.symbols))[0] for path in doubled]
    with pytest.raises(UserError, match=r"frame 60 repeats frame 20, as in a run that was started again.*--frames :60"):
        read_trajectory(frames, timestep_fs=2, every=50, frames="10:")
    assert read_trajectory(frames, timestep_fs=2, every=50, frames=":60").frames == 60


@pytest.mark.parametrize("writer", [xdatcar, gpumd])
def test_a_run_that_was_started_again_is_joined_without_what_it_gave_up(tmp_path, writer):
    run = argyrodite(120)
    # Frames 60 to 89 are given up, and the run goes on from a checkpoint at frame 59.
    again = np.concatenate([run.path_A[:90], run.path_A[60:]])
    file = tmp_path / "run"
    flags = writer(Run(again, run.cell_A, run.symbols), file)
    with pytest.raises(UserError) as error:
        read_trajectory(file, **flags)
    assert "--frames :60,90: leaves out the abandoned frames" in str(error.value)
    if writer is gpumd:
        # Its times go on: frames that are left out are missing there.
        with pytest.raises(UserError, match="not equally spaced"):
            read_trajectory(file, **flags, frames=":60,90:")
        return
    joined = read_trajectory(file, **flags, frames=":60,90:")
    assert joined.frames == 120
    writer(run, tmp_path / "whole")
    np.testing.assert_allclose(joined.positions_A, read_trajectory(tmp_path / "whole", **flags).positions_A, atol=1e-4)
