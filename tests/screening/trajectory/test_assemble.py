"""Joining frames: precision, changing cells, image flags of restarts."""

from pathlib import Path

import numpy as np
import pytest

from ewald.errors import UserError
from screening.trajectory.assemble import Part, assemble
from screening.trajectory.formats.frame import Frame, Frames
from screening.trajectory.formats.hints import Hints
from tests.screening.trajectory.formats.runs import argyrodite

NUMBERS = np.array([3] * 24 + [15] * 4 + [16] * 20 + [17] * 4)


def part(frames, name="a"):
    return Part(Path(name), Frames(NUMBERS, iter(frames)))


def joined(*parts):
    return assemble([part(p, str(i)) for i, p in enumerate(parts)], Hints(), timestep_fs=2, every=50)


def test_breathing_of_the_cell_is_not_motion():
    run = argyrodite(30)
    scales = 1 + 0.02 * np.sin(np.arange(30))
    frames = [Frame(x * s, run.cell_A * s) for x, s in zip(run.wrapped_A, scales, strict=True)]
    found = joined(frames)
    np.testing.assert_allclose(found.cell_A, run.cell_A * scales.mean())
    moved = (found.positions_A - found.positions_A[0]) / scales.mean()
    np.testing.assert_allclose(moved, run.path_A - run.path_A[0], atol=1e-4)


def test_positions_that_say_they_are_unwrapped_may_move_further_than_half_a_cell():
    run = argyrodite(30)
    jumps = run.path_A.copy()
    jumps[15:, 0] += 7.0
    found = joined([Frame(x, run.cell_A, unwrapped=True) for x in jumps])
    np.testing.assert_allclose(
        found.positions_A[-1, 0] - found.positions_A[0, 0], jumps[-1, 0] - jumps[0, 0], atol=1e-4
    )


def test_image_flags_that_a_restart_reset():
    run = argyrodite(40)
    frames = [Frame(x, run.cell_A, unwrapped=True) for x in run.path_A[:20]]
    frames_2 = [Frame(x + run.cell_A[0] - 2 * run.cell_A[2], run.cell_A, unwrapped=True) for x in run.path_A[20:]]
    found = joined(frames, frames_2)
    np.testing.assert_allclose(found.positions_A - found.positions_A[0], run.path_A - run.path_A[0], atol=1e-4)


def test_a_repeated_frame_is_refused_and_a_run_at_rest_is_not():
    run = argyrodite(30)
    frames = [Frame(x, run.cell_A) for x in run.wrapped_A]
    with pytest.raises(UserError, match="frame 30 repeats frame 7"):
        joined([*frames, frames[7]])
    assert joined(frames[:1] * 5).frames == 5


def test_a_frame_that_lacks_its_cell():
    run = argyrodite(5)
    frames = [Frame(x, run.cell_A if i != 3 else None) for i, x in enumerate(run.wrapped_A)]
    with pytest.raises(UserError, match="frame 3 has no cell"):
        joined(frames)
