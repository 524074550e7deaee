"""Displacements by element and direction, of a run whose motions are known."""

import numpy as np
import pytest

from screening.mechanism.elements import element_motions
from tests.screening.mechanism.hopping import hopping


def test_directions_add_up_and_only_the_one_that_is_hopped_along_grows():
    run, _ = hopping(axes=(1,), frames=1500, seed=4)
    host = np.flatnonzero(run.numbers == 16)
    mobile, sulfur = element_motions(run, host)
    assert (mobile.element, mobile.ions, sulfur.element, sulfur.ions) == ("Li", 9, "S", 27)
    np.testing.assert_allclose(np.sum(mobile.along_A2, axis=0), mobile.msd_A2)
    a, b, c = (row[-1] for row in mobile.along_A2)
    assert b > 20 * max(a, c)
    # Independent vibrations by 0.2 A and 0.05 A in each direction.
    assert a == pytest.approx(2 * 0.04, rel=0.1)
    assert sulfur.from_mean_A == pytest.approx(0.05 * 3**0.5, rel=0.05)
    assert sulfur.msd_A2[-1] == pytest.approx(2 * sulfur.from_mean_A**2, rel=0.05)


def test_directions_are_those_of_the_cell():
    run, _ = hopping(axes=(0,), frames=800, seed=4)
    turn = np.array([[0.6, 0.8, 0], [-0.8, 0.6, 0], [0, 0, 1]])
    turned = type(run)(run.positions_A @ turn, run.cell_A @ turn, run.numbers, run.frame_fs)
    host = np.flatnonzero(run.numbers == 16)
    for one, other in zip(element_motions(run, host), element_motions(turned, host), strict=True):
        np.testing.assert_allclose(one.along_A2, other.along_A2, rtol=1e-6)
