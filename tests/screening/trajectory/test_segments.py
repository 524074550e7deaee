"""Segments of one run join without doubled or missing frames, or are refused."""

import numpy as np
import pytest

from ewald.errors import UserError
from ewald.files.checksum import file_sha256
from screening.trajectory.read import read_trajectory
from screening.trajectory.segments import read_segments
from tests.screening.trajectory.segment_maker import write_segment


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
    np.testing.assert_allclose(joined.positions_A, positions, rtol=1e-7, atol=1e-6)
    assert joined.frame_fs == 50.0
    assert joined.length_ps == pytest.approx(0.4)
    assert joined.target_temperature_K == 600.0
    assert joined.symbols == ("Na", "S")
    assert read_trajectory(paths).frames == 9


@pytest.mark.parametrize(
    ("order", "words"),
    [([0, 0, 1], "duplicated"), ([0, 2], "missing"), ([1, 0, 2], "duplicated"), ([0, 1, 1, 2], "duplicated")],
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
