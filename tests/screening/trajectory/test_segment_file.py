"""Frames of a segment: gathered, written, taken up, and their drift."""

import numpy as np
import pytest

from screening.trajectory.segment_file import FrameList, partial_path, record_path, segment_path, state_path


def frames(total_eV=(), timestep_fs=2.0):
    made = FrameList(np.eye(3) * 5, np.array([11, 16]), 600.0, timestep_fs)
    for number, total in enumerate(total_eV):
        made.add(10 * number, np.full((2, 3), float(number)), 590.0, -1.0, total)
    return made


def test_arrays_give_back_the_frames_and_take_more():
    made = frames([1.0, 2.0])
    again = FrameList.from_arrays(made.arrays())
    again.add(20, np.zeros((2, 3)), 600.0, -1.0, 3.0)
    assert len(made.step) == 2
    assert again.arrays()["time_fs"].tolist() == [0.0, 20.0, 40.0]
    for name, array in made.arrays().items():
        whole = again.arrays()[name]
        assert np.array_equal(whole[: len(array)] if array.shape and array.shape != whole.shape else whole, array)


def test_positions_are_copied():
    made, place = frames(), np.zeros((2, 3))
    made.add(0, place, 0.0, 0.0, 0.0)
    place += 1
    assert made.arrays()["positions_A"].tolist() == [[[0.0] * 3] * 2]


def test_a_segment_without_frames_has_empty_arrays_of_the_right_shape():
    assert frames().arrays()["positions_A"].shape == (0, 2, 3)


def test_drift_is_the_slope_per_atom():
    assert frames([1.0, 2.0]).drift_meV_atom_ps() is None
    # 0.5 eV in 10 steps of 2 fs, two atoms: 0.25 eV/atom in 0.02 ps.
    assert frames([1.0, 1.5, 2.0]).drift_meV_atom_ps() == pytest.approx(12500.0)
    assert frames([1.0, 1.0, 1.0]).drift_meV_atom_ps() == pytest.approx(0.0, abs=1e-9)


def test_files_of_a_segment_have_names_of_their_own(tmp_path):
    paths = [make(tmp_path, n) for make in (segment_path, partial_path, state_path, record_path) for n in (1, 11)]
    assert len(set(paths)) == 8
    # Sorting by name is sorting by number.
    assert segment_path(tmp_path, 2) < segment_path(tmp_path, 10)
