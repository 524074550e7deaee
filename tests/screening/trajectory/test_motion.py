"""What steps from frame to frame say: sound runs pass, gaps and swapped parts do not."""

import numpy as np
import pytest

from ewald.errors import UserError
from screening.trajectory import read_trajectory
from tests.screening.trajectory.formats.written import FLAGS, Run, argyrodite, images_of_ase


def read(run, order=None):
    chosen = run if order is None else Run(run.path_A[order], run.cell_A, run.symbols)
    return read_trajectory(images_of_ase(chosen), **FLAGS)


@pytest.mark.parametrize("seed", range(12))
def test_sound_runs_pass(seed):
    assert read(argyrodite(300, seed=seed, hops_per_ps=[0.0, 0.02, 0.5, 4.0][seed % 4])).frames == 300


@pytest.mark.parametrize("seed", range(4))
def test_gaps_and_swapped_halves_are_seen(seed):
    run = argyrodite(400, seed=seed, hops_per_ps=1.0)
    gap = np.r_[0:150, 300:400]
    swapped = np.r_[200:400, 0:200]
    for order in (gap, swapped):
        with pytest.raises(UserError, match="frames are missing"):
            read(run, order)


def test_concerted_hops_are_no_gap():
    run = argyrodite(400, hops_per_ps=0.0)
    moved = run.path_A.copy()
    moved[200:, :6, 0] += 2.4
    assert read(Run(moved, run.cell_A, run.symbols)).frames == 400


def test_unequal_spacing_of_fine_frames_is_seen():
    rng = np.random.default_rng(0)
    run = argyrodite(2, hops_per_ps=0)
    phase, speed = rng.uniform(0, 6.3, (2, 52, 3))
    times = np.arange(400.0)

    def vibrating(t):
        return run.path_A[0] + 0.15 * np.sin(0.04 * (1 + speed / 6) * t[:, None, None] + phase)

    assert read(Run(vibrating(times), run.cell_A, run.symbols)).frames == 400
    with pytest.raises(UserError, match="unequally spaced"):
        read(Run(vibrating(np.r_[times[:200], times[205:]]), run.cell_A, run.symbols))


def test_ions_that_change_places_cannot_be_unwrapped():
    run, rng = argyrodite(100), np.random.default_rng(1)
    mixed = run.path_A.copy()
    for frame in mixed:
        frame[:24] = frame[rng.permutation(24)]
    with pytest.raises(UserError, match="change places"):
        read(Run(mixed, run.cell_A, run.symbols))
