"""Times between frames, from files and flags."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ewald.errors import UserError
from screening.trajectory.timing import Clock, find_timing


def clock(steps=(), times_fs=(), frames=None, **more):
    found = Clock(Path("a"), **more)
    found.steps, found.times_fs = list(steps), list(times_fs)
    found.frames = frames or max(len(found.steps), len(found.times_fs))
    return found


@given(st.integers(1, 200), st.floats(0.25, 5), st.integers(2, 50), st.integers(0, 10_000))
def test_file_and_user_agree_or_are_refused(every, timestep_fs, frames, first):
    steps = first + every * np.arange(frames)
    known = clock(steps.tolist(), (steps * timestep_fs).round(6).tolist())
    expected = every * timestep_fs
    for said in ((None, None), (timestep_fs, None), (timestep_fs, every), (None, every)):
        assert find_timing([known], *said) == pytest.approx(expected, rel=1e-3)
    for wrong in ((timestep_fs * 1.5, every), (timestep_fs, every + 1 + every // 100), (timestep_fs * 1000, every)):
        with pytest.raises(UserError):
            find_timing([known], *wrong)


def test_rounded_times_give_the_mean_spacing():
    times = (np.arange(100) * 0.4837).round(3)
    assert find_timing([clock(times_fs=(times * 1000).tolist())], None, None) == pytest.approx(483.7, rel=1e-4)


@pytest.mark.parametrize("steps", [[0, 10, 20, 40], [0, 10, 10, 20], [0, 10, 20, 15], [30, 20, 10]])
def test_doubled_and_missing_frames(steps):
    with pytest.raises(UserError, match="duplicated or missing"):
        find_timing([clock(steps)], 1.0, None)


def test_parts_continue_or_count_from_their_own_start():
    first = clock([0, 10, 20])
    for second in ([30, 40], [0, 10], [10, 20]):
        assert find_timing([first, clock(second)], 1.0, None) == 10
    for second in ([20, 30], [50, 60], [15, 25]):
        with pytest.raises(UserError, match="begins at"):
            find_timing([first, clock(second)], 1.0, None)
    with pytest.raises(UserError):
        find_timing([first, clock([0, 20])], 1.0, None)


def test_what_is_asked_for():
    silent = clock(frames=5)
    for said, words in (
        ((None, None), "timestep-fs and --every"),
        ((1.0, None), "give --every"),
        ((None, 3), "timestep"),
    ):
        with pytest.raises(UserError, match=words):
            find_timing([silent], *said)
    counted = clock([1, 2, 3], steps_are_counts=True)
    with pytest.raises(UserError, match="give --every"):
        find_timing([counted], 1.0, None)
    assert find_timing([counted], 1.0, 50) == 50
    stated = clock(frames=5, spacing_fs=4.0, timestep_fs=2.0)
    assert find_timing([stated], None, None) == 4
